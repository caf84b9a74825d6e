"""What an acknowledged batch changes, in one transaction (store/README.md §3)."""

from __future__ import annotations

from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome
from store.ledger.batches import finish_batch
from store.ledger.blocks import finish_block
from store.ledger.database import LedgerDatabase
from store.ledger.links import put_links
from store.ledger.list_changes import end_list_changes
from store.ledger.memberships import put_memberships, put_newcomers, put_refused_leaving
from store.ledger.outcomes import drop_outcomes, put_outcomes
from store.ledger.people import put_accepted, put_exchanged, put_fingerprints, put_people
from store.ledger.rechecks import put_recheck_mark
from store.ledger.refusals import put_refusals
from store.ledger.resubscriptions import finish_resubscribing
from store.ledger.runs import put_goal_summary
from store.ledger.shown_contacts import drop_shown
from store.ledger.sums import put_sums, settle_sums


class CommitWriter:
    """Joins the statements of the ledger's parts into the one transaction of a batch."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def write(self, run: str, goal: str, done: BatchCommit, summary: GoalSummary) -> None:
        """Make everything that an acknowledged batch changes durable, or nothing.

        `summary` holds the goal's counts with the batch. Raises what a transaction may raise.
        """
        run_number = self._database.run_number(run)
        goal_number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            config = self._database.config_number(goal_number, done.config)
            put_people(db, run_number, goal_number, done.records, config)
            put_outcomes(db, run_number, goal_number, done.records)
            put_sums(db, done.sums)
            settle_sums(db, done.settled)
            put_exchanged(db, done.imported, done.exported)
            put_links(db, done.links)
            put_fingerprints(db, goal_number, done.remarked)
            put_accepted(db, run_number, goal_number, done.accepted, config)
            put_refusals(db, goal_number, done)
            drop_outcomes(db, run_number, goal_number, _replaced(done))
            drop_shown(db, goal_number, done.export.outside)
            put_memberships(db, goal_number, done.export)
            finish_resubscribing(db, done.export.resubscribed)
            end_list_changes(db, goal_number, done.export.ended)
            put_refused_leaving(db, goal_number, done.export)
            put_newcomers(db, goal_number, done.export.newcomers, done.export.learned)
            if done.recheck is not None:
                put_recheck_mark(db, run_number, goal, done.recheck)
            if done.finished_block is not None:
                finish_block(db, run_number, goal_number, done.finished_block)
            if done.finished_batch is not None:
                finish_batch(db, done.finished_batch)
            put_goal_summary(db, run_number, goal_number, summary, done=False)


def _replaced(done: BatchCommit) -> list[str]:
    """Who had another outcome in this run and is unchanged now, which leaves none behind."""
    return [
        key
        for key, record, _ in done.records
        if key in done.replaced and record.outcome is Outcome.UNCHANGED
    ]
