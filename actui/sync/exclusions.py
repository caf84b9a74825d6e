"""The addresses that ActiveCampaign keeps out of every import (activecampaign.md §5.5)."""

from __future__ import annotations

from collections.abc import Sequence

from actui.model.standing import Exclusion
from actui.sync.goalrun import GoalRun


class Exclusions:
    """The account's exclusion list, read once in a goal's run and only where it is asked for."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._read: Sequence[Exclusion] | None = None

    async def about(self, email: str) -> str:
        """What to say of an excluded address, which names the phrase; empty for any other."""
        if self._read is None:
            self._read = await self._run.activecampaign.exclusions()
        phrase = next((one.phrase for one in self._read if one.catches(email)), None)
        return "" if phrase is None else f"ActiveCampaign's exclusion list holds '{phrase}'."
