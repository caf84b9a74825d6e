"""Remember what was refused, so that the same is not sent again (sync/README.md §2).

An unchanged run writes nothing. Where a service refused a person for a reason that lasts, or where
what became of them cannot be learned, the fingerprint of what was sent is kept beside the outcome.
As long as the person, the goal and the linked objectives ask for the same, the outcome is the same
without a request. `--full`, full mode and `retry` send again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from actui.model.journal import Refusal
from actui.model.run import RETRY
from actui.sync.fingerprints import Fingerprint
from actui.sync.run.goal_run import GoalRun

_OBJECTIVES = 8


class Refusals:
    """The refusals of one goal, for one run."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._config = goal_run.config
        self._objectives = _digest(goal_run.connection.objective_ids)
        self._sends_again = goal_run.is_full or goal_run.options.trigger == RETRY

    def of(self, keys: Iterable[str]) -> Mapping[str, Refusal]:
        """The refusals that may hold in this run, by person; `holds` compares what is sent."""
        if self._sends_again:
            return {}
        found = self._run.ledger.refusals.find(self._run.goal.id, keys)
        goal = self._run.goal
        return {
            key: refusal
            for key, refusal in found.items()
            if refusal.objectives == self._objectives and goal.is_configured_as(refusal.config)
        }

    def remember(self, fingerprint: bytes) -> Refusal:
        """What to keep of a refusal, beside the outcome it is committed with."""
        return Refusal(fingerprint, self._config, self._objectives)


def holds(refusal: Refusal | None, fingerprint: Fingerprint) -> bool:
    """Whether exactly this was refused before."""
    return refusal is not None and fingerprint.fits(refusal.fingerprint)


def _digest(objectives: Iterable[str]) -> str:
    text = json.dumps(sorted(objectives), separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_OBJECTIVES).hexdigest()
