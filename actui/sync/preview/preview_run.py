"""A preview: the engine itself, on services that keep what they receive (sync/README.md §11).

The ledger is a copy that nobody else sees, so neither service, nor ledger, watermark or history
knows of it afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from actui.model.addresses import canonical
from actui.model.available_people import available_words
from actui.model.connection import Connection, goal_called
from actui.model.errors import (
    ActuiError,
    BusyError,
    ConfigError,
    CredentialsError,
    StoppedError,
    UnreachableError,
)
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.preview import Ask, Preview, PreviewedGoal, PreviewedPerson
from actui.model.records import ImportRow
from actui.model.run import GoalSummary, Outcome, Record, RunState, RunSummary
from actui.sync.erasure import Forgotten, no_one_erased
from actui.sync.exporting.contact_directory import lookups
from actui.sync.exporting.leavers import Claims
from actui.sync.ledger_ports import Ledger
from actui.sync.ports import ActiveCampaign, BlueConic, Clock
from actui.sync.preview.dry_run_activecampaign import DryRunActiveCampaign
from actui.sync.preview.dry_run_blueconic import DryRunBlueConic
from actui.sync.run.engine import Engine, Ports
from actui.sync.run.goal_run import Options, PeopleFilter

LONGEST_PAUSE = 0.05
"""Seconds: what a run waits for between its requests has happened at once here."""
_CLASSES: dict[str, type[ActuiError]] = {
    kind.default_code: kind
    for kind in (BusyError, ConfigError, CredentialsError, StoppedError, UnreachableError)
}
"""What a run's `cause` says: the class, and with it the exit code, of what ended it."""
_WRITTEN = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


