"""Taking one person out of a ledger (store/README.md §6)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence

from actui.model.addresses import canonical
from store.forgotten import without_address
from store.ledger.database import LedgerDatabase
from store.ledger.keys import Packed, pack, unpack

_TEXTS = (
    ("goal_run", "summary"),
    ("progress", "snapshot"),
    ("run_fact", "value"),
    ("outcome", "detail"),
    ("omitted", "detail"),
    ("refused", "detail"),
    ("refused_leaving", "detail"),
)


class Erasure:
    """Finds a person by e-mail address and removes them by every key that leads to them."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def known_as(self, email: str) -> tuple[set[int], set[str]]:
        """The contacts and profiles that a person has been, as far as this ledger knows."""
        wanted = canonical(email)
        keys: set[Packed] = set()
        for query in (
            "SELECT id FROM contact WHERE ? IN (email, canonical)",
            "SELECT contact_id FROM outcome WHERE canonical(email) = ?",
            "SELECT profile FROM outcome WHERE canonical(email) = ?",
            "SELECT contact_id FROM omitted WHERE canonical(email) = ?",
            "SELECT profile FROM omitted WHERE canonical(email) = ?",
            "SELECT profile FROM newcomer WHERE canonical(email) = ?",
            "SELECT key FROM refused WHERE canonical(email) = ?",
            "SELECT contact_id FROM refused WHERE canonical(email) = ?",
        ):
            keys.update(
                key for (key,) in self._database.execute(query, (wanted,)) if key is not None
            )
        for query in (
            "SELECT profile FROM link WHERE contact_id IN (?)",
            "SELECT contact_id FROM link WHERE profile IN (?)",
        ):
            keys.update(key for (key,) in self._database.rows_in(query, [], keys.copy()))
        return (
            {key for key in keys if isinstance(key, int)},
            {unpack(key) for key in keys if not isinstance(key, int)},
        )

    def spellings_of(self, email: str) -> set[str]:
        """The ways in which this ledger spells an address."""
        queries = (
            "SELECT coalesce(spelling, email) FROM contact WHERE ? IN (email, canonical)",
            "SELECT DISTINCT email FROM outcome WHERE canonical(email) = ?",
            "SELECT email FROM omitted WHERE canonical(email) = ?",
            "SELECT email FROM newcomer WHERE canonical(email) = ?",
        )
        wanted = canonical(email)
        return {one for query in queries for (one,) in self._database.execute(query, (wanted,))}

    def erase(
        self, email: str, contacts: set[int], profiles: set[str], strip: Callable[[str], str]
    ) -> int:
        """Remove a person; how many rows that took. `strip` takes them out of a batch's journal.

        What a run that can be continued has seen stays until it ends: ids alone, which keep its
        counts right. Deleted bytes are overwritten.
        """
        wanted, before = canonical(email), self._database.connection.total_changes
        spelled = {email, *self.spellings_of(email)}
        packed = [pack(profile) for profile in profiles]
        keys: list[Packed] = [*contacts, *packed]
        self._database.connection.create_function(
            "redacted", 1, lambda text: text and without_address(text, *spelled)
        )
        self._database.execute("PRAGMA secure_delete = ON")
        rows: list[tuple[str, str, Sequence[Packed]]] = [
            ("person", "key", keys),
            ("refused", "key", keys),
            ("refused", "contact_id", list(contacts)),
            ("outcome", "key", keys),
            ("outcome", "contact_id", list(contacts)),
            ("outcome", "profile", keys),
            ("omitted", "key", keys),
            ("omitted", "contact_id", list(contacts)),
            ("omitted", "profile", keys),
            ("exchanged", "profile", keys),
            ("link", "profile", keys),
            ("newcomer", "profile", keys),
            *(
                (table, "contact_id", list(contacts))
                for table in (
                    *("link", "membership", "resubscribed", "list_change"),
                    *("claim", "shown", "refused_leaving"),
                    *("contact_value", "touch", "sum", "sum_send"),
                )
            ),
        ]
        with self._database.transaction() as db:
            for table, column, values in rows:
                if table == "outcome":
                    self._keep_counted(db, f"{column} IN ({','.join('?' * len(values))})", values)
            self._keep_counted(db, "canonical(email) = ?", [wanted])
            for table, column, values in rows:
                marks = ",".join("?" * len(values))
                db.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", list(values))  # noqa: S608
            for table in ("outcome", "omitted", "newcomer", "refused"):
                db.execute(f"DELETE FROM {table} WHERE canonical(email) = ?", (wanted,))  # noqa: S608
            marks = ",".join("?" * len(contacts))
            # the index still counts the contact, or it would be read anew
            db.execute(
                "UPDATE contact SET email = '', spelling = NULL, canonical = NULL, "  # noqa: S608
                f"lists = '', erased = 1 WHERE ? IN (email, canonical) OR id IN ({marks})",
                [wanted, *contacts],
            )
            for table, column in _TEXTS:
                db.execute(
                    f"UPDATE {table} SET {column} = redacted({column}) "  # noqa: S608
                    f"WHERE {column} <> redacted({column})"
                )
            open_ = "SELECT number, profiles, payload FROM batch WHERE state <> 'done'"
            for number, listed, payload in db.execute(open_).fetchall():
                kept = [one for one in json.loads(listed) if one not in profiles]
                left = strip(payload)
                if left != payload or len(kept) < len(json.loads(listed)):
                    db.execute(
                        "UPDATE batch SET profiles = ?, payload = ? WHERE number = ?",
                        (json.dumps(kept), left, number),
                    )
        self._database.checkpoint()
        return self._database.connection.total_changes - before

    @staticmethod
    def _keep_counted(db: sqlite3.Connection, condition: str, values: Sequence[Packed]) -> None:
        """Keep how people ended in the open run, whose outcomes are about to be removed."""
        db.execute(
            "UPDATE seen SET outcome = line.outcome, reason = line.reason FROM "  # noqa: S608
            f"(SELECT goal, key, outcome, reason FROM outcome WHERE ({condition}) "
            "AND run = (SELECT max(number) FROM run)) AS line "
            "WHERE seen.goal = line.goal AND seen.key = line.key",
            list(values),
        )
