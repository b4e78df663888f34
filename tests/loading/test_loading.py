"""Files of reference data: whole, in pieces, again, with faults in them, and changed since the last time."""

import csv
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.services.loading import kinds, refusals
from hub.services.loading.load import FileKind, LoadStopped, Progress, load
from hub.services.loading.source import FileUnusable, open_source
from registry_store import meter_points, network_locations, reference_loads
from registry_store.engine import Connection, Engine, transaction
from registry_store.meter_points import StoredMeterPoint
from registry_store.superseding import Merged
from schemas.records.reference_loads import ReferenceLoadRow
from tests.support.premises import an_mpan

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
HEADING = "mpan,direction,uprn,address_line,postcode,meter_serial,gsp_group,live_from\n"


class KilledError(Exception):
    """The process ends in the middle of a load."""


def clock(start: datetime = T0) -> Callable[[], datetime]:
    seconds = iter(range(10_000))
    return lambda: start + timedelta(seconds=next(seconds))


def row(number: int, serial: str = "M") -> str:
    mpan = an_mpan("10", number)
    return f'{mpan},import,{5000 + number},"{number} High Street, Ely",CB1 2AB,{serial}-{number},_A,2020-01-01\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "points.csv"
    made.write_text(HEADING + "".join(row(n) for n in range(25)))
    return made


async def put(
    engine: Engine,
    file: Path,
    kind: FileKind = kinds.METER_POINTS,
    now: Callable[[], datetime] | None = None,
    told: Callable[[Progress], None] = lambda _: None,
    **options: Any,
) -> ReferenceLoadRow:
    return await load(engine, kind, file, now or clock(), told, chunk_rows=4, **options)


async def known(engine: Engine, *numbers: int, at: datetime | None = None) -> list[StoredMeterPoint]:
    async with transaction(engine) as connection:
        mpans = [an_mpan("10", number) for number in numbers]
        found = await meter_points.near(connection, mpans=mpans, uprns=(), meter_keys=(), postcodes=(), known_at=at)
        return sorted(found, key=lambda point: point.mpan)


async def test_every_row_is_there_as_it_was_stated(engine: Engine, file: Path) -> None:
    done = await put(engine, file)
    assert (done.rows_read, done.rows_added, done.rows_refused) == (25, 25, 0)
    assert done.finished_at is not None
    (point,) = await known(engine, 7)
    assert (point.uprn, point.address_line, point.meter_serial) == ("5007", "7 High Street, Ely", "M-7")
    assert (point.meter_key, point.live_from, point.distributor_id) == ("M7", date(2020, 1, 1), "10")


async def test_a_meter_is_found_however_its_serial_is_written(engine: Engine, file: Path) -> None:
    await put(engine, file)
    async with transaction(engine) as connection:
        (point,) = await meter_points.near(connection, mpans=(), uprns=(), meter_keys=["M7"], postcodes=())
    assert point.mpan == an_mpan("10", 7)


async def test_a_file_that_is_all_in_is_not_read_again(engine: Engine, file: Path) -> None:
    first = await put(engine, file)
    doing = list[str]()
    second = await put(engine, file, now=clock(T0 + timedelta(days=1)), told=lambda p: doing.append(p.doing))
    assert second == first
    assert set(doing) == {"fingerprint"}


async def test_loading_it_anew_changes_nothing(engine: Engine, file: Path) -> None:
    await put(engine, file)
    before = await known(engine, *range(25))
    done = await put(engine, file, now=clock(T0 + timedelta(days=1)), again=True)
    assert (done.rows_added, done.rows_changed, done.rows_unchanged) == (0, 0, 25)
    assert await known(engine, *range(25)) == before


def dying(kind: FileKind, chunk: int) -> FileKind:
    """A kind of file whose process is killed in the transaction of its nth chunk, after the rows are in."""
    taken = iter(range(100))

    async def merge(connection: Connection, rows: list[tuple[Any, ...]], now: datetime) -> Merged:
        merged = await kind.merge(connection, rows, now)
        if next(taken) == chunk:
            raise KilledError
        return merged

    return replace(kind, merge=merge)


