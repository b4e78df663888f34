"""Words of disputes: what is said to be wrong, what may be answered, how a ticket stands, and who has to do with it."""

from enum import StrEnum


class DisputeSubject(StrEnum):
    """What is said to be wrong with an asset."""

    WRONG_FIELDS = "WRONG_FIELDS"
    NOT_MINE = "NOT_MINE"
    DOES_NOT_EXIST = "DOES_NOT_EXIST"
    WRONG_OWNER = "WRONG_OWNER"
    WRONG_PLACE = "WRONG_PLACE"
    DOUBLE = "DOUBLE"


class DisputeStep(StrEnum):
    """What may be said of a dispute between its beginning and its end."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    STATEMENT = "STATEMENT"
    EVIDENCE = "EVIDENCE"
    INVESTIGATE = "INVESTIGATE"


class DisputeOutcome(StrEnum):
    CORRECTED = "CORRECTED"
    NO_ACTION_REQUIRED = "NO_ACTION_REQUIRED"


class DisputeStatus(StrEnum):
    """`dispute_status` of `reference/status_models.json`."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    INVESTIGATING = "INVESTIGATING"
    CORRECTED = "CORRECTED"
    NO_ACTION_REQUIRED = "NO_ACTION_REQUIRED"

    @property
    def is_open(self) -> bool:
        return self not in (DisputeStatus.CORRECTED, DisputeStatus.NO_ACTION_REQUIRED)


class DisputeRole(StrEnum):
    """What a participant is to the asset in dispute."""

    SOURCE = "source"
    PROVIDER = "provider"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class DisputeAction(StrEnum):
    """What the table of rights allows to a role."""

    RAISE = "raise"
    ACKNOWLEDGE = "acknowledge"
    STATEMENT = "statement"
    EVIDENCE = "evidence"
    INVESTIGATE = "investigate"
    DECIDE = "decide"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
