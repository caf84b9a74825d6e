"""Contacts that export goals of other connections keep on a list (sync/README.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from actui.model.connection import Connection, origin
from actui.model.goals import ExportGoal
from store.ledger import SqliteLedger

LedgerOf = Callable[[Connection], AbstractContextManager[SqliteLedger] | None]
"""Opens a connection's ledger for the length of a block; None if it has none."""


def others_on_account(connection: Connection, stored: Iterable[Connection]) -> list[Connection]:
    """The other connections that are switched on and export to the same account."""
    account = origin(connection.activecampaign.url)
    return [
        other
        for other in stored
        if other.id != connection.id
        and other.enabled
        and other.exports()
        and origin(other.activecampaign.url) == account
    ]


def claimed_by(
    others: Iterable[Connection], ledger_of: LedgerOf, list_id: int, contacts: Iterable[int]
) -> set[int] | None:
    """The contacts that goals of these connections claim for a list.

    None if one of those goals has not yet read its whole segment, so that its claims are unknown.
    """
    found: set[int] = set()
    asked = list(contacts)
    for other in others:
        goals = [goal for goal in other.exports() if _is_on(goal, list_id)]
        if not goals:
            continue
        opened = ledger_of(other)
        if opened is None:
            return None
        with opened as ledger:
            for goal in goals:
                if ledger.goals.state(goal.id).watermark is None:
                    return None
                found |= ledger.claims.among(goal.id, asked)
    return found


def _is_on(goal: ExportGoal, list_id: int) -> bool:
    """Whether a goal is about a list; one that is named and not resolved yet may be this one."""
    return any(named.id is None or named.id == str(list_id) for named in goal.lists)
