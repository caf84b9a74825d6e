"""Outcomes and reasons by the numbers that a ledger stores (`actui.model.run`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from actui.model.errors import ConfigError
from actui.model.run import Outcome, Reason

_Member = TypeVar("_Member", bound=StrEnum)
_OUTCOMES = {outcome.number: outcome for outcome in Outcome}
_REASONS = {reason.number: reason for reason in Reason}


def outcome_of(number: int) -> Outcome:
    """The outcome of a stored number. Raises ConfigError for a number of a newer actui."""
    return _member(_OUTCOMES, number)


def reason_number(reason: Reason | None) -> int | None:
    """The number that stands for a reason in the ledger; None for no reason."""
    return None if reason is None else reason.number


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
