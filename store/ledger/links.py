"""Which profile was exported to which contact: the table `link`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack


class Links:
    """The contact that each profile was last exported to."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def contacts_of(self, profiles: Iterable[str]) -> Mapping[str, int]:
        """The contact each profile was last exported to."""
        rows = self._database.rows_in(
            "SELECT profile, contact_id FROM link WHERE profile IN (?)",
            [],
            (pack(profile) for profile in profiles),
        )
        return {unpack(profile): contact_id for profile, contact_id in rows}

    def profiles_of(self, contact_id: int) -> Sequence[str]:
        """The profiles that were last exported to a contact."""
        rows = self._database.execute(
            "SELECT profile FROM link WHERE contact_id = ?", (contact_id,)
        )
        return [unpack(profile) for (profile,) in rows]

    def profiles_of_all(self, contacts: Iterable[int]) -> Mapping[int, Sequence[str]]:
        """The same for many contacts; those without a profile are not in it."""
        found: dict[int, list[str]] = {}
        for contact, profile in self._database.rows_in(
            "SELECT contact_id, profile FROM link WHERE contact_id IN (?)", [], contacts
        ):
            found.setdefault(contact, []).append(unpack(profile))
        return found


def put_links(db: sqlite3.Connection, links: Mapping[str, int]) -> None:
    """Link profiles to contacts. Call it in a transaction."""
    db.executemany(
        "INSERT OR REPLACE INTO link VALUES (?, ?)",
        [(pack(profile), contact_id) for profile, contact_id in links.items()],
    )
