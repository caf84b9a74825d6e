"""What export goals have done to lists, and whom they know by it (sync/README.md §7)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from actui.model.goals import ListStatus
from actui.model.memberships import (
    ListChange,
    Membership,
    MembershipChanges,
    Newcomer,
    RefusedLeaving,
    Resubscription,
)
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack
from store.ledger.segment_roster import SegmentRoster

_MEMBERS_AT_ONCE = 1_000


class Standing:
    """Memberships a goal made, rows this connection set back to active, contacts it claims."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    _listings = 0

    def roster(self) -> SegmentRoster:
        """A fresh place to keep one listing of one segment; close it."""
        self._listings += 1
        return SegmentRoster(self._database.connection, self._listings)

    def _commit_exported(
        self, db: sqlite3.Connection, goal: int, exported: MembershipChanges
    ) -> None:
        db.executemany(
            "INSERT INTO membership VALUES (?, ?, ?, ?, NULL) ON CONFLICT (goal, list, contact_id) "
            "DO UPDATE SET at = excluded.at, left_mark = NULL",
            [(goal, one.list_id, one.contact_id, one.at) for one in exported.joined],
        )
        # a membership that somebody else had made is the goal's once the goal has ended it
        db.executemany(
            "INSERT INTO membership VALUES (?, ?, ?, 0, ?) ON CONFLICT (goal, list, contact_id) "
            "DO UPDATE SET left_mark = excluded.left_mark",
            [(goal, list_id, contact, mark) for (contact, list_id), mark in exported.left.items()],
        )
        self._drop_shown(db, goal, exported.outside)
        db.executemany(
            "DELETE FROM membership WHERE goal = ? AND list = ? AND contact_id = ?",
            [(goal, list_id, contact) for contact, list_id in exported.gone],
        )
        db.executemany(
            "UPDATE resubscribed SET done = 1 WHERE list = ? AND contact_id = ?",
            [(list_id, contact) for contact, list_id in exported.resubscribed],
        )
        self._end_list_changes(db, goal, exported.ended)
        self._commit_refused_leaving(db, goal, exported)
        db.executemany(
            "INSERT OR REPLACE INTO newcomer VALUES (?, ?, ?, ?, ?)",
            [
                (goal, pack(one.profile_id), one.email, json.dumps(one.lists), one.at)
                for one in exported.newcomers
            ],
        )
        db.executemany(
            "DELETE FROM newcomer WHERE goal = ? AND profile = ?",
            [(goal, pack(profile)) for profile in exported.learned],
        )

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

    def member_count(self, goal: str, lists: Sequence[int], *, with_shown: bool = False) -> int:
        """How many different contacts that are.

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

    @staticmethod
    def _commit_refused_leaving(
        db: sqlite3.Connection, goal: int, exported: MembershipChanges
    ) -> None:
        db.executemany(
            "DELETE FROM refused_leaving WHERE goal = ? AND list = ? AND contact_id = ?",
            [(goal, list_id, contact) for contact, list_id in (*exported.left, *exported.gone)],
        )
        db.executemany(
            "INSERT OR REPLACE INTO refused_leaving VALUES (?, ?, ?, ?, ?, ?)",
            [
                (goal, one.list_id, one.contact_id, one.mark, one.detail, one.config)
                for one in exported.refused
            ],
        )

    def refused_leaving(self, goal: str) -> Sequence[RefusedLeaving]:
        """Whom ActiveCampaign refused to unsubscribe, and who has not been unsubscribed since."""
        rows = self._database.execute(
            "SELECT contact_id, list, mark, detail, config FROM refused_leaving WHERE goal = ?",
            (self._database.goal_number(goal),),
        )
        return [RefusedLeaving(*row) for row in rows]

    def membership(self, goal: str, contact_id: int, list_id: int) -> Membership | None:
        """What the goal remembers about one contact on one list."""
        row = self._database.execute(
            "SELECT at, left_mark FROM membership WHERE goal = ? AND list = ? AND contact_id = ?",
            (self._database.goal_number(goal), list_id, contact_id),
        ).fetchone()
        return None if row is None else Membership(contact_id, list_id, row[0], row[1])

    def resubscription(self, contact_id: int, list_id: int) -> Resubscription | None:
        """Whether this connection has set the row back to active, or has begun to."""
        row = self._database.execute(
            "SELECT mark, done FROM resubscribed WHERE list = ? AND contact_id = ?",
            (list_id, contact_id),
        ).fetchone()
        return None if row is None else Resubscription(row[0], bool(row[1]))

    def intend_resubscribing(self, contact_id: int, list_id: int, mark: str) -> None:
        """Write down, durably, that a row as it is now will be set back to active."""
        self._database.execute(
            "INSERT OR REPLACE INTO resubscribed VALUES (?, ?, ?, 0)", (list_id, contact_id, mark)
        )

    def open_list_change(self, goal: str, change: ListChange) -> None:
        """Write down, durably, that the goal is about to send this change."""
        self._database.execute(
            "INSERT OR REPLACE INTO list_change VALUES (?, ?, ?, ?, ?)",
            (
                self._database.goal_number(goal),
                change.list_id,
                change.contact_id,
                change.status.value,
                change.at,
            ),
        )

    def end_list_change(self, goal: str, contact_id: int, list_id: int) -> None:
        """What became of the goal's change of this row is known, or never will be."""
        with self._database.transaction() as db:
            self._end_list_changes(db, self._database.goal_number(goal), [(contact_id, list_id)])

    def open_list_changes(self, goal: str) -> Sequence[ListChange]:
        """The goal's changes whose fate is not known; a process may have died over them."""
        rows = self._database.execute(
            "SELECT contact_id, list, status, at FROM list_change WHERE goal = ?",
            (self._database.goal_number(goal),),
        )
        return [ListChange(one, list_id, ListStatus(to), at) for one, list_id, to, at in rows]

    @staticmethod
    def _end_list_changes(
        db: sqlite3.Connection, goal: int, pairs: Iterable[tuple[int, int]]
    ) -> None:
        db.executemany(
            "DELETE FROM list_change WHERE goal = ? AND list = ? AND contact_id = ?",
            [(goal, list_id, contact) for contact, list_id in pairs],
        )

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

    def claim(self, goal: str, contacts: Iterable[int]) -> None:
        """These contacts belong to somebody in the goal's segment."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO claim VALUES (?, ?)", [(number, one) for one in contacts]
            )

    def claims(self, goal: str) -> Iterator[Sequence[int]]:
        """The contacts the goal claims, some hundreds at a time."""
        yield from self._contacts_in("claim", self._database.goal_number(goal))

    def release(self, goal: str, contacts: Iterable[int]) -> None:
        """Claim these contacts no longer."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM claim WHERE goal = ? AND contact_id = ?",
                [(number, one) for one in contacts],
            )

    def claimed(self, goal: str, contacts: Iterable[int]) -> set[int]:
        """Those of the contacts that the goal claims."""
        rows = self._database.rows_in(
            "SELECT contact_id FROM claim WHERE goal = ? AND contact_id IN (?)",
            [self._database.goal_number(goal)],
            contacts,
        )
        return {contact for (contact,) in rows}

    # whom complete listings have shown

    def remember_shown(self, goal: str, segment: str, contacts: Iterable[int]) -> None:
        """A complete listing of this segment has shown these contacts.

        What another segment has shown to the goal is forgotten.
        """
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            if self._shown_segment(number) != segment:
                db.execute("DELETE FROM shown WHERE goal = ?", (number,))
                db.execute("UPDATE goal SET shown_segment = ? WHERE number = ?", (segment, number))
            db.executemany(
                "INSERT OR IGNORE INTO shown VALUES (?, ?)", [(number, one) for one in contacts]
            )

    def shown(self, goal: str, segment: str) -> Iterator[Sequence[int]]:
        """The contacts that complete listings of this segment have shown, in portions.

        Without those whose leaving was dealt with since. The ledger may be changed between two
        portions.
        """
        number = self._database.goal_number(goal)
        if self._shown_segment(number) != segment:
            return
        yield from self._contacts_in("shown", number)

    def _contacts_in(self, table: str, goal: int) -> Iterator[Sequence[int]]:
        """A goal's contacts of a table by rising id, some hundreds at a time."""
        after = -1
        while True:
            rows = self._database.execute(
                f"SELECT contact_id FROM {table} WHERE goal = ? AND contact_id > ? "  # noqa: S608
                "ORDER BY contact_id LIMIT ?",
                (goal, after, _MEMBERS_AT_ONCE),
            ).fetchall()
            if not rows:
                return
            yield [contact for (contact,) in rows]
            after = rows[-1][0]

    def drop_shown(self, goal: str, contacts: Iterable[int]) -> None:
        """The leaving of these contacts has been dealt with."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            self._drop_shown(db, number, contacts)

    def keep_shown_of(self, goals: Iterable[str]) -> None:
        """Forget whom listings have shown to any other goal."""
        kept = list(goals)
        marks = ",".join("?" * len(kept))
        self._database.execute(
            "DELETE FROM shown WHERE goal NOT IN "  # noqa: S608
            f"(SELECT number FROM goal WHERE id IN ({marks}))",
            kept,
        )

    @staticmethod
    def _drop_shown(db: sqlite3.Connection, number: int, contacts: Iterable[int]) -> None:
        db.executemany(
            "DELETE FROM shown WHERE goal = ? AND contact_id = ?",
            [(number, contact) for contact in contacts],
        )

    def _shown_segment(self, number: int) -> str | None:
        found = self._database.one("SELECT shown_segment FROM goal WHERE number = ?", number)
        return None if found is None else str(found)