class _CappedClock:
    """A clock whose sleeps are capped, so that a preview does not wait for batches."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, LONGEST_PAUSE))


class PreviewRun:
    """One preview of one connection; `ledger` must be a copy made for it."""

    def __init__(
        self,
        connection: Connection,
        *,
        activecampaign: ActiveCampaign,
        blueconic: BlueConic,
        ledger: Ledger,
        clock: Clock,
        row_size: Callable[[ImportRow], int],
        claims: Claims,
        forgotten: Forgotten = no_one_erased,
    ) -> None:
        self._forgotten = forgotten
        self._connection = connection
        self._activecampaign = DryRunActiveCampaign(activecampaign)
        self._blueconic = DryRunBlueConic(blueconic)
        self._ledger = ledger
        self._clock = _CappedClock(clock)
        self._row_size = row_size
        self._claims = claims
        self._people: dict[str, dict[str, PreviewedPerson]] = {}
        self._counts_only = False
        self._engine: Engine | None = None

    @property
    def phase(self) -> str:
        """What it is doing now, empty while there is nothing to say."""
        goals = self._engine.live.goals if self._engine is not None else ()
        current = next((goal for goal in goals if not goal.done), None)
        return "" if current is None else f"{current.summary.goal}: {current.phase}"

    async def show(self, ask: Ask) -> Preview:
        """What a run would do. Raises what would keep it from running at all, or fail all of it."""
        connection = as_if_on(self._connection, ask.goals)
        only, contacts = None, dict[str, set[int]]()
        if ask.emails:
            contacts = await self._contacts(ask.emails)
            ids = frozenset(str(id_) for found in contacts.values() for id_ in found)
            emails = frozenset(canonical(email) for email in ask.emails)
            only = PeopleFilter({goal.id: ids for goal in connection.imports()}, emails)
        limit = None if only is not None else ask.first
        options = Options(goals=ask.goals, limit=limit, only=only, counts_leavers=only is None)
        self._engine = Engine(connection, self._ports(), options, 0)
        summary = await self._engine.execute()
        if summary.state is not RunState.FINISHED:
            raise _CLASSES.get(summary.cause, ActuiError)(summary.message, code=summary.code)
        goals = {goal.id: goal for goal in connection.goals}
        shown = tuple(
            self._goal(goals[one.goal_id], one, ask.emails, contacts) for one in summary.goals
        )
        made = ", ".join(self._blueconic.new_properties)
        notes = [f"A run would create these properties in BlueConic: {made}."] if made else []
        return Preview(shown, tuple(notes))

    async def count(self, options: Options) -> RunSummary:
        """A whole run of which nothing is written; its people are counted, not kept."""
        connection = as_if_on(self._connection, options.goals)
        self._counts_only = True
        self._engine = Engine(connection, self._ports(), options, 0)
        return await self._engine.execute()

    async def _contacts(self, emails: Sequence[str]) -> dict[str, set[int]]:
        """Who has each address in any spelling, by its canonical form."""
        found: dict[str, set[int]] = {}
        for email in lookups(emails):
            for contact in await self._activecampaign.contacts_by_email(email):
                found.setdefault(canonical(email), set()).add(contact.id)
        return found

    def _ports(self) -> Ports:
        return Ports(
            activecampaign=self._activecampaign,
            blueconic=self._blueconic,
            ledger=self._ledger,
            clock=self._clock,
            row_size=self._row_size,
            save=lambda summary: None,
            keep=lambda connection: None,
            claims=self._claims,
            settle_seconds=0.0,
            listener=self._listen,
            forgotten=self._forgotten,
            # where nothing is written, each profile has to be looked for singly
            rechecks=False,
        )

    def _listen(self, goal: str, records: Sequence[Record]) -> None:
        people = self._people.setdefault(goal, {})
        imports = any(one.id == goal and one.kind == "import" for one in self._connection.goals)
        for record in records:
            key = str(record.contact_id if imports else record.profile_id)
            if imports:
                values, lists = self._blueconic.take(key), []
            else:
                kept = self._activecampaign.take(record.email, record.contact_id)
                values, lists = kept.values, kept.lists
            if record.outcome not in _WRITTEN:
                values, lists = [], []
            if self._counts_only:
                continue
            people[key] = PreviewedPerson(record.email, record, tuple(values), tuple(lists))

    def _goal(
        self,
        goal: ImportGoal | ExportGoal,
        summary: GoalSummary,
        emails: Sequence[str],
        contacts: dict[str, set[int]],
    ) -> PreviewedGoal:
        people = list(self._people.get(goal.id, {}).values())
        met = {canonical(person.email) for person in people}
        people += [
            PreviewedPerson(email, absent=_absent(goal, canonical(email) in contacts))
            for email in emails
            if canonical(email) not in met
        ]
        return PreviewedGoal(
            goal=goal.name,
            kind=goal.kind,
            people=tuple(people),
            ok=summary.ok,
            message="" if emails and summary.ok else summary.message,
            notes=tuple(_notes(goal, summary, people)),
            available=summary.available,
        )


def as_if_on(connection: Connection, goals: Sequence[str]) -> Connection:
    """The connection as a preview takes it: on, and so are the goals that were named.

    Raises ConfigError for a goal that it does not have.
    """
    named = []
    for word in goals:
        goal = goal_called(connection.goals, word)
        if goal is None:
            raise ConfigError(f"'{connection.name}' has no goal '{word}'.")
        named.append(goal)
    turned = [
        goal.model_copy(update={"enabled": True}) if goal in named else goal
        for goal in connection.goals
    ]
    return connection.model_copy(update={"enabled": True, "goals": turned})


def _absent(goal: ImportGoal | ExportGoal, is_contact: bool) -> str:
    if isinstance(goal, ExportGoal):
        return "nobody in the segment has this address"
    if not is_contact:
        return "no contact has this address"
    return "the contact is on none of the goal's lists with a status that it reads"


def _notes(
    goal: ImportGoal | ExportGoal, summary: GoalSummary, people: Sequence[PreviewedPerson]
) -> list[str]:
    """Consequences that reach beyond values, with the number of people here."""
    if not isinstance(goal, ExportGoal):
        return []
    notes = [available_words(summary.available)]
    joining = [p for p in people if any(not change.before for change in p.lists)]
    again = [p for p in people if any(change.before for change in p.lists)]
    changed = [p for p in people if p.values or p.lists]
    if goal.automations and changed:
        notes.append(f"Automations may start for {len(changed)} of these people.")
    if joining:
        notes.append(f"{len(joining)} of these people would join a list.")
    if again:
        notes.append(f"{len(again)} of these people would be RESUBSCRIBED.")
    gone = summary.lists.unsubscribed
    if gone:
        who = "1 person has" if gone == 1 else f"{gone:,} people have"
        notes.append(f"{who} left the segment and would be unsubscribed.")
    return notes
