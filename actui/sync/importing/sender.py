"""Writing profiles and committing what BlueConic answered (sync/README.md §3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from actui.model.errors import (
    CredentialsError,
    GoalError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    UnreachableError,
)
from actui.model.goals import ImportGoal
from actui.model.journal import BatchCommit, PersonOutcome, Refusal, SumKey, SumSend
from actui.model.limits import WRITE_ENTRIES
from actui.model.omitted import Omitted, OmittedValues
from actui.model.records import WriteResult
from actui.model.run import ACCEPTED, Outcome, Reason, Record
from actui.sync.importing.entries import Entry
from actui.sync.importing.linked_profiles import LinkedProfiles, without_creating
from actui.sync.importing.sum_receipts import Receipts, with_receipt
from actui.sync.limits import WRITE_BYTES, entry_size
from actui.sync.portions import Portions, is_about_a_record, says_too_large
from actui.sync.refusals import Refusals
from actui.sync.run.goal_run import GoalRun

ATTEMPTS = 3
"""How often a write whose answer was lost is sent again, where that cannot double anything."""

_NOT_APPLIED = (RefusedError, CredentialsError, UnreachableError, RetriableError)
"""Failures after which it is sure that nothing of the request was applied."""

_MOST_LOSSES = 8
"""Requests with a Sum in a row that a busy or silent service may leave unanswered."""
_MOST_UNPROVEN = 10
"""Requests in a row that may be refused over a record before the request itself is at fault."""
_PARTS = 8
"""Each cut of a refused request costs the wait for its receipts, so there are few."""
_STRATEGY_REFUSED = "strategy-refused"

_NOT_FOUND = "NOTFOUND"
_STATES: dict[str, tuple[Outcome, Reason | None]] = {
    "CREATED": (Outcome.CREATED, None),
    "MODIFIED": (Outcome.UPDATED, None),
    "UNCHANGED": (Outcome.UNCHANGED, None),
    _NOT_FOUND: (Outcome.SKIPPED, Reason.NO_MATCH),
    "CONSENT_MISMATCH": (Outcome.SKIPPED, Reason.NO_CONSENT),
    "UNAUTHORIZED": (Outcome.REJECTED, Reason.NOT_AUTHORIZED),
}
_DOCUMENTED = {*_STATES, "SKIPPED", "RESTRICTION_MISMATCH", "DELETED"}
"""The states of the reference (blueconic.md §11)."""
_REFUSED_VALUE = "which BlueConic refused"
_UNNAMED = "BlueConic"
"""What a refused value is counted under where BlueConic does not name its property."""


@dataclass(frozen=True, slots=True)
class _Unfound:
    """Entries of linked contacts for which BlueConic found no profile: undecided."""

    linked: Collection[int] = ()
    entries: list[Entry] = field(default_factory=list)


class ProfileSender:
    """Sends entries of one goal; every answer is committed before the next request.

    `changed_before` are contacts whose entry of this very run turned out to have been applied
    although its answer was lost: nothing left to change there is still an update.
    """

    def __init__(
        self, goal_run: GoalRun, receipts: Receipts, refusals: Refusals, goal: ImportGoal
    ) -> None:
        self._run = goal_run
        self._linked = LinkedProfiles(goal_run, goal)
        self._receipts = receipts
        self._refusals = refusals
        self._objectives = goal_run.connection.objective_ids
        self._fields: dict[str, list[str]] = {}
        for mapping in goal.mappings:
            self._fields.setdefault(mapping.property, []).append(mapping.field)
        self._is_proven = False
        self._losses = 0
        """Requests with a Sum that BlueConic has not answered for, since the last that it has."""
        self._lost = Counter[int]()
        self._most: dict[int, int] = {}
        self.changed_before: set[int] = set()

    async def send(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Write entries; return those with a Sum that got no answer of their own, and hold them.

        A lost answer is no trouble for Set, Set if empty and Add, which are sent again; an entry
        with a Sum is never sent a second time without knowing, whatever status was answered. Where
        BlueConic refuses a whole request over one entry, that entry is rejected and the others are
        written. Raises GoalError when answers are lost time and again, and what the client raises.
        """
        linked = self._linked.of(entries)
        firsts = [without_creating(one) if one.contact.id in linked else one for one in entries]
        unfound = _Unfound(linked.keys())
        lost = await self._send_all(firsts, unfound)
        wanted = {entry.contact.id: entry for entry in entries}
        again = [wanted[one.contact.id] for one in unfound.entries]
        again = [await self._linked.matched(one, linked[one.contact.id]) for one in again]
        return [*lost, *await self._send_all(again, _Unfound())] if again else lost

    async def recheck(self, entries: Sequence[Entry]) -> None:
        """Write entries of people without a match; those who still have none get no outcome.

        Never creates. What `send` raises; entries with a Sum whose answer was lost stay in the
        journal, and the next run learns their fate.
        """
        never = [without_creating(entry) for entry in entries]
        await self._send_all(never, _Unfound({entry.contact.id for entry in entries}))

    async def _send_all(self, entries: Sequence[Entry], unfound: _Unfound) -> list[Entry]:
        journal = self._receipts.journal(entries)
        rest = list(entries)
        try:
            return await self._send(rest, journal, unfound)
        except (GoalError, *_NOT_APPLIED):
            self._run.ledger.sums.drop(e.contact.id for e in rest if e.has_increment)
            raise

    async def _send(
        self, rest: list[Entry], journal: Mapping[int, SumSend], unfound: _Unfound
    ) -> list[Entry]:
        """Write until `rest`, whose entries surely have not been written yet, is empty."""
        portions = Portions[Entry](WRITE_ENTRIES, is_proven=self._is_proven)
        lost, attempt = list[Entry](), 1
        while rest:
            part = rest[: self._together(rest[: _fitting(rest[: portions.size])])]
            try:
                results = await self._write(part, journal)
            except LostAnswerError as error:
                again, summing = _apart(part)
                self._receipts.lost(_sends(summing, journal), error.believed, len(part))
                lost += summing
                rest[: len(part)] = again
                if summing:
                    await self._after_loss(summing, error)
                if attempt >= ATTEMPTS and again:
                    raise GoalError(
                        f"BlueConic's answers were lost {ATTEMPTS} times running: {error.message}"
                    ) from error
                attempt += 1
            except RefusedError as refused:
                rest[: len(part)] = portions.refused(part, refused)
            else:
                again, summing = self._acknowledge(part, results, unfound)
                self._receipts.lost(_sends(summing, journal), together=len(part))
                lost += summing
                rest[: len(part)] = again
                portions.accepted()
                self._is_proven = True
                self._losses = 0
        self.reject(portions.at_fault())
        return lost

    def _together(self, entries: Sequence[Entry]) -> int:
        """How many of the first entries may be in one request, as far as refusals have shown."""
        most = len(entries)
        for number, entry in enumerate(entries):
            most = min(most, self._most.get(entry.contact.id, most))
            if number >= most:
                return number
        return most

    async def _after_loss(self, summing: Sequence[Entry], error: LostAnswerError) -> None:
        """Let a busy service rest, or give up where nothing but such answers come.

        What is raised says what the answers say. The entries stay in the journal, and the next run
        learns their fate.
        """
        self._losses += 1
        believed = error.believed
        if is_about_a_record(believed):
            # the request is cut into smaller ones once its entries are known to be absent
            if not self._is_proven and self._losses >= _MOST_UNPROVEN and believed is not None:
                raise believed
            return
        for entry in summing:
            self._lost[entry.contact.id] += 1
        is_over = max(self._lost[entry.contact.id] for entry in summing) >= ATTEMPTS
        if believed is not None and not isinstance(believed, RetriableError):
            if is_over or self._losses >= ATTEMPTS or believed.code == _STRATEGY_REFUSED:
                raise believed
            return
        if is_over or self._losses >= _MOST_LOSSES:
            raise GoalError(
                "BlueConic's answers were lost time and again; run it again to continue: "
                f"{error.message}",
                code="answers-lost",
            )
        after = believed.after if isinstance(believed, RetriableError) else 0.0
        await self._run.stop.pause(2.0**self._losses if after is None else after)

    def refused_together(self, contact_id: int, together: int) -> None:
        """An entry was refused in a request with so many: next time it goes with fewer."""
        self._most[contact_id] = max(1, together // _PARTS)

    @property
    def is_proven(self) -> bool:
        """Whether BlueConic has taken any request."""
        return self._is_proven

    def reject(self, refused: Sequence[tuple[Entry, RefusedError]]) -> None:
        """Entries for which BlueConic refused a whole request."""
        if not refused:
            return
        records: list[PersonOutcome] = []
        for entry, error in refused:
            too_large = says_too_large(error)
            reason = Reason.TOO_LARGE if too_large else Reason.REJECTED_BY_BLUECONIC
            record = plain_record(entry, Outcome.REJECTED, reason, error.detail)
            records.append(PersonOutcome(str(entry.contact.id), record, None))
        settled = [entry.contact.id for entry, _ in refused if entry.has_increment]
        marks = {str(entry.contact.id): self._refused(entry) for entry, _ in refused}
        self._run.commit(BatchCommit(records=records, settled=settled, refused=marks))

    async def _write(
        self, entries: Sequence[Entry], journal: Mapping[int, SumSend]
    ) -> Sequence[WriteResult]:
        writes = [
            replace(entry.write, writes=tuple(with_receipt(entry, journal[entry.contact.id])))
            if entry.has_increment
            else entry.write
            for entry in entries
        ]
        results = await self._run.blueconic.write_profiles(
            writes,
            objectives=self._objectives,
            once=any(entry.has_increment for entry in entries),
        )
        if not results:
            raise RefusedError("BlueConic took none of the profiles sent to it.", status=413)
        return results

    def _acknowledge(
        self, part: Sequence[Entry], results: Sequence[WriteResult], unfound: _Unfound
    ) -> tuple[list[Entry], list[Entry]]:
        """Commit BlueConic's own answers; the entries without one, and those of them with a Sum.

        A state that BlueConic does not document says nothing of a Sum.
        """
        again, summing = _apart(part[len(results) :])
        answered = list(zip(part, results, strict=False))
        summing += [e for e, r in answered if e.has_increment and r.state not in _DOCUMENTED]
        open_ids = {entry.contact.id for entry in summing}
        answered = [(e, r) for e, r in answered if e.contact.id not in open_ids]
        entries = [entry for entry, _ in answered]
        records: list[PersonOutcome] = []
        sums: dict[SumKey, str] = {}
        imported: list[str] = []
        refused: dict[str, Refusal] = {}
        for entry, result in answered:
            if entry.contact.id in unfound.linked and result.state == _NOT_FOUND:
                unfound.entries.append(entry)
                continue
            record = self._outcome(entry, result)
            accepted = record.outcome in ACCEPTED
            fingerprint = (
                entry.fingerprint.today if accepted and _is_settled(entry, result) else None
            )
            records.append(PersonOutcome(str(entry.contact.id), record, fingerprint))
            if fingerprint is None:
                refused[str(entry.contact.id)] = self._refused(entry)
            sums.update(_added(entry, result))
            if accepted and record.profile_id:
                imported.append(record.profile_id)
        settled = [entry.contact.id for entry in entries if entry.has_increment]
        self._run.commit(
            BatchCommit(
                records=records, sums=sums, settled=settled, imported=imported, refused=refused
            )
        )
        return again, summing

    def _refused(self, entry: Entry) -> Refusal:
        return self._refusals.remember(entry.fingerprint.today)

    def _omitted(self, entry: Entry, result: WriteResult) -> Omitted:
        """What was left out of an entry: by actui before, and by BlueConic now."""
        refused = [
            OmittedValues(field, _REFUSED_VALUE)
            for name in sorted(result.complained_about) or [_UNNAMED]
            for field in self._fields.get(name, [name])
        ]
        return replace(entry.omitted, values=(*entry.omitted.values, *refused))

    def _outcome(self, entry: Entry, result: WriteResult) -> Record:
        """The outcome that BlueConic's state for an entry means.

        Values that BlueConic refused become warnings then, with its words beside the outcome; an
        entry of which it took nothing at all is rejected.
        """
        message = "; ".join(result.complaints)
        if message and entry.has_increment and _is_taken(result) and not result.complained_about:
            return plain_record(entry, Outcome.UNKNOWN, Reason.UNRESOLVED, message)
        outcome, reason = _STATES.get(
            result.state, (Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC)
        )
        if message and (result.state == _NOT_FOUND or _is_all_refused(entry, result)):
            outcome, reason = Outcome.REJECTED, Reason.REJECTED_BY_BLUECONIC
        if outcome is Outcome.UNCHANGED and entry.contact.id in self.changed_before:
            outcome = Outcome.UPDATED
        detail = message or (result.state if outcome is Outcome.REJECTED else "")
        if reason is Reason.NO_MATCH:
            reason, detail = entry.unmatched, entry.barred
        record = plain_record(entry, outcome, reason, detail, result.profile_id)
        if message and outcome in ACCEPTED:
            record = replace(record, omitted=self._omitted(entry, result))
        return record


def _apart(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The entries that may be sent again, and those with a Sum."""
    again = [entry for entry in entries if not entry.has_increment]
    return again, [entry for entry in entries if entry.has_increment]


def _sends(entries: Sequence[Entry], journal: Mapping[int, SumSend]) -> list[SumSend]:
    return [journal[entry.contact.id] for entry in entries]


def _fitting(entries: Sequence[Entry]) -> int:
    """How many of the first entries fit into one request; at least one."""
    remaining = WRITE_BYTES
    for number, entry in enumerate(entries):
        remaining -= entry_size(entry.write)
        if remaining < 0:
            return max(1, number)
    return len(entries)


def _is_all_refused(entry: Entry, result: WriteResult) -> bool:
    """Whether a profile stayed as it was because none of the entry's values could be written."""
    written = {one.property for one in entry.write.writes if one.restriction is None}
    named = result.complained_about
    return result.state == "UNCHANGED" and (not named or written <= named)


def _is_settled(entry: Entry, result: WriteResult) -> bool:
    """Whether sending the same again would change nothing.

    A refused Sum may fit tomorrow, and nobody knows what a complaint without a name is about.
    """
    if not result.complaints:
        return True
    summed = {key.property for key in entry.sums}
    return bool(result.complained_about) and not summed & result.complained_about


def _is_taken(result: WriteResult) -> bool:
    """Whether the entry was applied, perhaps without the values complained about."""
    outcome, _ = _STATES.get(result.state, (Outcome.REJECTED, None))
    return outcome in ACCEPTED


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
