"""The two accounts that a ledger is about (store/README.md §4)."""

from __future__ import annotations

from store.ledger.database import LedgerDatabase


class BoundAccounts:
    """The origins of the accounts, and whether anything is remembered of their people."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def origins(self) -> tuple[str, str] | None:
        """ActiveCampaign's and BlueConic's origin; None for a ledger that is not bound yet."""
        mine = self._database.one("SELECT value FROM fact WHERE name = 'activecampaign'")
        theirs = self._database.one("SELECT value FROM fact WHERE name = 'blueconic'")
        return None if mine is None or theirs is None else (str(mine), str(theirs))

    def bind(self, activecampaign: str, blueconic: str) -> None:
        """Make this ledger about two accounts, by their origins, and no others."""
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO fact VALUES (?, ?)",
                [("activecampaign", activecampaign), ("blueconic", blueconic)],
            )

    def has_met_anybody(self) -> bool:
        """Whether a run with these accounts has decided anything about a person, or sent it."""
        tables = ("person", "outcome", "batch", "sum_send", "membership", "newcomer")
        asked = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608
        return bool(self._database.one(f"SELECT {asked}"))
