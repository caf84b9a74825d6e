"""Which contacts are on which lists through a goal (sync/README.md §7).

The tables `membership`, `refused_leaving` and `newcomer`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from actui.model.memberships import Membership, MembershipChanges, Newcomer, RefusedLeaving
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack

_MEMBERS_AT_ONCE = 1_000


class Memberships:
    """Memberships that a goal made, and those that it could not end or does not know yet."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def members(self, goal: str, lists: Sequence[int]) -> Iterator[Sequence[Membership]]:
        """Contacts that are on these lists through the goal, some hundreds at a time.

        The ledger may be changed between two portions.
        """
        marks = ",".join("?" * len(lists))
        number, at = self._database.goal_number(goal), (-1, -1)
        while True:
            rows = self._database.execute(
                "SELECT contact_id, list, at FROM membership WHERE goal = ? "  # noqa: S608
                f"AND list IN ({marks}) AND left_mark IS NULL AND (list, contact_id) > (?, ?) "
                "ORDER BY list, contact_id LIMIT ?",
                (number, *lists, *at, _MEMBERS_AT_ONCE),
            ).fetchall()
            if not rows:
                return
            yield [Membership(contact, list_id, joined) for contact, list_id, joined in rows]
            at = (rows[-1][1], rows[-1][0])

    def count(self, goal: str, lists: Sequence[int], *, with_shown: bool = False) -> int:
        """How many different contacts are on these lists through the goal.

        With `with_shown` also the shown contacts that were exported and were not kept off a list.
        """
        number, marks = self._database.goal_number(goal), ",".join("?" * len(lists))
        query = (
            "SELECT contact_id FROM membership WHERE goal = ? "  # noqa: S608
            f"AND list IN ({marks}) AND left_mark IS NULL"
        )
        values = [number, *lists]
        if with_shown:
            query += (
                " UNION SELECT contact_id FROM shown WHERE goal = ? AND contact_id IN "
                "(SELECT contact_id FROM link WHERE profile NOT IN (SELECT key FROM omitted "
                "WHERE goal = ? AND json_type(omitted, '$.l') IS NOT NULL))"
            )
            values += [number, number]
        return int(self._database.one(f"SELECT count(DISTINCT contact_id) FROM ({query})", *values))  # noqa: S608

    def find(self, goal: str, contact_id: int, list_id: int) -> Membership | None:
        """What the goal remembers about one contact on one list; None where that is nothing."""
        row = self._database.execute(
            "SELECT at, left_mark FROM membership WHERE goal = ? AND list = ? AND contact_id = ?",
            (self._database.goal_number(goal), list_id, contact_id),
        ).fetchone()
        return None if row is None else Membership(contact_id, list_id, row[0], row[1])

    def refused_leaving(self, goal: str) -> Sequence[RefusedLeaving]:
        """Whom ActiveCampaign refused to unsubscribe, and who has not been unsubscribed since."""
        rows = self._database.execute(
            "SELECT contact_id, list, mark, detail, config FROM refused_leaving WHERE goal = ?",
            (self._database.goal_number(goal),),
        )
        return [RefusedLeaving(*row) for row in rows]

    def newcomers(self, goal: str) -> Sequence[Newcomer]:
        """Contacts this goal made whose ids are not known yet."""
        rows = self._database.execute(
            "SELECT profile, email, lists, at FROM newcomer WHERE goal = ?",
            (self._database.goal_number(goal),),
        )
        return [
            Newcomer(unpack(profile), email, tuple(json.loads(lists)), at)
            for profile, email, lists, at in rows
        ]


def put_memberships(db: sqlite3.Connection, goal: int, changes: MembershipChanges) -> None:
    """Keep what a goal did to lists. Call it in a transaction."""
    db.executemany(
        "INSERT INTO membership VALUES (?, ?, ?, ?, NULL) ON CONFLICT (goal, list, contact_id) "
        "DO UPDATE SET at = excluded.at, left_mark = NULL",
        [(goal, one.list_id, one.contact_id, one.at) for one in changes.joined],
    )
    # a membership that somebody else had made is the goal's once the goal has ended it
    db.executemany(
        "INSERT INTO membership VALUES (?, ?, ?, 0, ?) ON CONFLICT (goal, list, contact_id) "
        "DO UPDATE SET left_mark = excluded.left_mark",
        [(goal, list_id, contact, mark) for (contact, list_id), mark in changes.left.items()],
    )
    db.executemany(
        "DELETE FROM membership WHERE goal = ? AND list = ? AND contact_id = ?",
        [(goal, list_id, contact) for contact, list_id in changes.gone],
    )


def put_refused_leaving(db: sqlite3.Connection, goal: int, changes: MembershipChanges) -> None:
    """Keep whom ActiveCampaign refused to unsubscribe. Call it in a transaction."""
    db.executemany(
        "DELETE FROM refused_leaving WHERE goal = ? AND list = ? AND contact_id = ?",
        [(goal, list_id, contact) for contact, list_id in (*changes.left, *changes.gone)],
    )
    db.executemany(
        "INSERT OR REPLACE INTO refused_leaving VALUES (?, ?, ?, ?, ?, ?)",
        [
            (goal, one.list_id, one.contact_id, one.mark, one.detail, one.config)
            for one in changes.refused
        ],
    )


def put_newcomers(
    db: sqlite3.Connection, goal: int, newcomers: Iterable[Newcomer], learned: Iterable[str]
) -> None:
    """Keep contacts without an id; drop those, by profile, whose ids are known by now.

    Call it in a transaction.
    """
    db.executemany(
        "INSERT OR REPLACE INTO newcomer VALUES (?, ?, ?, ?, ?)",
        [
            (goal, pack(one.profile_id), one.email, json.dumps(one.lists), one.at)
            for one in newcomers
        ],
    )
    db.executemany(
        "DELETE FROM newcomer WHERE goal = ? AND profile = ?",
        [(goal, pack(profile)) for profile in learned],
    )
