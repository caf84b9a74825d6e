"""Which requests arrived, in order, and what they were answered."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST_KEPT = 200_000
NUMBERED = re.compile(r"(?<!^/api)/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")


@dataclass(slots=True)
class LoggedRequest:
    """One request; `status` stays None until an answer went out, for ever where none did."""

    service: str
    method: str
    path: str
    time: float
    status: int | None = None


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[LoggedRequest] = deque(maxlen=MOST_KEPT)
        self.arrived = 0
        """How many requests there ever were, changes through the control port among them."""

    def add(self, service: str, method: str, path: str, time: float) -> LoggedRequest:
        """Note a request that has just arrived."""
        entry = LoggedRequest(service, method, path, time)
        self._kept.append(entry)
        self.arrived += 1
        return entry

    def note_control(self) -> None:
        """Count a change through the control port, which the log does not list."""
        self.arrived += 1

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def listing(self) -> Iterator[dict[str, object]]:
        """Every request as an object."""
        for entry in self._kept:
            yield {
                "service": entry.service,
                "method": entry.method,
                "path": entry.path,
                "status": entry.status,
                "time": round(entry.time, 6),
            }

    def summary(self) -> list[dict[str, object]]:
        """How often each service, method, path pattern and status came up."""
        counts = Counter(
            (
                entry.service,
                entry.method,
                NUMBERED.sub("/*", entry.path.partition("?")[0]),
                entry.status,
            )
            for entry in self._kept
        )
        return [
            {"service": service, "method": method, "path": path, "status": status, "count": count}
            for (service, method, path, status), count in counts.most_common()
        ]
