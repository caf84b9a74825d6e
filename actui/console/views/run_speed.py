"""How fast a run is going, from the pictures it shows of itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from actui.console.formatting import seconds_between
from actui.model.run import RunSnapshot

_WINDOW = 10.0
"""Seconds over which a speed is measured."""
_SETTLED = 5.0
"""Seconds before a speed says when something will be done."""
_STEP = 2.0
"""Seconds of a bar of the chart: as often as that it is worth its bytes."""
BARS = 24


class Speed:
    """Records and requests per second, and the records of the last while as bars."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._points: deque[tuple[float, int]] = deque(maxlen=BARS + 1)

    def add(self, snapshot: RunSnapshot) -> None:
        """Take one more picture into account."""
        at = snapshot.elapsed or seconds_between(snapshot.started, snapshot.updated)
        for goal in snapshot.goals:
            self._note(f"goal {goal.summary.goal}", at, goal.summary.read)
        self._note("activecampaign", at, snapshot.requests.activecampaign)
        self._note("blueconic", at, snapshot.requests.blueconic)
        if not self._points or at - self._points[-1][0] >= _STEP:
            self._points.append((at, sum(goal.summary.read for goal in snapshot.goals)))

    def _note(self, what: str, at: float, count: int) -> None:
        seen = self._seen.setdefault(what, deque())
        seen.append((at, count))
        while at - seen[0][0] > _WINDOW and len(seen) > 2:
            seen.popleft()

    def of_goal(self, goal: str) -> float | None:
        """A goal's records per second; None until two pictures are known."""
        return self._of(f"goal {goal}")

    def is_known(self, goal: str) -> bool:
        """Whether a goal was watched for long enough to say when it will be done."""
        seen = self._seen.get(f"goal {goal}")
        return seen is not None and seen[-1][0] - seen[0][0] >= _SETTLED

    def of_service(self, name: str) -> float | None:
        """Requests per second to a service; None until two pictures are known."""
        return self._of(name)

    def _of(self, what: str) -> float | None:
        seen = self._seen.get(what)
        if not seen or len(seen) < 2:
            return None
        passed = seen[-1][0] - seen[0][0]
        return max(0, seen[-1][1] - seen[0][1]) / passed if passed > 0 else None

    @property
    def bars(self) -> Sequence[float]:
        """Records per second of the last steps, the latest at the end."""
        points = list(self._points)
        return [
            max(0.0, (after[1] - before[1]) / (after[0] - before[0]))
            for before, after in zip(points, points[1:], strict=False)
        ]
