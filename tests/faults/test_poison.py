"""Poison of every kind in the journal itself, past every door: it is set aside, and its neighbours are not touched."""

from collections.abc import Callable
from random import Random

import pytest

from hub.publisher import Message, Publisher
from schemas import avro, body, topics
from tests.faults.checker import check
from tests.faults.flood import INSTALLER, Flood
from tests.faults.pouring import pour
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial
from tests.support.journal import signed, signed_body
from tests.support.notifications import a_battery

LONG_SHARE, EACH_MESSAGES = 0.04, 200
SET_ASIDE = "SELECT count(*) AS n FROM quarantine WHERE journal_offset IS NOT NULL"
HEADERS = (("sender", INSTALLER), ("door", "webhook"))
DEEP = b"[" * 20_000 + b"]" * 20_000

MESSAGE, NOTICE = avro.encode(signed(a_battery())), avro.encode(a_battery())
KINDS: dict[str, Callable[[Random], bytes]] = {
    "nothing": lambda _: b"",
    "noise": lambda dice: dice.randbytes(200),
    "an unknown schema": lambda dice: b"\xc3\x01" + dice.randbytes(8) + b"x",
    "half a message": lambda dice: MESSAGE[: dice.randrange(11, len(MESSAGE) - 1)],
    "more than a message": lambda dice: MESSAGE + dice.randbytes(3),
    "a length of two thousand million": lambda _: MESSAGE[:10] + _varint(2**31),
    "a negative length": lambda _: MESSAGE[:10] + _varint(-(2**31)),
    "an endless number": lambda _: MESSAGE[:10] + b"\xff" * 40,
    "a body that is half a notification": lambda dice: _around(NOTICE[: dice.randrange(11, len(NOTICE) - 1)]),
    "a body of noise": lambda dice: _around(b"\xc3\x01" + dice.randbytes(60)),
    "a body with more behind it": lambda _: _around(NOTICE + b"\x00"),
    "deep JSON": lambda _: _around(b'{"type":"AssetUpdated","location":' + DEEP + b"}"),
    "JSON that is not a number": lambda _: _around(body.to_json(a_battery()).replace(b'"5.00"', b"NaN")),
    "JSON with half a character": lambda _: _around(body.to_json(a_battery()).replace(b"BESS", b"BE\xc3")),
    "JSON of another thing": lambda _: _around(b'{"type":"AssetSold"}'),
    "a message about nothing": lambda _: _around(b"{}"),
}


def _varint(number: int) -> bytes:
    """Avro's way of writing a number."""
    left, found = (number << 1) ^ (number >> 63), bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*found, left])


def _around(content: bytes) -> bytes:
    return avro.encode(signed_body(content, INSTALLER))


@pytest.mark.fault("poison")
async def test_every_kind_of_poison_is_set_aside_and_its_neighbours_are_registered(
    rig: Rig, form: Form, trial: Trial
) -> None:
    size = form.size(LONG_SHARE, short=150)
    rounds = max(1, size // EACH_MESSAGES)
    flood = Flood("poison", form.seed, size // rounds)
    dice = Random(form.seed)
    before = rig.ask(SET_ASIDE)[0]["n"]
    publisher = Publisher(rig.settings.kafka or "")
    for number in range(rounds):
        await publisher.publish(
            [
                Message(topics.INTAKE, None, make(dice), HEADERS, dice.randrange(topics.JOURNAL_PARTITIONS))
                for make in KINDS.values()
            ]
        )
        await pour(rig, flood.one_more(flood.size) if number else flood)
    await publisher.close()
    for kind in KINDS:
        trial.tried(kind, rounds)
    trial.found(await check(rig, flood))
    assert rig.ask(SET_ASIDE)[0]["n"] - before == rounds * len(KINDS)
