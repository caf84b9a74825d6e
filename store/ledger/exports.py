"""What exports need: the batch journal, the contact index, links and memberships."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from actui.model.addresses import canonical
from actui.model.goals import ListStatus
from actui.model.journal import Batch, Indexed
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack

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


class Exports:
    """Batches on their way, and who is who in ActiveCampaign."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def journal_batch(
        self,
        run: str,
        goal: str,
        profiles: Sequence[str],
        payload: str,
        sent_at: float,
        *,
        config: str = "",
    ) -> int:
        """Write a batch down, durably, before it is sent; its number.

        `config` is the digest of the goal that it is sent with.
        """
        run_number, number = self._database.run_number(run), self._database.goal_number(goal)
        with self._database.transaction() as db:
            row = db.execute(
                "INSERT INTO batch (run, goal, state, batch_id, profiles, payload, sent_at, config)"
                " VALUES (?, ?, 'sending', '', ?, ?, ?, ?) RETURNING number",
                (
                    run_number,
                    number,
                    json.dumps(list(profiles)),
                    payload,
                    sent_at,
                    self._database.config_number(number, config),
                ),
            ).fetchone()
        return int(row[0])

    def batch_queued(self, run: str, goal: str, number: int, batch_id: str) -> None:
        """ActiveCampaign has taken a batch under this id."""
        self._database.execute(
            "UPDATE batch SET state = 'queued', batch_id = ? WHERE number = ?", (batch_id, number)
        )

    def drop_batch(self, run: str, goal: str, number: int) -> None:
        """A batch was surely not taken, or is replaced by another."""
        self._database.execute("DELETE FROM batch WHERE number = ?", (number,))

    def open_batches(self, run: str, goal: str) -> Sequence[Batch]:
        """Batches that are not done, oldest first; those of runs that were given up too."""
        number = self._database.run_number(run)
        rows = self._database.execute(
            "SELECT batch.number, state, batch_id, profiles, payload, sent_at, run, "
            "configuration.config FROM batch "
            "LEFT JOIN configuration ON configuration.number = batch.config "
            "WHERE batch.goal = ? AND state <> 'done' ORDER BY batch.number",
            (self._database.goal_number(goal),),
        )
        return [
            Batch(
                id_,
                state,
                batch_id,
                tuple(json.loads(profiles)),
                payload,
                sent_at,
                of_this_run=of == number,
                config=config or "",
            )
            for id_, state, batch_id, profiles, payload, sent_at, of, config in rows
        ]

    def index_contacts(self, contacts: Iterable[Indexed]) -> None:
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

    def indexed(self, emails: Iterable[str]) -> Mapping[str, Sequence[Indexed]]:
        """Contacts by the canonical form of their e-mail address."""
        found: dict[str, list[Indexed]] = {}
        wanted = list(emails)
        for column in ("email", "canonical"):
            for one in self._indexed(f"{_INDEXED} WHERE {column} IN (?)", wanted):
                found.setdefault(canonical(one.email), []).append(one)
        return found

    def indexed_ids(self, ids: Iterable[int]) -> Mapping[int, Indexed]:
        """Contacts by id."""
        return {one.contact_id: one for one in self._indexed(f"{_INDEXED} WHERE id IN (?)", ids)}

    def indexed_values(self, field: str, values: Iterable[str]) -> Mapping[str, Sequence[int]]:
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

    def index_size(self) -> int:
        """How many contacts the index holds, erased ones included."""
        return int(self._database.one("SELECT count(*) FROM contact"))

    def index_fact(self, name: str) -> str | None:
        """Something kept about the index."""
        found = self._database.one("SELECT value FROM fact WHERE name = ?", _INDEX_FACT + name)
        return None if found is None else str(found)

    def set_index_fact(self, name: str, value: str | None) -> None:
        """Keep something about the index."""
        self._database.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)", (_INDEX_FACT + name, value)
        )

    def clear_index(self) -> None:
        """Forget all contacts and everything kept about the index."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM contact")
            db.execute("DELETE FROM contact_value")
            db.execute("DELETE FROM fact WHERE name LIKE ?", (_INDEX_FACT + "%",))

    def links(self, profiles: Iterable[str]) -> Mapping[str, int]:
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
