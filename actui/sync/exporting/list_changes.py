"""One change of a contact's row on a list, over the row that was read (sync/README.md §7).

A 1 over a 2 resubscribes (activecampaign.md §5.2), and any answer may be that of a proxy that lost
its upstream. So the request leaves once for each look: before it is sent again the row is read, and
over another row than before it is not sent. It is written down before it leaves, and ended in the
ledger once its fate is known, so that a run after a death knows what may have been done
(`settling`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from actui.model.errors import LostAnswerError, RefusedError, RetriableError, ServiceError
from actui.model.goals import ListStatus
from actui.model.memberships import ListChange, ListRow
from actui.model.records import Contact
from actui.sync.exporting.contact_looks import row_on
from actui.sync.run.goal_run import GoalRun

_MOST_LOST = 2
_MOST_DENIED = 3
"""Denials with a good key that are believed: single ones occur (activecampaign.md §1.2)."""
_MOST_BUSY = 8
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Changed:
    """The row after a change, None where there is none; `is_answered` if its own answer says so.

    Otherwise the row was read, and nobody knows who made it what it is.
    """

    row: ListRow | None
    is_answered: bool


async def change_row(
    run: GoalRun,
    pair: tuple[int, int],
    status: ListStatus,
    seen: ListRow,
    may_change: Callable[[Contact], bool],
) -> Changed:
    """Set the status of a (contact, list) whose row was `seen` just now.

    It is sent again only while the row is as it was and `may_change` says so of the contact. The
    row comes back unchanged where the answers to two attempts were lost: then the change stays open
    in the ledger, as it does where it is found made, for the caller to end it with what it commits.
    Raises RefusedError where
    the row is as it was after a refusal, and RetriableError where the service stays busy.
    """
    lost = 0
    for attempt in count(1):
        at = run.service_now().timestamp()
        run.ledger.list_changes.begin(run.goal.id, ListChange(*pair, status, at))
        try:
            return Changed(await run.activecampaign.set_list_status(*pair, status), True)
        except (LostAnswerError, RefusedError, RetriableError) as error:
            failure = error
        if isinstance(failure, RetriableError):
            # before the look, so that nothing happens between the look and the next attempt
            await run.stop.pause(_pause(failure, attempt))
        contact = await run.activecampaign.contact(pair[0])
        now = row_on(contact, pair[1])
        if now != seen or contact is None or not may_change(contact):
            return Changed(now, False)
        if _is_final(failure, attempt):
            run.ledger.list_changes.end(run.goal.id, *pair)
            raise failure
        lost += isinstance(failure, LostAnswerError)
        if lost == _MOST_LOST:
            return Changed(now, False)
        run.stop.check()
    raise AssertionError("the last attempt returns or raises")


def _pause(busy: RetriableError, attempt: int) -> float:
    return min(_LONGEST_PAUSE, 2.0**attempt) if busy.after is None else busy.after


def _is_final(error: ServiceError, attempt: int) -> bool:
    """Whether another attempt would end the same."""
    if isinstance(error, RefusedError):
        return error.status not in (401, 403) or attempt >= _MOST_DENIED
    return isinstance(error, RetriableError) and attempt >= _MOST_BUSY
