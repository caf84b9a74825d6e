"""Changes the services make by themselves, now or when a certain request arrives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Operations = Mapping[str, Callable[[Mapping[str, Any]], str]]


@dataclass(slots=True)
class Waiting:
    """A change that waits for the N-th request of a kind."""

    service: str
    method: str
    path: re.Pattern[str]
    left: int
    change: dict[str, Any]


class OutsideChanges:
    """`POST /mutate` for both services."""

    def __init__(self, operations: Mapping[str, Operations]) -> None:
        self._operations = operations
        self._waiting: list[Waiting] = []
        self.failed: list[str] = []

    def submit(self, change: dict[str, Any]) -> dict[str, object]:
        """Do it, or note it for later; ValueError and LookupError say what is wrong."""
        service, op = str(change.get("service", "")), str(change.get("op", ""))
        if service not in self._operations:
            raise ValueError(f"There is no service {service!r}.")
        if op not in self._operations[service]:
            known = ", ".join(self._operations[service])
            raise ValueError(f"{service} has no operation {op!r}, only: {known}.")
        if "at" in change:
            change = {**change, "at": _instant(change["at"])}
        after = change.get("after")
        if after:
            self._waiting.append(_waiting(after, service, change))
            return {"waiting": True}
        return {"id": self._operations[service][op](change)}

    def arrived(self, service: str, method: str, path: str) -> None:
        """A request came in; changes it was the last one for happen before it is answered."""
        for one in list(self._waiting):
            fits = one.service in ("*", service) and one.method in ("*", method)
            if not fits or one.path.fullmatch(path) is None:
                continue
            one.left -= 1
            if one.left <= 0:
                self._waiting.remove(one)
                self._do(one.change)

    def _do(self, change: dict[str, Any]) -> None:
        try:
            self._operations[change["service"]][change["op"]](change)
        except (LookupError, ValueError) as error:
            # Nobody waits for the outcome: it is kept where `GET /health` shows it.
            self.failed.append(f"{change['op']}: {error}")


def _instant(at: object) -> float:
    """Seconds since 1970 from a number or an ISO date with offset."""
    if isinstance(at, (int, float)):
        return float(at)
    moment = datetime.fromisoformat(str(at))
    if moment.tzinfo is None:
        raise ValueError("at needs an offset, such as Z.")
    return moment.timestamp()


def _waiting(after: object, service: str, change: dict[str, Any]) -> Waiting:
    if not isinstance(after, Mapping):
        raise ValueError("after is an object with method, path and count.")
    return Waiting(
        str(after.get("service", service)),
        str(after.get("method", "*")).upper(),
        re.compile(str(after.get("path", ".*"))),
        int(after.get("count", 1)),
        change,
    )
