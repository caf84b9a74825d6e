"""Detect a ledger that is older than the runs that were done with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.rollback import Doubt
from actui.model.run import RunState, RunSummary
from store.ledger import SqliteLedger

RESTORED = "restored"
"""The code of a run that was refused because its ledger may be incomplete."""


def place_of(file: Path) -> str:
    """What distinguishes a file from its copies: its inode, which a renamed file keeps.

    Without the device, whose number may change when the machine starts.
    """
    return str(file.stat().st_ino)


def last_with_goals(runs: Sequence[RunSummary]) -> RunSummary | None:
    """The newest run that started a goal, so that the ledger must know it."""
    return next((run for run in runs if run.goals), None)


def find_doubt(ledger: SqliteLedger, file: Path, runs: Sequence[RunSummary]) -> Doubt | None:
    """Why the ledger may not remember everything; None if nothing suggests that.

    `runs` is the history, newest first. Not detected: a whole disk or volume that was put back,
    with history and ledger from the same time.
    """
    if (kept := ledger.doubts.find()) is not None:
        return kept
    place = ledger.doubts.place()
    if place is not None and place != place_of(file):
        return Doubt(
            "Its ledger was copied here from elsewhere and may be older than its last run."
        )
    last = last_with_goals(runs)
    if last is None or last.run == ledger.doubts.follows():
        return None
    is_known = ledger.runs.has_ended if last.state is RunState.FINISHED else ledger.runs.knows
    if is_known(last.run):
        return None
    return Doubt(f"Its ledger does not know all of run {last.run}, which the run history shows.")


def settle_doubt(
    connection: Connection,
    goals: Sequence[ImportGoal | ExportGoal],
    ledger: SqliteLedger,
    file: Path,
    runs: Sequence[RunSummary],
    *,
    confirmed: bool,
) -> None:
    """Let a run of these goals begin, unless it has to be confirmed first.

    A doubt stays until a run is confirmed that has all the goals it touches. Raises ConfigError
    `restored` for a run that has some of them and is not confirmed.
    """
    doubt = find_doubt(ledger, file, runs)
    if doubt is not None:
        ledger.doubts.save(doubt)
        ledger.sums.change_receipt_writer()
        if not confirmed:
            refuse_doubt(connection, goals, doubt)
        everything: list[ImportGoal | ExportGoal] = [*connection.imports(), *connection.exports()]
        if confirmed and all(goal in goals for goal in everything if doubt.touches(goal)):
            ledger.doubts.save(None)
            if (last := last_with_goals(runs)) is not None:
                ledger.doubts.set_follows(last.run)
    ledger.doubts.set_place(place_of(file))


def refuse_doubt(
    connection: Connection, goals: Sequence[ImportGoal | ExportGoal], doubt: Doubt
) -> None:
    """Raise ConfigError `restored` if the doubt touches one of the goals."""
    names = doubt.names(goals)
    if not names:
        return
    raise ConfigError(
        f"'{connection.name}' may not remember all it has done. {doubt.why} A Sum could be added "
        f"twice, and people be resubscribed or unsubscribed who should not be, by {names}.",
        advice=f"Look at `actui preview '{connection.name}'`, then start the run with "
        "--confirm-restored; --goal runs the other goals without it.",
        code=RESTORED,
    )
