"""What goals remember from run to run: the table `goal`."""

from __future__ import annotations

from actui.model.journal import GoalState
from store.ledger.database import LedgerDatabase


class Goals:
    """The state of each goal, by the goal's id; one that is not known yet has an empty state."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def state(self, goal: str) -> GoalState:
        """The digest, the watermark and the last complete reading of a goal."""
        row = self._database.execute(
            "SELECT config_hash, watermark, reconciled FROM goal WHERE number = ?",
            (self._database.goal_number(goal),),
        ).fetchone()
        return GoalState(*row)

    def save_state(self, goal: str, state: GoalState) -> None:
        """Keep them, durably."""
        number = self._database.goal_number(goal)
        self._database.execute(
            "UPDATE goal SET config_hash = ?, watermark = ?, reconciled = ? WHERE number = ?",
            (state.config_hash, state.watermark, state.reconciled, number),
        )

    def listed_segment(self, goal: str) -> str | None:
        """The segment whose leavers the goal has dealt with last."""
        number = self._database.goal_number(goal)
        found = self._database.one("SELECT segment FROM goal WHERE number = ?", number)
        return None if found is None else str(found)

    def set_listed_segment(self, goal: str, segment: str) -> None:
        """Keep the segment whose leavers the goal has dealt with."""
        number = self._database.goal_number(goal)
        self._database.execute("UPDATE goal SET segment = ? WHERE number = ?", (segment, number))

    def all_confirmed(self, goal: str) -> bool:
        """Whether somebody has confirmed a run with `unsubscribe: all` since it was set."""
        number = self._database.goal_number(goal)
        return bool(self._database.one("SELECT all_confirmed FROM goal WHERE number = ?", number))

    def set_all_confirmed(self, goal: str, confirmed: bool) -> None:
        """Keep whether somebody has."""
        self._database.execute(
            "UPDATE goal SET all_confirmed = ?1 WHERE number = ?2 AND all_confirmed <> ?1",
            (confirmed, self._database.goal_number(goal)),
        )
