"""How an import ended: every row in one of four ways, each with its reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from schemas.outbound import Receipt
from schemas.vocabulary import ReceiptOutcome


class RowOutcome(StrEnum):
    """How a row ended; a row of several assets ends as the worst of them, the worst first here."""

    REFUSED = "refused"
    QUERIED = "queried"
    REGISTERED = "registered"
    DUPLICATE = "duplicate"


GRAVITY = tuple(RowOutcome)


@dataclass(frozen=True)
class Ending:
    """How one asset of a row ended, and why in sentences."""

    row: int
    outcome: RowOutcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportSummary:
    """Counts of rows; `assets` counts assets that were not refused. `reasons` counts rows by sentence."""

    rows: int
    sent: int
    registered: int
    duplicates: int
    queried: int
    refused: int
    reasons: dict[str, int]
    assets: int
    endings: tuple[Ending, ...]

    def as_json(self) -> dict[str, int | dict[str, int]]:
        """The summary without the list of rows."""
        return {
            "rows": self.rows,
            "sent": self.sent,
            "registered": self.registered,
            "duplicates": self.duplicates,
            "queried": self.queried,
            "refused": self.refused,
            "assets": self.assets,
            "reasons": self.reasons,
        }


def of_receipt(row: int, receipt: Receipt, notes: tuple[str, ...]) -> Ending:
    """What a final receipt means for its row."""
    reasons = (*notes, *receipt.reasons)
    match receipt.outcome:
        case ReceiptOutcome.REGISTERED | ReceiptOutcome.UPDATED:
            # Why a good row was registered is of no interest to whoever keeps the register; its oddities are.
            return Ending(row, RowOutcome.REGISTERED, notes)
        case ReceiptOutcome.DUPLICATE:
            return Ending(row, RowOutcome.DUPLICATE, reasons or ("The register knows this already.",))
        case ReceiptOutcome.QUERIED:
            return Ending(row, RowOutcome.QUERIED, reasons or ("The register asks; see the receipt.",))
        case ReceiptOutcome.REFUSED | ReceiptOutcome.QUARANTINED:
            return Ending(row, RowOutcome.REFUSED, reasons or (f"Not taken: {receipt.code}.",))
        case ReceiptOutcome.ACCEPTED:
            raise ValueError("the receipt is not final yet")
        case _:
            assert_never(receipt.outcome)


def summarise(rows: Sequence[int], sent: int, endings: Sequence[Ending]) -> ImportSummary:
    """One outcome for each row, and how many rows each reason concerns."""
    worst: dict[int, RowOutcome] = {}
    said: set[tuple[int, str]] = set()
    for ending in endings:
        before = worst.get(ending.row, ending.outcome)
        worst[ending.row] = min(before, ending.outcome, key=GRAVITY.index)
        said |= {(ending.row, reason) for reason in ending.reasons}
    counts = Counter(worst[row] for row in rows)
    reasons = Counter(reason for _, reason in said)
    return ImportSummary(
        rows=len(rows),
        sent=sent,
        registered=counts[RowOutcome.REGISTERED],
        duplicates=counts[RowOutcome.DUPLICATE],
        queried=counts[RowOutcome.QUERIED],
        refused=counts[RowOutcome.REFUSED],
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        assets=sum(ending.outcome is not RowOutcome.REFUSED for ending in endings),
        endings=tuple(sorted(endings, key=lambda ending: ending.row)),
    )
