"""The `refinement` of a segment's listing (OpenAPI, GET /segments/{segment}/profiles).

A refinement is one filter on a property or on objectives, or filters joined by AND or OR. The
document leaves open: bounds belong to their range, a missing bound is open, texts are compared
whole and by their letter case, and the NOT operators hold for whoever lacks the property.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from actui.sandbox.blueconic.consent import needs_consent
from actui.sandbox.blueconic.profile_values import values_of
from actui.sandbox.blueconic.rows import Objective, Profile
from actui.sandbox.json_body import json_of

Test = Callable[[Profile], bool]
DAY, HOUR = 86_400, 3_600
SPANS = {
    "IN_LAST_DAYS": ("daysCount", -DAY),
    "IN_NEXT_DAYS": ("daysCount", DAY),
    "IN_LAST_HOURS": ("hoursCount", -HOUR),
    "IN_NEXT_HOURS": ("hoursCount", HOUR),
}
STATES = ("CONSENTED", "REFUSED", "UNKNOWN", "REFUSED_OR_UNKNOWN", "CONSENTED_OR_UNNEEDED")
LONGEST_SPAN = 1_000_000


class Refinements:
    """Reads refinements, as of one moment and one tenant's objectives."""

    def __init__(
        self, now: float, objectives: Mapping[str, Objective], *, without_zone: bool
    ) -> None:
        self._now = now
        self._objectives = objectives
        self._without_zone = without_zone

    def read(self, text: str) -> Test:
        """The test that a refinement stands for; a ValueError where it is none."""
        return self._test(json_of(text.encode()))

    def _test(self, sent: Any) -> Test:
        if not isinstance(sent, dict):
            raise ValueError("expected an object")
        if "filters" in sent:
            return self._joined(sent)
        if "objective" in sent:
            return self._objective(sent)
        operator = sent.get("operator")
        if not isinstance(operator, str):
            raise ValueError("operator is missing")
        plain = operator.removeprefix("NOT_")
        holds = self._values_test(plain, sent)
        name = sent.get("property")
        if not isinstance(name, str) and not isinstance(sent.get("groupProperty"), str):
            raise ValueError("property is missing")
        wanted = plain == operator
        # Nobody is in a group here, so no property of a group has a value.
        return lambda row: holds(values_of(row, name) if isinstance(name, str) else []) == wanted

    def _joined(self, sent: dict[str, Any]) -> Test:
        filters, operator = sent["filters"], sent.get("operator")
        if not isinstance(filters, list) or not filters or operator not in ("AND", "OR"):
            raise ValueError("filters are joined by AND or OR")
        tests = [self._test(one) for one in filters]
        every = all if operator == "AND" else any
        return lambda row: every(test(row) for test in tests)

    def _objective(self, sent: dict[str, Any]) -> Test:
        state, operator = sent["objective"], sent.get("operator")
        if state not in STATES or operator not in ("CONTAINS_ANY", "CONTAINS_ALL"):
            raise ValueError("an objective takes CONTAINS_ANY and CONTAINS_ALL")
        names = _texts(sent)
        every = all if operator == "CONTAINS_ALL" else any
        return lambda row: every(self._is(row, name, state) for name in names)

    def _is(self, row: Profile, name: str, state: str) -> bool:
        consented = name in row.values("consented_objectives")
        refused = name in row.values("refused_objectives")
        if state == "CONSENTED_OR_UNNEEDED":
            objective = self._objectives.get(name)
            return consented or (
                objective is not None
                and not refused
                and not needs_consent(objective, row.legislation, without_zone=self._without_zone)
            )
        return {
            "CONSENTED": consented,
            "REFUSED": refused,
            "UNKNOWN": not consented and not refused,
            "REFUSED_OR_UNKNOWN": not consented,
        }[state]

    def _values_test(self, operator: str, sent: dict[str, Any]) -> Callable[[list[str]], bool]:
        if operator == "IS_EMPTY":
            return lambda held: not held
        if operator in ("CONTAINS_ANY", "CONTAINS_ALL"):
            wanted = set(_texts(sent))
            if operator == "CONTAINS_ANY":
                return lambda held: not wanted.isdisjoint(held)
            return lambda held: wanted <= set(held)
        low, high = self._bounds(operator, sent)
        return lambda held: any(
            number is not None and low <= number <= high for number in map(_number, held)
        )

    def _bounds(self, operator: str, sent: dict[str, Any]) -> tuple[Decimal, Decimal]:
        """What a value lies between; moments are Unix milliseconds as stored (§3)."""
        if operator in SPANS:
            key, seconds = SPANS[operator]
            now, end = self._now, self._now + seconds * _whole(sent, key)
            return Decimal(min(now, end)) * 1000, Decimal(max(now, end)) * 1000
        if operator != "IN_RANGE":
            raise ValueError(f"unknown operator {operator}")
        bounds = [
            _moment(sent[f"{end}Date"])
            if f"{end}Date" in sent
            else Decimal(_whole(sent, f"{end}Value"))
            if f"{end}Value" in sent
            else None
            for end in ("from", "to")
        ]
        if bounds == [None, None]:
            raise ValueError("the range has no bound")
        low, high = bounds
        return (
            Decimal("-Infinity") if low is None else low,
            Decimal("Infinity") if high is None else high,
        )


def _texts(sent: dict[str, Any]) -> list[str]:
    values = sent.get("values")
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise ValueError("values are texts")
    return values


def _whole(sent: dict[str, Any], key: str) -> int:
    value = sent.get(key)
    if type(value) is not int or ("Count" in key and not 0 <= value <= LONGEST_SPAN):
        raise ValueError(f"{key} is a whole number")
    return value


def _moment(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError("a date is a text")  # noqa: TRY004 - answered as a 400
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return Decimal(found.timestamp()) * 1000


def _number(value: str) -> Decimal | None:
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
