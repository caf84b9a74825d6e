"""What Sums remember, and the journal that makes each exactly once (sync/README.md §4)."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from actui.model.journal import SumKey, SumSend
from store.ledger.database import LedgerDatabase

_RECEIPTS = "sum-receipts"
_LAST_STAMP = "sum-stamp"
_WRITER = "receipt-writer"


class Sums:
    """Values last added, and entries whose fate is not known."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def added(self, keys: Iterable[SumKey]) -> Mapping[SumKey, str]:
        """The values last added; a renamed or copied goal finds them too."""
        wanted = set(keys)
        rows = self._database.rows_in(
            "SELECT contact_id, field, property, value FROM sum WHERE contact_id IN (?)",
            [],
            {key.contact_id for key in wanted},
        )
        found = {SumKey(contact, field, name): value for contact, field, name, value in rows}
        return {key: value for key, value in found.items() if key in wanted}

    def journal(self, sends: Sequence[SumSend], *, last_stamp: int = 0) -> None:
        """Write entries down, durably, before they are sent.

        `last_stamp` is the highest stamp of their receipts; the highest ever is kept.
        """
        rows = [
            (
                send.contact_id,
                send.receipt,
                json.dumps([[k.field, k.property, value] for k, value in send.sums.items()]),
                json.dumps(send.matching),
                send.profile_id,
                send.sent_at,
            )
            for send in sends
        ]
        with self._database.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO sum_send VALUES (?, ?, ?, ?, ?, ?)", rows)
            db.execute(
                "INSERT OR REPLACE INTO fact VALUES (?, ?)",
                (_LAST_STAMP, str(max(last_stamp, self.last_stamp()))),
            )

    def last_stamp(self) -> int:
        """The highest stamp of any receipt so far, 0 before the first."""
        return int(self._database.one("SELECT value FROM fact WHERE name = ?", _LAST_STAMP) or 0)

    def receipt_writer(self) -> str:
        """Hexadecimal digits that the receipts of this ledger have in common, and no other's."""
        self._database.execute(
            "INSERT OR IGNORE INTO fact VALUES (?, ?)", (_WRITER, secrets.token_hex(4))
        )
        return str(self._database.one("SELECT value FROM fact WHERE name = ?", _WRITER))

    def change_receipt_writer(self) -> None:
        """A copy of this ledger may be writing too: from now on its receipts are not ours."""
        self._database.execute("DELETE FROM fact WHERE name = ?", (_WRITER,))

    def pending(self) -> Sequence[SumSend]:
        """Entries that were written down and never settled, by contact id."""
        rows = self._database.execute(
            "SELECT contact_id, receipt, sums, matching, profile, sent_at FROM sum_send "
            "ORDER BY contact_id"
        )
        return [
            SumSend(
                contact_id=contact_id,
                receipt=receipt,
                sums={SumKey(contact_id, name, to): value for name, to, value in json.loads(sums)},
                matching=tuple(
                    tuple((name, value) for name, value in group) for group in json.loads(matching)
                ),
                profile_id=profile,
                sent_at=sent_at,
            )
            for contact_id, receipt, sums, matching, profile, sent_at in rows
        ]

    def drop(self, contact_ids: Iterable[int]) -> None:
        """Forget entries, by their contacts, that were surely not applied."""
        with self._database.transaction() as db:
            settle_sums(db, contact_ids)

    def leaves_receipts(self) -> bool:
        """Whether this ledger has begun to add Sums to its BlueConic tenant."""
        return self._database.one("SELECT 1 FROM fact WHERE name = ?", _RECEIPTS) is not None

    def begin_receipts(self) -> None:
        """From now on receipts in the tenant may be this ledger's."""
        self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, '1')", (_RECEIPTS,))


def put_sums(db: sqlite3.Connection, sums: Mapping[SumKey, str]) -> None:
    """Remember values that were added. Call it in a transaction."""
    db.executemany(
        "INSERT OR REPLACE INTO sum VALUES (?, ?, ?, ?)",
        [(k.contact_id, k.field, k.property, value) for k, value in sums.items()],
    )


def settle_sums(db: sqlite3.Connection, contact_ids: Iterable[int]) -> None:
    """What became of the entries of these contacts is known. Call it in a transaction."""
    db.executemany("DELETE FROM sum_send WHERE contact_id = ?", [(one,) for one in contact_ids])
