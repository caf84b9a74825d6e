"""Who was accepted with the same before, and need not be sent again.

The same is what would be sent now, by a goal configured as it is now: a changed goal sends
everybody once, however far an earlier run of it came, and sends nobody whom it has sent already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actui.model.journal import Accepted
from actui.sync.fingerprints import Fingerprint
from actui.sync.run.goal_run import GoalRun


class Acceptance:
    """What was last accepted for one goal's people, for one run."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        # what was accepted before its configuration was kept is of the last run that succeeded
        self._last = goal_run.ledger.goals.state(goal_run.goal.id).config_hash
        self._is_current: dict[str, bool] = {}

    def of(self, keys: Iterable[str]) -> Mapping[str, Accepted]:
        """What was last accepted for people, by person; `stands` compares it."""
        return self._run.ledger.people.accepted(self._run.goal.id, keys)

    def stands(self, before: Accepted | None, fingerprint: Fingerprint) -> bool:
        """Whether exactly this was accepted before and is not to be sent again in this run."""
        return (
            before is not None
            and not self._run.is_full
            and self.is_current(before.config)
            and fingerprint.fits(before.fingerprint)
        )

    def is_current(self, config: str) -> bool:
        """Whether a stored digest of the goal, empty if none was kept, is of what it is now."""
        known = self._is_current.get(config)
        if known is None:
            known = self._run.goal.is_configured_as(config or self._last)
            self._is_current[config] = known
        return known
