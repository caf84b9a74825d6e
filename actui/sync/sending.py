"""Writing profiles and committing what BlueConic answered (design §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actui.model.errors import (
    CredentialsError,
    GoalError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    UnreachableError,
)
from actui.model.journal import Done, SumKey, SumSend
from actui.model.people import WriteResult
from actui.model.run import Outcome, Reason, Record
from actui.sync.entries import Entry
from actui.sync.goalrun import GoalRun
from actui.sync.receipts import Receipts, with_receipt

ATTEMPTS = 3
"""How often a write whose answer was lost is sent again, where that cannot double anything."""

_NOT_APPLIED = (RefusedError, CredentialsError, UnreachableError, RetriableError)
"""Failures after which it is sure that nothing of the request was applied."""

_STATES: dict[str, tuple[Outcome, Reason | None]] = {
    "CREATED": (Outcome.CREATED, None),
    "MODIFIED": (Outcome.UPDATED, None),
    "UNCHANGED": (Outcome.UNCHANGED, None),
    "NOTFOUND": (Outcome.SKIPPED, Reason.NO_MATCH),
    "CONSENT_MISMATCH": (Outcome.SKIPPED, Reason.NO_CONSENT),
    "UNAUTHORIZED": (Outcome.REJECTED, Reason.NOT_AUTHORIZED),
}
_ACCEPTED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


class ProfileSender:
    """Sends entries of one goal; every answer is committed before the next request.

    `changed_before` are contacts whose entry of this very run turned out to have been applied
    although its answer was lost: nothing left to change there is still an update.
    """

    def __init__(self, goal_run: GoalRun, receipts: Receipts) -> None:
        self._run = goal_run
        self._receipts = receipts
        self._objectives = [o.id or o.name for o in goal_run.connection.objectives]
        self.changed_before: set[int] = set()

    async def send(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Write entries; those with a Sum whose answer was lost are returned, now held.

        A lost answer is no trouble for Set, Set if empty and Add, which are sent again; an entry
        with a Sum is never sent a second time without knowing. Raises GoalError when answers are
        lost time and again, and what the client raises.
        """
        journal = self._receipts.journal(entries)
        rest, lost = list(entries), list[Entry]()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                while rest:
                    results = await self._write(rest, journal)
                    self._acknowledge(rest[: len(results)], results)
                    rest = rest[len(results) :]
            except LostAnswerError as error:
                summing = [entry for entry in rest if entry.has_increment]
                self._receipts.lost(journal[entry.contact.id] for entry in summing)
                lost += summing
                rest = [entry for entry in rest if not entry.has_increment]
                if attempt == ATTEMPTS and rest:
                    raise GoalError(
                        f"BlueConic's answers were lost {ATTEMPTS} times running: {error.message}"
                    ) from error
            except _NOT_APPLIED:
                self._run.ledger.drop_sums(e.contact.id for e in rest if e.has_increment)
                raise
            if not rest:
                break
        return lost

    async def _write(
        self, entries: Sequence[Entry], journal: Mapping[int, SumSend]
    ) -> Sequence[WriteResult]:
        writes = [
            replace(entry.write, writes=tuple(with_receipt(entry, journal[entry.contact.id])))
            if entry.has_increment
            else entry.write
            for entry in entries
        ]
        results = await self._run.blueconic.write_profiles(writes, objectives=self._objectives)
        if not results:
            raise GoalError("BlueConic took none of the profiles sent to it.")
        return results

    def _acknowledge(self, entries: Sequence[Entry], results: Sequence[WriteResult]) -> None:
        records: list[tuple[str, Record, bytes | None]] = []
        sums: dict[SumKey, str] = {}
        imported: list[str] = []
        for entry, result in zip(entries, results, strict=True):
            record = self._outcome(entry, result)
            accepted = record.outcome in _ACCEPTED
            records.append(
                (str(entry.contact.id), record, entry.fingerprint.today if accepted else None)
            )
            sums.update(_added(entry, result))
            if accepted and record.profile_id:
                imported.append(record.profile_id)
        settled = [entry.contact.id for entry in entries if entry.has_increment]
        self._run.commit(Done(records=records, sums=sums, settled=settled, imported=imported))

    def _outcome(self, entry: Entry, result: WriteResult) -> Record:
        if result.complaints:
            said = "; ".join(result.complaints)
            if entry.has_increment and _is_taken(result) and not result.complained_about:
                return plain_record(entry, Outcome.UNKNOWN, Reason.UNRESOLVED, said)
            return plain_record(entry, Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC, said)
        outcome, reason = _STATES.get(
            result.state, (Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC)
        )
        if outcome is Outcome.UNCHANGED and entry.contact.id in self.changed_before:
            outcome = Outcome.UPDATED
        detail = result.state if outcome is Outcome.REJECTED else ""
        if reason is Reason.NO_MATCH:
            detail = entry.barred
        return plain_record(entry, outcome, reason, detail, result.profile_id)


def _is_taken(result: WriteResult) -> bool:
    """Whether the entry was applied, perhaps without the values complained about."""
    outcome, _ = _STATES.get(result.state, (Outcome.REJECTED, None))
    return outcome in _ACCEPTED


def _added(entry: Entry, result: WriteResult) -> Mapping[SumKey, str]:
    """The Sum values that BlueConic has now; a refused property was not added to.

    Complaints that name no property leave every value open: none of them is sent again.
    """
    if not _is_taken(result):
        return {}
    return {
        key: value
        for key, value in entry.sums.items()
        if key.property not in result.complained_about
    }


def plain_record(
    entry: Entry,
    outcome: Outcome,
    reason: Reason | None = None,
    detail: str = "",
    profile_id: str | None = None,
) -> Record:
    """An outcome of the entry's contact."""
    contact = entry.contact
    return Record(outcome, reason, detail, contact.id, profile_id, contact.email, entry.omitted)
