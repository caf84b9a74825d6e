"""The addresses that ActiveCampaign keeps out of every import (activecampaign.md §5.5).

ActiveCampaign compares an address with the list as it is spelled, so another spelling of an
excluded one would get past it: what an export sends is compared here before it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from actui.model.addresses import canonical
from actui.model.errors import ServiceError
from actui.model.memberships import Exclusion
from actui.sync.run.goal_run import GoalRun


class Exclusions:
    """The account's exclusion list, read once in a goal's run and only where it is asked for."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._is_read = False
        self._whole: dict[str, str] = {}
        """Phrases that are a whole address, by canonical form: there may be many."""
        self._others: list[Exclusion] = []

    async def about(self, email: str) -> str:
        """What to say of an excluded address, which names the phrase; empty for any other."""
        if not self._is_read:
            self._keep(await self._read())
        phrase = self._whole.get(canonical(email))
        if phrase is None:
            phrase = next((one.phrase for one in self._others if one.catches(email)), None)
        return "" if phrase is None else f"ActiveCampaign's exclusion list holds '{phrase}'."

    async def _read(self) -> Sequence[Exclusion]:
        try:
            return await self._run.activecampaign.exclusions()
        except ServiceError:
            # a newer endpoint, which not every account has and not every key may read
            self._run.warn_once(
                "ActiveCampaign's exclusion list could not be read, so it keeps out only those "
                "spellings of an address that are on it."
            )
            return ()

    def _keep(self, exclusions: Sequence[Exclusion]) -> None:
        self._is_read = True
        for one in exclusions:
            if not one.phrase:
                self._run.warn_once(
                    "ActiveCampaign's exclusion list holds a phrase that cannot be read, so actui "
                    "cannot tell whom it keeps out: look at the list in ActiveCampaign."
                )
            elif one.kind == "exact":
                self._whole[canonical(one.phrase)] = one.phrase
            else:
                self._others.append(one)
