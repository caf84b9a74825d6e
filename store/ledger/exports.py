"""What exports need: the batch journal, the contact index, links and memberships."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from actui.model.goals import ListStatus
from actui.model.journal import Batch, Indexed
from store.ledger.base import Base
from store.ledger.keys import pack, unpack

_LETTERS = {
    ListStatus.UNCONFIRMED: "0",
    ListStatus.ACTIVE: "1",
    ListStatus.UNSUBSCRIBED: "2",
    ListStatus.BOUNCED: "3",
}
_STATUSES = {letter: status for status, letter in _LETTERS.items()}
_INDEX_FACT = "index:"


class Exports(Base):
    """Batches on their way, and who is who in ActiveCampaign."""

    def journal_batch(
        self, run: str, goal: str, profiles: Sequence[str], payload: str, sent_at: float
    ) -> int:
        """Write a batch down, durably, before it is sent; its number."""
        with self._transaction() as db:
            row = db.execute(
                "INSERT INTO batch (run, goal, state, batch_id, profiles, payload, sent_at) "
                "VALUES (?, ?, 'sending', '', ?, ?, ?) RETURNING number",
                (self._run(run), self._goal(goal), json.dumps(list(profiles)), payload, sent_at),
            ).fetchone()
        return int(row[0])

    def batch_queued(self, run: str, goal: str, number: int, batch_id: str) -> None:
        """ActiveCampaign has taken a batch under this id."""
        self._db.execute(
            "UPDATE batch SET state = 'queued', batch_id = ? WHERE number = ?", (batch_id, number)
        )

    def drop_batch(self, run: str, goal: str, number: int) -> None:
        """A batch was surely not taken, or is replaced by another."""
        self._db.execute("DELETE FROM batch WHERE number = ?", (number,))

    def open_batches(self, run: str, goal: str) -> Sequence[Batch]:
        """Batches that are not done, oldest first."""
        rows = self._db.execute(
            "SELECT number, state, batch_id, profiles, payload, sent_at FROM batch "
            "WHERE run = ? AND goal = ? AND state <> 'done' ORDER BY number",
            (self._run(run), self._goal(goal)),
        )
        return [
            Batch(number, state, batch_id, tuple(json.loads(profiles)), payload, sent_at)
            for number, state, batch_id, profiles, payload, sent_at in rows
        ]

    def index_contacts(self, contacts: Iterable[Indexed], *, erased: Iterable[int] = ()) -> None:
        """Remember contacts as they were just read, and forget erased ones."""
        rows = [(c.contact_id, c.email, _packed(c.lists)) for c in contacts]
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO contact VALUES (?, ?, ?)", rows)
            db.executemany("DELETE FROM contact WHERE id = ?", [(id_,) for id_ in erased])

    def indexed(self, emails: Iterable[str]) -> Mapping[str, Sequence[Indexed]]:
        """Contacts by lower-case e-mail."""
        found: dict[str, list[Indexed]] = {}
        for contact_id, email, lists in self._where_key_in(
            "SELECT id, email, lists FROM contact WHERE email IN (?)", [], emails
        ):
            found.setdefault(email, []).append(Indexed(contact_id, email, _unpacked(lists)))
        return found

    def index_fact(self, name: str) -> str | None:
        """Something kept about the index."""
        found = self._one("SELECT value FROM fact WHERE name = ?", _INDEX_FACT + name)
        return None if found is None else str(found)

    def set_index_fact(self, name: str, value: str | None) -> None:
        """Keep something about the index."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_INDEX_FACT + name, value))

    def clear_index(self) -> None:
        """Forget all contacts and everything kept about the index."""
        with self._transaction() as db:
            db.execute("DELETE FROM contact")
            db.execute("DELETE FROM fact WHERE name LIKE ?", (_INDEX_FACT + "%",))

    def links(self, profiles: Iterable[str]) -> Mapping[str, int]:
        """The contact each profile was last exported to."""
        rows = self._where_key_in(
            "SELECT profile, contact_id FROM link WHERE profile IN (?)",
            [],
            (pack(profile) for profile in profiles),
        )
        return {unpack(profile): contact_id for profile, contact_id in rows}

    def memberships(self, goal: str, list_id: int) -> set[int]:
        """The contacts a goal has put on a list."""
        rows = self._db.execute(
            "SELECT contact_id FROM membership WHERE goal = ? AND list = ?",
            (self._goal(goal), list_id),
        )
        return {contact_id for (contact_id,) in rows}


def _packed(lists: Mapping[int, ListStatus]) -> str:
    return " ".join(f"{id_}{_LETTERS[status]}" for id_, status in sorted(lists.items()))


def _unpacked(text: str) -> dict[int, ListStatus]:
    return {int(part[:-1]): _STATUSES[part[-1]] for part in text.split()}
