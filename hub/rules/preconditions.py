"""Versions as entity tags (RFC 9110, section 13), and what a person must name before a change of an asset.

A person changes what he has seen. Whoever names no version, or one that is no longer the present one, would write
over what he does not know. Machines are told apart by `source_seq` and `occurred_at` instead.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")
ANY = "*"


@dataclass(frozen=True)
class Tag:
    """One entity tag. A weak one says that two versions are about the same, which is not enough to write over one."""

    opaque: str
    weak: bool = False


@dataclass(frozen=True)
class VersionSeen:
    """One version of an asset as the person may see it: its number, and the fields that changed with it."""

    version: int
    changed_fields: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """Why a change is not made, as a problem document: `detail` says what to do, `changed_fields` what has changed.

    `current` is the entity tag of the present version, where the change was to one.
    """

    status: int
    code: str
    detail: str
    current: str | None = None
    changed_fields: tuple[str, ...] = ()


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def tags(header: str) -> tuple[Tag, ...] | None:
    """The entity tags of a header; nothing where it is not a list of them."""
    if not _LIST.fullmatch(header.strip()):
        return None
    return tuple(Tag(opaque, bool(weak)) for weak, opaque in _TAG.findall(header))


def is_unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether a reader has this version already (If-None-Match, by weak comparison)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == ANY:
        return True
    return any(tag.opaque == str(version) for tag in tags(if_none_match) or ())


def check(
    if_match: str | None, version: int, history: Sequence[VersionSeen] = (), what: str = "asset"
) -> Refusal | None:
    """Whether a person may change the asset (or what else is named) as it is in `version`; nothing where he may.

    `history` are the versions that he may see, so that he is told what has changed since the one that he names.
    """
    current = etag(version)
    if if_match is None or not if_match.strip():
        return Refusal(
            428,
            "precondition_required",
            f"Say which version of the {what} you have seen: read it, and send its ETag as If-Match with the change.",
            current,
        )
    if if_match.strip() == ANY:
        return Refusal(
            428,
            "precondition_required",
            "If-Match: * names no version, and a change is made only to one that you have seen; read the"
            f" {what} and send its ETag.",
            current,
        )
    named = tags(if_match)
    if named is None:
        return Refusal(
            400,
            "malformed",
            f"If-Match must be an entity tag in double quotes, as the ETag of the {what} has it: If-Match: {current}.",
            current,
        )
    if any(tag.opaque == str(version) and not tag.weak for tag in named):
        return None
    return _stale(named, version, history, what)


def _stale(named: Sequence[Tag], version: int, history: Sequence[VersionSeen], what: str) -> Refusal:
    seen = [int(tag.opaque) for tag in named if tag.opaque.isascii() and tag.opaque.isdigit() and len(tag.opaque) < 19]
    known = [number for number in seen if number < version]
    if any(tag.weak and tag.opaque == str(version) for tag in named):
        detail = f"A weak entity tag is not enough for a change; send the ETag of the {what} without W/."
    elif known:
        detail = (
            f"The {what} has changed since version {max(known)}, which you have seen, and is now version {version};"
            " read it again, look at what has changed, and send your change once more if you still want it."
        )
    else:
        detail = f"The {what} is in version {version}, and If-Match names none of its versions before; read it again."
    fields = {field for v in history if known and max(known) < v.version <= version for field in v.changed_fields}
    return Refusal(412, "stale_version", detail, etag(version), tuple(sorted(fields)))
