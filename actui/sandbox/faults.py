"""Which requests go wrong, and how: the list behind `POST /faults`.

The kinds are the troubles users report (activecampaign.md §1.2, §11).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SERVICES = ("activecampaign", "blueconic")

KINDS: Mapping[str, str] = {
    "429": "too many requests, with Retry-After",
    "429-no-header": "too many requests, without Retry-After",
    "401": "an empty 401",
    "408": "an empty 408",
    "503": "an empty 503",
    "500-html": "a 500 with an HTML page",
    "200-html": "a 200 with an HTML page",
    "redirect": "a 302 to another page",
    "403-bare": "a 403 without body and content type",
    "empty": "a 200 without body",
    "truncated": "applied; the first half of the answer's JSON",
    "reset": "the connection is reset, nothing applied",
    "timeout": "no answer until the client gives up, nothing applied",
    "slow": "applied after `seconds` (default 5)",
    "hold": "applied after POST /release",
    "reset-after-commit": "applied, then the connection is reset",
    "timeout-after-commit": "applied, then no answer until the client gives up",
    "partial-then-reset": "the first half applied, then the connection is reset",
    "commit-late": "the connection is reset; applied `seconds` (default 2) later",
    "503-after-commit": "applied, then answered 503 with `body` (default none), as a proxy answers "
    "that lost its upstream; any status from 200 to 599 may stand in place of 503",
}

DEFAULT_SECONDS = {"slow": 5.0, "commit-late": 2.0}
_ANSWERED_AFTER_COMMIT = re.compile(r"([2-5]\d\d)-after-commit")


@dataclass(slots=True)
class Fault:
    """One rule: which requests, how many to let through first, how often it strikes."""

    service: str
    method: str
    path: re.Pattern[str]
    kind: str
    times: int
    after: int
    seconds: float
    body: str = ""
    struck: int = 0

    @property
    def status_after_commit(self) -> int | None:
        """The status that is answered once the request has been applied; None for other kinds."""
        found = _ANSWERED_AFTER_COMMIT.fullmatch(self.kind)
        return None if found is None else int(found[1])

    def matches(self, service: str, method: str, path: str, query: str) -> bool:
        """The pattern must match the whole path, without or with its query."""
        return (
            self.service in ("*", service)
            and self.method in ("*", method)
            and (
                self.path.fullmatch(path) is not None
                or self.path.fullmatch(f"{path}?{query}") is not None
            )
        )


def read_fault(body: Mapping[str, Any]) -> Fault:
    """A rule from its JSON; a ValueError says what is wrong with it."""
    kind = str(body.get("kind", ""))
    if kind not in KINDS and not _ANSWERED_AFTER_COMMIT.fullmatch(kind):
        raise ValueError(f"No fault is called {kind!r}; there are: {', '.join(KINDS)}.")
    service = str(body.get("service", "*"))
    if service not in ("*", *SERVICES):
        raise ValueError(f"There is no service {service!r}.")
    try:
        pattern = re.compile(str(body.get("path", ".*")))
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}.") from error
    seconds = float(body.get("seconds", DEFAULT_SECONDS.get(kind, 1.0)))
    times, after = int(body.get("times", 1)), int(body.get("after", 0))
    method, answer = str(body.get("method", "*")).upper(), str(body.get("body", ""))
    return Fault(service, method, pattern, kind, times, after, seconds, answer)


class FaultBook:
    """The rules in force; the first that matches a request and is not spent strikes."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """One more rule."""
        self._rules.append(fault)

    def clear(self) -> None:
        """No more faults."""
        self._rules.clear()

    def strike(self, service: str, method: str, path: str, query: str) -> Fault | None:
        """The fault that hits this request, if any."""
        for rule in self._rules:
            if rule.times == 0 or not rule.matches(service, method, path, query):
                continue
            if rule.after > 0:
                rule.after -= 1
                continue
            if rule.times > 0:
                rule.times -= 1
            rule.struck += 1
            return rule
        return None

    def listing(self) -> list[dict[str, object]]:
        """Every rule with what is left of it."""
        return [
            {
                "service": rule.service,
                "method": rule.method,
                "path": rule.path.pattern,
                "kind": rule.kind,
                "times": rule.times,
                "after": rule.after,
                "seconds": rule.seconds,
                "body": rule.body,
                "struck": rule.struck,
            }
            for rule in self._rules
        ]
