"""Sees every change of a list row as it happens, and knows whose word it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.rows import Contact as Row
from actui.sync.run.engine import Engine
from tests.plain.exporting import UNSUBSCRIBED, Goal


@dataclass
class Watch:
    """Every change of a list row, by whom, and whether it was theirs to make."""

    goals: dict[str, Goal]
    engine: Engine | None = None
    last: dict[tuple[int, int], str] = field(default_factory=dict)
    joined: set[tuple[str, int, int]] = field(default_factory=set)
    resubscribed: set[tuple[int, int]] = field(default_factory=set)
    opted_out_again: set[tuple[int, int]] = field(default_factory=set)

    def over(self, account: Account) -> None:
        """Watch every row of this account from now on."""
        write = account.write_status

        def watched(row: Row, list_id: int, status: int, **more: Any) -> bool:
            known = row.memberships.get(list_id)
            before = None if known is None else known.status
            changed = write(row, list_id, status, **more)
            if changed:
                self.changed(row.id, list_id, before, status, outside=more.get("outside", False))
            return changed

        account.write_status = watched  # type: ignore[method-assign]

    def changed(self, row: int, on: int, before: int | None, after: int, *, outside: bool) -> None:
        """A status has changed: by the goal that runs now, or by somebody outside of it."""
        if self.engine is None or outside:
            if after == UNSUBSCRIBED and (row, on) in self.resubscribed:
                self.opted_out_again.add((row, on))
            self.last[row, on] = "outside"
            return
        goal = self.goals[self.engine.live.goals[-1].summary.goal_id]
        by_itself = self.last.get((row, on)) == f"left {goal.id}"
        if after == 1:
            assert before in (None, UNSUBSCRIBED), f"{before} became active"
            if before == UNSUBSCRIBED:
                assert goal.resubscribe != "never"
                assert by_itself or goal.resubscribe == "all"
                assert by_itself or (row, on) not in self.opted_out_again
                self.resubscribed.add((row, on))
            self.joined.add((goal.id, row, on))
            self.last[row, on] = f"joined {goal.id}"
        else:
            assert after == UNSUBSCRIBED
            assert before == 1
            assert goal.unsubscribe != "never"
            is_own = (goal.id, row, on) in self.joined
            assert is_own or goal.unsubscribe == "all", "not subscribed by this goal"
            self.last[row, on] = f"left {goal.id}"
