"""Scores side by side, for people and as JSON."""

from collections.abc import Mapping
from typing import Any

from bench.identity import goals
from bench.identity.measure import KINDS, Counts, Score
from hub.cli import output


def show(scores: Mapping[str, Score]) -> None:
    elsewhere = [(f"{one.name}, unseen corpus", "", "", "", one.precision or "", one.recall) for one in goals.ELSEWHERE]
    output.table(
        "Pairs across different senders",
        ("", "true", "found", "false", "precision", "recall"),
        [*((name, *_cells(one.automatic)) for name, one in scores.items()), *elsewhere],
    )
    reviewed = {name: one for name, one in scores.items() if one.review_share}
    if reviewed:
        output.table(
            "With a person who decides rightly what is in review",
            ("", "true", "found", "false", "precision", "recall", "in review", "wrong pairs asked about"),
            [
                (name, *_cells(one.with_review), f"{one.review_share:.1%}", one.asked_false)
                for name, one in reviewed.items()
            ],
        )
    output.table(
        "False pairs by what they mix up",
        ("", *KINDS),
        [(name, *(one.false_kinds.get(kind, 0) for kind in KINDS)) for name, one in scores.items()],
    )
    _show_phenomena(scores)


def _show_phenomena(scores: Mapping[str, Score]) -> None:
    first = next(iter(scores.values()))
    columns = [f"{name}: {what}" for name in scores for what in ("found", "false")]
    output.table(
        "By phenomenon: pairs in which at least one notification shows it",
        ("phenomenon", "true pairs", *columns),
        [
            (
                tag.replace("_", " "),
                first.phenomena[tag].true,
                *(
                    cell
                    for one in scores.values()
                    for cell in (f"{one.phenomena[tag].recall:.3f}", one.phenomena[tag].false)
                ),
            )
            for tag in first.phenomena
        ],
    )


def show_goals(met: Mapping[str, bool]) -> None:
    output.table("Goals", ("goal", "met"), [(goal, "yes" if reached else "no") for goal, reached in met.items()])


def object_line(scores: Mapping[str, Score], **more: Any) -> None:
    """One JSON object as the last line."""
    output.object_line({**more, "scores": {name: _plain(one) for name, one in scores.items()}})


def _plain(one: Score) -> dict[str, Any]:
    return {
        "automatic": _counts(one.automatic),
        "with_review": {
            **_counts(one.with_review),
            "review_share": round(one.review_share, 4),
            "wrong_pairs_asked": one.asked_false,
        },
        "false_kinds": {kind: one.false_kinds.get(kind, 0) for kind in KINDS},
        "phenomena": {tag: _counts(counts) for tag, counts in one.phenomena.items()},
    }


def _counts(counts: Counts) -> dict[str, float]:
    return {
        "true": counts.true,
        "found": counts.found,
        "false": counts.false,
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
    }


def _cells(counts: Counts) -> tuple[object, ...]:
    return counts.true, counts.found, counts.false, f"{counts.precision:.3f}", f"{counts.recall:.3f}"
