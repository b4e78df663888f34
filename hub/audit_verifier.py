"""Checks an export of the hub's audit log. Needs nothing but this file, Python 3.11 and the export.

    python audit_verifier.py export.jsonl [--heads heads.json ...]

Exit 0 and a sentence when every entry is as it was written; exit 1 and the first broken entry when not. `--heads` takes
what `hub audit head` printed at some time and was kept elsewhere: an export that ends before such a head was cut off.
Exit 3 when every entry is as it was written, but entries up to such a head are gone, and the log itself says that the
register was set back by a restore to before them. Whether there was one is for people to know.
What is checked, field by field, is written down in docs/audit.md.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

FORMAT = 1
GENESIS = "00" * 32
"""What the first entry of a lane has before it."""
ENTRY_FIELDS = frozenset(
    (
        *("actor", "asset_id", "assets", "at", "hash", "kind", "lane", "message_id", "payload", "previous", "sender"),
        *("seq", "subject", "version"),
    )
)
LEFT_OUT_FIELDS = frozenset(("content", "lane", "seq"))
HEADER_FIELDS = frozenset(("after", "export", "format", "made_at", "selection"))
TRAILER_FIELDS = frozenset(("end", "entries", "left_out", "sha256"))
NAME = "fmar-hub audit log"
RESTORED = "restored"
"""The kind of an entry which says that the register was set back to an earlier time, and to which heads."""
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


class Broken(Exception):
    """The first thing that is not as it was written; the text names it for a person."""


def canonical(value: Any) -> bytes:
    """The one form that is hashed: RFC 8785, for objects with ASCII names and values without fractions."""
    return _ENCODER.encode(value).encode()


def content_digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 over everything that an entry says, in hex; not over its place in the chain."""
    said = {name: value for name, value in entry.items() if name not in ("hash", "previous")}
    return hashlib.sha256(canonical(said)).hexdigest()


