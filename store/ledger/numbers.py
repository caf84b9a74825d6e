"""The numbers under which the ledger stores outcomes and reasons.

Every pair is written down here and is for ever: a number is never changed and never used twice,
whatever the order of the enum. A new member gets the next free number, here and in the test that
pins every pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from actui.model.errors import ConfigError
from actui.model.run import Outcome, Reason

OUTCOME_NUMBERS: Mapping[Outcome, int] = {
    Outcome.CREATED: 0,
    Outcome.UPDATED: 1,
    Outcome.UNCHANGED: 2,
    Outcome.SKIPPED: 3,
    Outcome.REJECTED: 4,
    Outcome.UNKNOWN: 5,
}

REASON_NUMBERS: Mapping[Reason, int] = {
    Reason.NO_IDENTIFIER: 0,
    Reason.NO_MATCH: 1,
    Reason.NO_EMAIL: 2,
    Reason.NO_CONSENT: 3,
    Reason.OVER_THRESHOLD: 4,
    Reason.NOT_IN_STAGE: 5,
    Reason.AMBIGUOUS_MATCH: 6,
    Reason.DUPLICATE_IDENTIFIER: 7,
    Reason.EMAIL_OF_ANOTHER_CONTACT: 8,
    Reason.DELETED_IN_ACTIVECAMPAIGN: 9,
    Reason.ERASED: 10,
    Reason.FORGOTTEN: 11,
    Reason.INVALID_EMAIL: 12,
    Reason.INVALID_IDENTIFIER: 13,
    Reason.EXCLUDED: 14,
    Reason.REJECTED_BY_ACTIVECAMPAIGN: 15,
    Reason.REJECTED_BY_BLUECONIC: 16,
    Reason.NOT_AUTHORIZED: 17,
    Reason.UNRESOLVED: 18,
    Reason.TOO_LARGE: 19,
    Reason.STAGE_UNKNOWN: 20,
}

_Member = TypeVar("_Member", bound=StrEnum)


def _by_number(numbers: Mapping[_Member, int]) -> dict[int, _Member]:
    members = {number: member for member, number in numbers.items()}
    if len(members) != len(numbers):
        raise ValueError("two members share one number")
    return members


_OUTCOMES = _by_number(OUTCOME_NUMBERS)
_REASONS = _by_number(REASON_NUMBERS)


def outcome_number(outcome: Outcome) -> int:
    """The number that stands for an outcome in the ledger."""
    return OUTCOME_NUMBERS[outcome]


def outcome_of(number: int) -> Outcome:
    """The outcome of a stored number. Raises ConfigError for a number of a newer actui."""
    return _member(_OUTCOMES, number)


def reason_number(reason: Reason | None) -> int | None:
    """The number that stands for a reason in the ledger; None for no reason."""
    return None if reason is None else REASON_NUMBERS[reason]


def reason_of(number: int | None) -> Reason | None:
    """The reason of a stored number. Raises ConfigError for a number of a newer actui."""
    return None if number is None else _member(_REASONS, number)


def _member(members: Mapping[int, _Member], number: int) -> _Member:
    try:
        return members[number]
    except KeyError:
        raise ConfigError(
            "The ledger holds an outcome of a newer actui; update this one.", code="newer"
        ) from None
