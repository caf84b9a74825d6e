"""People, outcomes and reasons in as few bytes as they need."""

from __future__ import annotations

import uuid

from actui.model.run import Outcome, Reason

Packed = int | bytes | str

_OUTCOMES = list(Outcome)
_REASONS = list(Reason)


def pack(key: str) -> Packed:
    """A contact id as an integer, a UUID as its 16 bytes, anything else as it is."""
    if key.isdecimal() and key.isascii() and len(key) < 19 and str(int(key)) == key:
        return int(key)
    if len(key) == 36:
        try:
            packed = uuid.UUID(key)
        except ValueError:
            return key
        return packed.bytes if str(packed) == key else key
    return key


def unpack(packed: Packed) -> str:
    """The key that was packed."""
    return str(uuid.UUID(bytes=packed)) if isinstance(packed, bytes) else str(packed)


def outcome_number(outcome: Outcome) -> int:
    """An outcome's number; numbers are for ever, new outcomes come at the end."""
    return _OUTCOMES.index(outcome)


def outcome_of(number: int) -> Outcome:
    """The outcome of a number."""
    return _OUTCOMES[number]


def reason_number(reason: Reason | None) -> int | None:
    """A reason's number; numbers are for ever, new reasons come at the end."""
    return None if reason is None else _REASONS.index(reason)


def reason_of(number: int | None) -> Reason | None:
    """The reason of a number."""
    return None if number is None else _REASONS[number]
