"""ActiveCampaign's contacts as they were last read: the tables `contact` and `contact_value`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from actui.model.addresses import canonical
from actui.model.goals import ListStatus
from actui.model.journal import Indexed
from store.ledger.database import LedgerDatabase

_LETTERS = {
    ListStatus.UNCONFIRMED: "0",
    ListStatus.ACTIVE: "1",
    ListStatus.UNSUBSCRIBED: "2",
    ListStatus.BOUNCED: "3",
    ListStatus.UNREADABLE: "?",
}
_STATUSES = {letter: status for status, letter in _LETTERS.items()}
_INDEX_FACT = "index:"
_INDEXED = "SELECT id, coalesce(spelling, email), lists, erased, hard_bounces FROM contact"


class ContactIndex:
    """Who is who in ActiveCampaign, by e-mail address, contact id or value of a linked field."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def save(self, contacts: Iterable[Indexed]) -> None:
        """Remember contacts as they were just read."""
        found = list(contacts)
        ids = [(one.contact_id,) for one in found]
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO contact "
                "(id, lists, erased, hard_bounces, email, spelling, canonical) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (c.contact_id, _packed(c), c.erased, c.hard_bounces, *_forms(c.email))
                    for c in found
                ],
            )
            db.executemany("DELETE FROM contact_value WHERE contact_id = ?", ids)
            db.executemany(
                "INSERT OR IGNORE INTO contact_value VALUES (?, ?, ?)",
                [(name, v, c.contact_id) for c in found for name, v in c.values.items() if v],
            )

    def by_email(self, emails: Iterable[str]) -> Mapping[str, Sequence[Indexed]]:
        """Contacts by the canonical form of their e-mail address."""
        found: dict[str, list[Indexed]] = {}
        wanted = list(emails)
        for column in ("email", "canonical"):
            for one in self._indexed(f"{_INDEXED} WHERE {column} IN (?)", wanted):
                found.setdefault(canonical(one.email), []).append(one)
        return found

    def by_id(self, ids: Iterable[int]) -> Mapping[int, Indexed]:
        """Contacts by id."""
        return {one.contact_id: one for one in self._indexed(f"{_INDEXED} WHERE id IN (?)", ids)}

    def by_value(self, field: str, values: Iterable[str]) -> Mapping[str, Sequence[int]]:
        """Contact ids by the value of a linked field."""
        found: dict[str, list[int]] = {}
        for value, contact in self._database.rows_in(
            "SELECT value, contact_id FROM contact_value WHERE field = ? AND value IN (?)",
            [field],
            values,
        ):
            found.setdefault(value, []).append(contact)
        return found

    def _indexed(self, query: str, keys: Iterable[str | int]) -> list[Indexed]:
        rows = list(self._database.rows_in(query, [], keys))
        values: dict[int, dict[str, str]] = {}
        for contact, field, value in self._database.rows_in(
            "SELECT contact_id, field, value FROM contact_value WHERE contact_id IN (?)",
            [],
            [row[0] for row in rows],
        ):
            values.setdefault(contact, {})[field] = value
        return [
            Indexed(
                contact,
                email,
                _unpacked(lists),
                bool(erased),
                values.get(contact, {}),
                _unpacked_left(lists),
                bounces,
            )
            for contact, email, lists, erased, bounces in rows
        ]

    def size(self) -> int:
        """How many contacts the index holds, erased ones included."""
        return int(self._database.one("SELECT count(*) FROM contact"))

    def fact(self, name: str) -> str | None:
        """Something kept about the index."""
        found = self._database.one("SELECT value FROM fact WHERE name = ?", _INDEX_FACT + name)
        return None if found is None else str(found)

    def set_fact(self, name: str, value: str | None) -> None:
        """Keep something about the index."""
        self._database.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)", (_INDEX_FACT + name, value)
        )

    def clear(self) -> None:
        """Forget all contacts and everything kept about the index."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM contact")
            db.execute("DELETE FROM contact_value")
            db.execute("DELETE FROM fact WHERE name LIKE ?", (_INDEX_FACT + "%",))


def _forms(email: str) -> tuple[str, str | None, str | None]:
    """The columns `email`, `spelling` and `canonical` of an address."""
    lower, form = email.lower(), canonical(email)
    return lower, None if email == lower else email, None if form == lower else form


def _packed(contact: Indexed) -> str:
    """Each list's id and status, as `32`; one that was left has the Unix seconds behind an `@`."""
    return " ".join(
        f"{id_}{_LETTERS[status]}"
        + (f"@{int(contact.left[id_].timestamp())}" if id_ in contact.left else "")
        for id_, status in sorted(contact.lists.items())
    )


def _unpacked(text: str) -> dict[int, ListStatus]:
    parts = [part.partition("@")[0] for part in text.split()]
    return {int(part[:-1]): _STATUSES[part[-1]] for part in parts}


def _unpacked_left(text: str) -> dict[int, datetime]:
    parts = [part.partition("@") for part in text.split() if "@" in part]
    return {int(on[:-1]): datetime.fromtimestamp(int(at), UTC) for on, _, at in parts}
