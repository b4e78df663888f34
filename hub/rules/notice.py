"""Notices: a true fact is never refused, but somebody is told what it asks for. How grave is in `notice_rules.csv`."""

from collections.abc import Iterable

from schemas.outbound import Concern
from schemas.reference import connection


def notice(rule_id: str, sentence: str) -> Concern:
    """A concern of the gravity that the table gives its rule."""
    return Concern(rule_id=rule_id, severity=connection.notice_rules()[rule_id].severity, sentence=sentence)


def doubts(concerns: Iterable[Concern]) -> tuple[str, ...]:
    """The rules that put the facts of an asset in doubt; paperwork that is late or missing does not."""
    rules = connection.notice_rules()
    return tuple(
        sorted(
            {
                concern.rule_id
                for concern in concerns
                if concern.severity != "info" and (concern.rule_id not in rules or rules[concern.rule_id].doubts_facts)
            }
        )
    )
