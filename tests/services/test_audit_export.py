"""An export of the log shows every change of it, to whoever has the export and the verifier and nothing else."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import audit_verifier
from hub.audit_verifier import Broken, Head, read_heads, verify
from hub.services import restored
from hub.services.audit import export
from hub.services.audit.log import Draft
from registry_store.audit import Wanted
from registry_store.engine import Engine, connect
from tests.support import audit, register
from tests.support.journal import JournalBuilder
from tests.support.notifications import T0, a_battery, a_device, an_update
from tests.support.parts import Databases

VERIFIER = Path(audit_verifier.__file__)


@pytest.fixture(scope="module")
def exported(databases: Databases) -> Iterator[list[bytes]]:
    """The lines of an export of a register in several lanes."""

    async def make(url: str) -> list[bytes]:
        engine = connect(url)
        try:
            journal = JournalBuilder()
            # Small enough that what stands beside them asks for nothing.
            small = Decimal("0.50")
            told = [a_device(ref=f"d-{n}", serial=f"SN-{n:07d}", rated_capacity_kw=small) for n in range(4)]
            await register.put(engine, journal.entries(*told))
            await register.put(engine, journal.entries(an_update(ref="d-1", phases=3), an_update(ref="d-2", phases=1)))
            await audit.append(engine, {"access/1": [Draft("read_asset", "neso", {"grant": {"kind": "neso"}})]})
            return await audit.export_lines(engine)
        finally:
            await engine.dispose()

    with databases.ready() as url:
        yield asyncio.run(make(url))


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def refused(lines: list[bytes]) -> str:
    with pytest.raises(Broken) as found:
        verify(lines)
    return str(found.value)


def test_an_export_as_it_was_made_is_good(exported: list[bytes]) -> None:
    found = verify(exported)
    assert (found.entries, found.left_out) == (7, 0)
    assert len(found.heads) >= 3


@settings(max_examples=400)
@given(data=st.data())
def test_any_changed_byte_is_found(exported: list[bytes], data: st.DataObject) -> None:
    content = bytearray(b"".join(exported))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Broken):
        verify(lines_of(bytes(content)))


@settings(max_examples=200)
@given(data=st.data())
def test_any_added_or_removed_byte_is_found(exported: list[bytes], data: st.DataObject) -> None:
    content = b"".join(exported)
    at = data.draw(st.integers(0, len(content) - 1))
    added = content[:at] + bytes([data.draw(st.integers(0, 255))]) + content[at:]
    for changed in (added, content[:at] + content[at + 1 :], content + b"\n", content[:at]):
        with pytest.raises(Broken):
            verify(lines_of(changed))


@settings(max_examples=100)
@given(data=st.data())
def test_any_line_that_is_removed_added_or_swapped_is_found(exported: list[bytes], data: st.DataObject) -> None:
    places = st.integers(0, len(exported) - 1)
    one, other = data.draw(places), data.draw(places)
    removed = exported[:one] + exported[one + 1 :]
    added = [*exported[:one], exported[other], *exported[one:]]
    swapped = list(exported)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    refused(removed)
    refused(added)
    if one != other:
        refused(swapped)


def test_the_first_broken_entry_is_named(exported: list[bytes]) -> None:
    entry = json.loads(exported[2])
    forged = [*exported[:2], audit_verifier.canonical(entry | {"actor": "nobody"}) + b"\n", *exported[3:]]
    assert refused(forged).startswith(f"entry {entry['seq']} of lane {entry['lane']} was changed")
    assert f"entry {entry['seq']} of lane {entry['lane']} is due" in refused(exported[:2] + exported[3:])


def rewritten(lines: list[bytes], without: int) -> list[bytes]:
    """The export as somebody would forge it who leaves out the last entries of a lane, and mends the last line."""
    kept = [json.loads(line) for line in lines[: -1 - without]]
    made = export._Lines()
    for entry in kept:
        made.line(entry)
        if "seq" in entry:
            made.end[entry["lane"]] = {"seq": entry["seq"], "hash": entry["hash"]}
            made.counts["entries"] += 1
    for lane, head in kept[0]["after"].items():
        made.end.setdefault(lane, head)
    last = made.line({"end": made.end, **made.counts, "sha256": made.digest.hexdigest()})
    return [*lines[: -1 - without], last]


def test_a_log_that_was_cut_off_is_found_by_a_head_kept_elsewhere(exported: list[bytes]) -> None:
    heads = verify(exported).heads
    forged = rewritten(exported, without=1)
    verify(forged)
    with pytest.raises(Broken, match="cut off"):
        verify(forged, [heads])
    verify(exported, [heads])


def test_a_log_that_was_written_anew_is_found_by_a_head_kept_elsewhere(exported: list[bytes]) -> None:
    lane, head = next(iter(verify(exported).heads.items()))
    with pytest.raises(Broken, match="rewritten"):
        verify(exported, [{lane: Head(head.seq, "ab" * 32)}])
    with pytest.raises(Broken, match="is not there"):
        verify(exported, [{"another lane": Head(1, "ab" * 32)}])


async def test_a_part_of_the_log_can_be_checked_on_its_own(engine: Engine, journal: JournalBuilder) -> None:
    told = [a_battery("installer-1", f"I{n}", rated_capacity_kw=Decimal("0.50")) for n in range(5)]
    await register.put(engine, journal.entries(*told), now=T0)
    await register.put(engine, journal.entries(an_update(ref="I1", phases=3)), now=T0 + timedelta(hours=1))
    asset = next(a for a in await register.states(engine) if a.phases == 3)

    of_asset = verify(await audit.export_lines(engine, Wanted(asset_id=asset.asset_id)))
    later = verify(await audit.export_lines(engine, Wanted(since=T0 + timedelta(minutes=1))))
    never = verify(await audit.export_lines(engine, Wanted(until=T0)))

    assert of_asset.entries == 2
    assert (later.entries, later.left_out) == (1, 0)
    assert (never.entries, never.heads) == (0, {})
    whole = verify(await audit.export_lines(engine))
    # A part follows on to the same heads as the whole.
    assert all(whole.heads[lane] == head for lane, head in later.heads.items())


async def test_a_part_with_entries_left_out_tells_nothing_of_them(engine: Engine, journal: JournalBuilder) -> None:
    journal.partitions = 1
    await register.put(engine, journal.entries(a_battery(ref="I1"), a_battery(ref="I2"), an_update(ref="I1", phases=3)))
    asset = next(a for a in await register.states(engine) if a.phases == 3)

    lines = await audit.export_lines(engine, Wanted(asset_id=asset.asset_id))

    assert (verify(lines).entries, verify(lines).left_out) == (2, 1)
    assert set(json.loads(lines[2])) == {"content", "lane", "seq"}


@pytest.mark.parametrize("is_good", [True, False])
def test_the_verifier_runs_alone(exported: list[bytes], tmp_path: Path, is_good: bool) -> None:
    shutil.copy(VERIFIER, tmp_path / "verifier.py")
    content = b"".join(exported)
    (tmp_path / "export.jsonl").write_bytes(content if is_good else content.replace(b"neso", b"nose", 1))
    heads = {lane: {"seq": h.seq, "hash": h.hash} for lane, h in verify(exported).heads.items()}
    (tmp_path / "heads.json").write_text(json.dumps({"at": "whenever", "heads": heads}))

    # -I -S: nothing but the standard library can be imported.
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verifier.py", "export.jsonl", "--heads", "heads.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == (0 if is_good else 1), ran.stderr
    assert ran.stdout.startswith("good: 7 entries" if is_good else "BROKEN: entry 1 of lane access/1 was changed")


async def test_heads_read_back_as_they_were_printed(engine: Engine) -> None:
    await audit.append(engine, {"a": [Draft("x", "y")] * 3})
    printed = await export.heads(engine, T0)
    assert read_heads(json.dumps(printed)) == verify(await audit.export_lines(engine)).heads
    assert printed["heads"]["a"]["seq"] == 3


def test_a_file_that_holds_no_heads_is_named() -> None:
    with pytest.raises(Broken, match="file of heads"):
        read_heads('{"heads": {"a": {"seq": "1", "hash": "x"}}}')


async def test_a_restore_that_the_log_tells_of_is_told_from_a_log_that_was_cut_off(engine: Engine) -> None:
    await audit.append(engine, {"access/1": [Draft("read_asset", "neso", {"n": n}) for n in range(3)]})
    early = await export.heads(engine, T0)
    kept = {"access/1": Head(9, "ab" * 32)}
    assert "cut off" in _broken(await audit.export_lines(engine), kept)

    await restored.note(engine, "command:somebody", T0)
    await audit.append(engine, {"access/1": [Draft("read_asset", "neso", {"n": n}) for n in range(9)]})
    lines = await audit.export_lines(engine)

    found = verify(lines, [kept, {lane: Head(**head) for lane, head in early["heads"].items()}])
    (sentence,) = found.set_back
    assert "access/1 was set back to entry 3" in sentence
    since = "2099-01-01T00:00:00.000000Z"
    assert "rewritten" in _broken(lines, {"access/1": Head(9, "ab" * 32, since)}), "no restore came after that"
    assert "rewritten" in _broken(lines, {"access/1": Head(2, "ab" * 32)}), "what the restore left must be there"


def _broken(lines: list[bytes], kept: dict[str, Head]) -> str:
    with pytest.raises(Broken) as found:
        verify(lines, [kept])
    return str(found.value)