@pytest.mark.parametrize("chunk", [0, 1, 3, 6])
async def test_after_a_kill_it_goes_on_and_ends_as_if_there_had_been_none(
    engine: Engine, file: Path, chunk: int
) -> None:
    with pytest.raises(KilledError):
        await put(engine, file, dying(kinds.METER_POINTS, chunk))
    async with transaction(engine) as connection:
        (half,) = await reference_loads.everything(connection, "meter_points")
    assert (half.rows_read, half.finished_at) == (4 * chunk, None)
    done = await put(engine, file, now=clock(T0 + timedelta(hours=1)))
    assert (done.rows_read, done.rows_added, done.rows_unchanged) == (25, 25, 0)
    assert done.load_id == half.load_id
    assert len(await known(engine, *range(25))) == 25


async def test_faults_are_noted_once_over_a_kill(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(HEADING + "".join(row(n) if n % 3 else "nonsense,import,,,,,,\n" for n in range(12)))
    with pytest.raises(KilledError):
        await put(engine, file, dying(kinds.METER_POINTS, 2))
    done = await put(engine, file)
    assert (done.rows_read, done.rows_added, done.rows_refused) == (12, 8, 4)
    assert await refusals.write(engine, done, file, tmp_path / "problems.csv") == 4


async def test_a_later_file_supersedes_and_what_was_known_stays_to_be_read(engine: Engine, file: Path) -> None:
    await put(engine, file)
    later = file.with_name("later.csv")
    later.write_text(HEADING + row(7, "NEW") + row(8) + row(99))
    done = await put(engine, later, now=clock(T0 + timedelta(days=30)))
    assert (done.rows_added, done.rows_changed, done.rows_unchanged) == (1, 1, 1)
    assert [p.meter_key for p in await known(engine, 7)] == ["NEW7"]
    assert [p.meter_key for p in await known(engine, 7, at=T0 + timedelta(days=1))] == ["M7"]
    assert await known(engine, 99, at=T0 + timedelta(days=1)) == []
    assert len(await known(engine, 20)) == 1


FAULTS = [
    ("1012345678904,import,,,,,,", "mpan", False),
    (",import,,,,,,", "mpan", False),
    ("1.01235E+12,import,,,,,,", "mpan", False),
    (f"{an_mpan('10', 1)},both,,,,,,", "direction", False),
    (f"{an_mpan('10', 1)},import,,,,,,01/02/2020", "live_from", False),
    (f"{an_mpan('10', 1)},import,,,,", "(row)", False),
    (f'{an_mpan("10", 1)},import,,"1 High Street,,,,', "(row)", False),
    (f"{an_mpan('10', 1)},import,house 7,,,,,", "uprn", True),
    (f"{an_mpan('10', 1)},import,,,CB1,,,", "postcode", True),
    (f"{an_mpan('10', 1)},import,,,,,_I,", "gsp_group", True),
]


@pytest.mark.parametrize(("bad", "field", "kept"), FAULTS, ids=[f"{f}-{n}" for n, (_, f, _) in enumerate(FAULTS)])
async def test_a_fault_is_named_with_row_field_and_fix_and_spoils_no_other_row(
    engine: Engine, tmp_path: Path, bad: str, field: str, kept: bool
) -> None:
    file, problems = tmp_path / "points.csv", tmp_path / "problems.csv"
    file.write_text(HEADING + row(2) + bad + "\n" + row(3))
    done = await put(engine, file)
    assert (done.rows_refused, done.fields_left_out) == (int(not kept), int(kept))
    assert len(await known(engine, 2, 3)) == 2
    assert len(await known(engine, 1)) == int(kept) + 0
    (shown,) = await refusals.first(engine, done)
    assert (shown.row_number, shown.field, shown.kept) == (2, field, kept)
    await refusals.write(engine, done, file, problems)
    with problems.open(newline="") as stream:
        (written,) = list(csv.DictReader(stream))
    assert (written["row"], written["field"], written["line"]) == ("2", field, bad)
    assert written["fix"] == shown.fix
    assert problems.stat().st_mode & 0o077 == 0


async def test_too_many_refused_rows_stop_the_load_and_it_may_go_on(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(HEADING + "x,import,,,,,,\n" * 8 + row(1))
    with pytest.raises(LoadStopped, match="is it the right file"):
        await put(engine, file, most_refused=3)
    assert (await put(engine, file, most_refused=8)).rows_added == 1


async def test_of_two_rows_about_one_meter_point_the_later_counts(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(HEADING + row(1, "OLD") + row(1, "NEW"))
    await put(engine, file)
    assert [p.meter_key for p in await known(engine, 1)] == ["NEW1"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a,b\n1,2\n", "has no column mpan, direction"),
        ("mpan,mpan,direction\n", "mpan twice"),
        ("mpan,direction\r1012345678903,import\r", "save it as CSV in UTF-8"),
        ("m\x00p\x00a\x00n\x00", "save it as CSV in UTF-8"),
    ],
)
async def test_a_file_of_another_kind_is_refused_whole(engine: Engine, tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(content.encode())
    with pytest.raises(FileUnusable, match=why):
        await put(engine, file)


async def test_spreadsheets_ways_are_read(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    content = f"\ufeffMPAN;Direction;Address Line;Remarks\r\n'{an_mpan('10', 1)};IMPORT;Caf\u00e9 Road 1;n/a\r\n\r\n"
    file.write_bytes(content.encode("utf-8"))
    assert (await put(engine, file)).rows_added == 1
    assert [p.address_line for p in await known(engine, 1)] == ["Caf\u00e9 Road 1"]
    assert open_source(file, kinds.METER_POINTS.columns, ()).not_read == ("remarks",)


def test_rows_are_found_again_by_their_place_wherever_reading_begins(tmp_path: Path) -> None:
    dice, file = random.Random(5), tmp_path / "lines.csv"
    lines = [f"{n},{'x' * dice.choice((1, 50, 70_000))}" for n in range(60)]
    file.write_text("\n".join(["a,b", *lines]))
    source = open_source(file, ("a", "b"), ())
    all_lines = [line for chunk in source.chunks(source.first_offset, 0, 7) for line in chunk.lines]
    assert [source.raw(line.offset).split(",")[0] for line in all_lines] == [str(n) for n in range(60)]
    for line in all_lines[::9]:
        (again, *_) = [x for chunk in source.chunks(line.offset, line.number - 1, 7) for x in chunk.lines]
        assert again == line
    assert {line.number for line in all_lines if line.fault} == {
        n + 1 for n, text in enumerate(lines) if len(text) > 65_536
    }


NETWORK = """below_level,below_id,level,location_id,name,valid_from,valid_to,provenance
meter_point,{mpan},lv_feeder,F1,,2020-01-01,,a DNO's table
lv_feeder,F1,primary_substation,P1,Mill Lane,2020-01-01,,a DNO's table
primary_substation,P1,gsp_group,A,,2020-01-01,,a DNO's table
lv_feeder,F1,postcode,CB1 2AB,,2020-01-01,,a DNO's table
primary_substation,P1,lv_feeder,F2,,2020-01-01,,a DNO's table
lv_feeder,F1,primary_substation,P2,,,,a DNO's table
"""


async def test_links_of_a_network_are_loaded_and_walked(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "network.csv"
    file.write_text(NETWORK.format(mpan=an_mpan("10", 1)))
    done = await put(engine, file, kinds.NETWORK_LOCATIONS)
    assert (done.rows_added, done.rows_refused) == (3, 3)
    assert [p.field for p in await refusals.first(engine, done)] == ["level", "level", "valid_from"]
    async with transaction(engine) as connection:
        found = await network_locations.above(connection, [("meter_point", an_mpan("10", 1))])
        assert await network_locations.above(connection, [("meter_point", an_mpan("10", 2))]) == []
        assert (await network_locations.above(connection, [("lv_feeder", "F1")], T0 - timedelta(days=1))) == []
    assert {(link.level, link.location_id, link.name) for link in found} == {
        ("lv_feeder", "F1", None),
        ("primary_substation", "P1", "Mill Lane"),
        ("gsp_group", "_A", None),
    }
