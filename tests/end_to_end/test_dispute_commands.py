"""`hub dispute`, as a person runs it, on a running hub: through the journal and back."""

import json
from pathlib import Path

import pytest

from tests.support import command
from tests.support.command import Ran

BODY = """{"type": "AssetCommissioned", "sender": "installer-1", "sender_asset_ref": "pump-1",
 "occurred_at": "2026-05-01T10:00:00Z", "effective_from": "2026-05-01", "asset_category": "HEAT_PUMP",
 "rated_capacity_kw": 7, "connection_status": "PENDING", "location": {"postcode": "IP1 1AA"}}"""


@pytest.fixture(scope="module", autouse=True)
def told(data: Path, folder: Path) -> None:
    """The hub knows of one asset."""
    command.tell(BODY, folder, data)


def dispute(data: Path, *words: str, who: str = "admin") -> Ran:
    return command.hub("dispute", *words, "--participant", who, data=data)


def stands(data: Path, ticket: str, status: str) -> bool:
    done = dispute(data, "show", ticket, who="installer-1")
    return done.code == 0 and json.loads(done.out)["status"] == status


def test_a_dispute_is_raised_answered_and_closed(data: Path, tmp_path: Path) -> None:
    plate, word = tmp_path / "plate.jpg", tmp_path / "word.json"
    plate.write_bytes(b"a photograph")
    word.write_text('{"effective_from": "2026-05-01", "phases": 1}')
    raised = dispute(
        data,
        *("raise", "--reference", "pump-1", "--field", "phases=1", "--reason", "It has one phase."),
        *("--evidence", str(plate)),
        who="installer-1",
    )
    assert raised.code == 0, raised.err
    ticket = raised.last_line["dispute_id"]
    assert command.eventually(lambda: stands(data, ticket, "OPEN"))

    assert dispute(data, "answer", ticket, "--step", "INVESTIGATE").code == 0
    assert command.eventually(lambda: stands(data, ticket, "INVESTIGATING"))
    refused = dispute(
        data, "close", ticket, "--outcome", "CORRECTED", "--reason", "So.", "--corrected", "phases", who="installer-1"
    )
    assert (refused.code, refused.err.startswith("hub: You raised this dispute, so somebody else decides it;")) == (
        2,
        True,
    )

    closing = ("close", ticket, "--outcome", "CORRECTED", "--reason", "Seen.", "--correction", str(word))
    assert dispute(data, *closing).code == 0
    assert command.eventually(lambda: stands(data, ticket, "CORRECTED"))
    listed = dispute(data, "list", "--json").last_line["disputes"]
    assert [d["dispute_id"] for d in listed] == [ticket]
    assert command.eventually(lambda: command.hub("verify", data=data).code == 0)


def test_what_does_not_concern_him_is_told_in_words(data: Path) -> None:
    done = dispute(data, "raise", "--reference", "nothing", "--field", "phases", "--reason", "x", who="oem-1")
    assert (done.code, done.err) == (2, "hub: There is no such asset among those that concern you.\n")