def link(previous: str, content: str) -> str:
    """The hash of an entry, in hex: SHA-256 over the 32 bytes before it and the 32 bytes of its content."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(content)).hexdigest()


@dataclass(frozen=True)
class Head:
    """How far a lane goes: the number and hash of its last entry."""

    seq: int
    hash: str
    kept_at: str = field(default="", compare=False)
    """When somebody wrote it down to keep it elsewhere."""


@dataclass
class Chains:
    """Goes through entries in the order of lane and number, and says of the first that does not follow."""

    after: dict[str, Head]
    heads: dict[str, Head] = field(default_factory=dict)
    passed: dict[tuple[str, int], str] = field(default_factory=dict)
    watched: frozenset[tuple[str, int]] = frozenset()
    """Places of which `passed` keeps the hash, to compare it with a head that was kept elsewhere."""
    _lane: str = ""

    def entry(self, found: Mapping[str, Any]) -> None:
        """Raises `Broken`."""
        where = f"entry {found['seq']} of lane {found['lane']}"
        head = self._before(found["lane"], found["seq"], where)
        if found["previous"] != head.hash:
            raise Broken(f"{where} does not follow the entry before it: its previous hash is another")
        if found["hash"] != link(head.hash, content_digest(found)):
            raise Broken(f"{where} was changed: its hash is not that of its content")
        self._pass(found["lane"], Head(found["seq"], found["hash"]))

    def left_out(self, lane: str, seq: int, content: str) -> None:
        """An entry of which only the digest is shown. Raises `Broken`."""
        head = self._before(lane, seq, f"left-out entry {seq} of lane {lane}")
        self._pass(lane, Head(seq, link(head.hash, content)))

    def _before(self, lane: str, seq: int, where: str) -> Head:
        if lane < self._lane:
            raise Broken(f"{where} is out of place: lanes come in the order of their names")
        head = self.heads.get(lane) or self.after.get(lane)
        if head is None:
            raise Broken(f"{where} is of a lane that the export does not begin")
        if seq != head.seq + 1:
            raise Broken(f"{where} comes where entry {head.seq + 1} of lane {lane} is due: removed, added or swapped")
        return head

    def _pass(self, lane: str, head: Head) -> None:
        self._lane = lane
        self.heads[lane] = head
        if (lane, head.seq) in self.watched:
            self.passed[(lane, head.seq)] = head.hash


@dataclass(frozen=True)
class Verified:
    """What an export that holds together consists of."""

    entries: int
    left_out: int
    heads: dict[str, Head]
    set_back: tuple[str, ...] = ()
    """Sentences about entries that a restore has taken away, as the log itself says."""


def verify(lines: Iterable[bytes], kept: Iterable[Mapping[str, Head]] = ()) -> Verified:
    """Checks the lines of an export, each with its line end. `kept` are heads kept elsewhere. Raises `Broken`."""
    anchors = list(kept)
    watched = frozenset((lane, head.seq) for heads in anchors for lane, head in heads.items())
    whole, counts = hashlib.sha256(), {"entries": 0, "left_out": 0}
    chains: Chains | None = None
    complete, ended = True, False
    restores: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if ended:
            raise Broken(f"line {number}: the export goes on after its end")
        found = _parse(number, line)
        if chains is None:
            chains, complete = _begin(found, watched), found.get("selection") is None
        elif found.keys() == ENTRY_FIELDS:
            _check_entry(number, found)
            chains.entry(found)
            if found["kind"] == RESTORED:
                restores.append(found)
            counts["entries"] += 1
        elif found.keys() == LEFT_OUT_FIELDS:
            _check_place(number, found, "content")
            chains.left_out(found["lane"], found["seq"], found["content"])
            counts["left_out"] += 1
        elif found.keys() == TRAILER_FIELDS:
            _end(found, chains, counts, whole.hexdigest())
            ended = True
        else:
            raise Broken(f"line {number}: neither an entry, nor a left-out entry, nor the end of the export")
        whole.update(line)
    if chains is None or not ended:
        raise Broken("the export has no end: it was cut off")
    gone = [sentence for heads in anchors for sentence in _check_kept(heads, chains, restores, complete=complete)]
    return Verified(counts["entries"], counts["left_out"], {**chains.after, **chains.heads}, tuple(gone))


def _parse(number: int, line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise Broken(f"line {number}: has no line end; the export was cut off or changed")
    with suppress(ValueError, RecursionError):
        found = json.loads(line[:-1].decode(), parse_float=_refuse, parse_constant=_refuse)
        if isinstance(found, dict) and canonical(found) == line[:-1]:
            return found
    raise Broken(f"line {number}: is not in the canonical form; it was changed")


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _begin(found: dict[str, Any], watched: frozenset[tuple[str, int]]) -> Chains:
    if found.keys() != HEADER_FIELDS or found["export"] != NAME or found["format"] != FORMAT:
        raise Broken(f"line 1: is not the beginning of an audit export of format {FORMAT}")
    after = _heads(found["after"], "line 1")
    if found["selection"] is None and any(head != Head(0, GENESIS) for head in after.values()):
        raise Broken("line 1: a whole export begins every lane at its first entry")
    return Chains(after, watched=watched)


def _end(found: dict[str, Any], chains: Chains, counts: dict[str, int], digest: str) -> None:
    for lane, head in _heads(found["end"], "the last line").items():
        reached = chains.heads.get(lane) or chains.after.get(lane)
        if reached is None or reached.seq < head.seq:
            raise Broken(f"entry {reached.seq + 1 if reached else 1} of lane {lane} is missing at its end")
        if reached != head:
            raise Broken(f"lane {lane} ends at another entry than the export says")
    for lane in {**chains.after, **chains.heads}:
        if lane not in found["end"]:
            raise Broken(f"lane {lane} is not among those that the export says it has")
    if canonical({name: found[name] for name in counts}) != canonical(counts):
        raise Broken("the export has another number of entries than its last line says")
    if found["sha256"] != digest:
        raise Broken("the export was changed: its last line has another digest of what comes before")


def _check_entry(number: int, found: dict[str, Any]) -> None:
    _check_place(number, found, "hash", "previous")
    if not isinstance(found["at"], str) or not _TIME.fullmatch(found["at"]):
        raise Broken(f"line {number}: the time of entry {found['seq']} of lane {found['lane']} is not of its form")


def _check_place(number: int, found: Mapping[str, Any], *hashes: str) -> None:
    placed = isinstance(found["lane"], str) and type(found["seq"]) is int
    if not placed or not all(_is_hash(found[name]) for name in hashes):
        raise Broken(f"line {number}: is no entry; its lane, number or hashes are not of their form")


def _is_hash(text: object) -> bool:
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def _heads(found: Any, where: str) -> dict[str, Head]:
    """Heads as the first and last line and `hub audit head` have them: lane to number and hash."""
    try:
        heads = {lane: Head(head["seq"], head["hash"]) for lane, head in found.items()}
    except (AttributeError, KeyError, TypeError):
        raise Broken(f"{where}: names no lanes with number and hash") from None
    if not all(type(head.seq) is int and _is_hash(head.hash) for head in heads.values()):
        raise Broken(f"{where}: a lane's number or hash is not of its form")
    return heads


def _check_kept(
    heads: Mapping[str, Head], chains: Chains, restores: Iterable[Mapping[str, Any]], *, complete: bool
) -> list[str]:
    """Raises `Broken`, unless the log says that a restore took away what a head was kept of: a sentence says that."""
    gone = []
    for lane, head in sorted(heads.items()):
        wrong = _wrong(lane, head, chains, complete=complete)
        if wrong is None:
            continue
        # A restore takes away what was there before it, and after the entries that it went back to.
        since = [f for f in restores if _restored_to(f, lane) < head.seq and head.kept_at < f["at"]]
        if not since:
            raise Broken(wrong)
        first = min(since, key=lambda found: _restored_to(found, lane))
        gone.append(
            f"lane {lane} was set back to entry {_restored_to(first, lane)}, says entry {first['seq']} of lane"
            f" {first['lane']} of {first['at']}: what was written after it and before then is gone, up to entry"
            f" {head.seq} at least, whose head was kept elsewhere"
        )
    return gone


def _wrong(lane: str, head: Head, chains: Chains, *, complete: bool) -> str | None:
    reached = chains.heads.get(lane) or chains.after.get(lane)
    if head.seq and (reached is None or reached.seq < head.seq):
        ends = f"ends at entry {reached.seq}" if reached else "is not there"
        cut_off = f"lane {lane} {ends}, and a head kept elsewhere has entry {head.seq}: it was cut off"
        return cut_off if complete else None
    if (found := chains.passed.get((lane, head.seq))) is not None and found != head.hash:
        return f"entry {head.seq} of lane {lane} is not the one whose head was kept elsewhere: rewritten"
    return None


def _restored_to(found: Mapping[str, Any], lane: str) -> int:
    """The last entry of a lane that a restore left, as the log says; 0 for a lane that there was not."""
    head = _heads(found["payload"].get("heads"), "an entry about a restore").get(lane)
    return head.seq if head is not None else 0


def read_heads(text: str) -> dict[str, Head]:
    """Heads as `hub audit head --json` printed them. Raises `Broken`."""
    try:
        found = json.loads(text)
        heads = _heads(found["heads"], "the file of heads")
        return {lane: Head(head.seq, head.hash, str(found["at"])) for lane, head in heads.items()}
    except (ValueError, KeyError, TypeError):
        raise Broken("the file of heads is not what `hub audit head --json` prints") from None


def main(arguments: list[str] | None = None) -> int:
    """The command; gives the exit code."""
    parser = argparse.ArgumentParser(description="Checks an export of the audit log of an FMAR hub.")
    parser.add_argument("export", type=Path, help="what `hub audit export` wrote")
    parser.add_argument("--heads", type=Path, action="append", default=[], help="what `hub audit head --json` printed")
    given = parser.parse_args(arguments)
    try:
        kept = [read_heads(file.read_text("utf-8")) for file in given.heads]
        with given.export.open("rb") as lines:
            found = verify(lines, kept)
    except Broken as error:
        print(f"BROKEN: {error}")
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    shown = f"; {found.left_out} more are left out, with their digests" if found.left_out else ""
    print(f"good: {found.entries} entries in {len(found.heads)} lanes follow one another{shown}")
    for lane, head in sorted(found.heads.items()):
        print(f"  {lane} ends at entry {head.seq}, {head.hash}")
    for sentence in found.set_back:
        print(f"SET BACK: {sentence}")
    return 3 if found.set_back else 0


if __name__ == "__main__":
    sys.exit(main())
