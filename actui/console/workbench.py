"""What the screens ask for: connections, credentials and runs of one home.

Long because each thing that a page may ask for is a method of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from actui.console.choices import Choices
from actui.console.feed import POLL_SECONDS, FeedCursor, follow
from actui.console.formatting import ASCII, UNICODE, Glyphs, counted, instant, number, plain
from actui.console.forms.connection_fields import SECRET_WORDS, ConnectionForm
from actui.console.ports import RunReader, Services, Stored, Which
from actui.console.views.outcomes import Filter, Person
from actui.console.views.status_arrows import DAMAGED, Arrow, arrows
from actui.model.connection import Connection, new_id
from actui.model.errors import ActuiError, ConfigError, CredentialsError
from actui.model.findings import Finding, errors, findings
from actui.model.preview import Ask, Preview
from actui.model.run import RETRY, RunSnapshot, RunSummary, UniqueCounts
from actui.model.settings import Settings

HISTORY_ROWS = 50
PEOPLE_ROWS = 500
"""More rows than this, and a table's first paint is felt (screens/README.md §5)."""


def _unanswered(failure: ActuiError, which: Which) -> str:
    """Why an account does not answer, with the way to mend it that the console has."""
    if failure.code == "no-secret":
        label = SECRET_WORDS[which]
        return f"The {label} is not stored: type it under Set up and run, then save."
    return plain(failure.message)


def _is_mended(run: RunSummary, stored: Stored) -> bool:
    """Whether a run failed by a configuration that has been saved anew since."""
    saved, began = instant(stored.saved_at), instant(run.started)
    if run.cause != ConfigError.default_code or saved is None or began is None:
        return False
    return saved > began


@dataclass(frozen=True, slots=True)
class Overview:
    """A connection with everything its row or page head shows."""

    stored: Stored
    arrows: tuple[Arrow, Arrow]
    last: RunSummary | None
    running: bool
    found: tuple[Finding, ...] = ()

    @property
    def connection(self) -> Connection:
        return self.stored.connection

    @property
    def why(self) -> str:
        """What keeps the connection from working; an empty text when nothing does."""
        message = (arrow.why for arrow in self.arrows if arrow.why)
        wrong = (plain(one.message) for one in self.found if one.severity == "error")
        return next(message, next(wrong, ""))

    @property
    def has_readable_history(self) -> bool:
        """Whether `last` is None only where there was no run."""
        return all(one.code != DAMAGED or one.where != "history" for one in self.found)


class Workbench:
    """The console's one way to everything outside it; every failure is an ActuiError."""

    def __init__(self, services: Services, *, ascii_only: bool = False) -> None:
        self._services = services
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self._has_secret: dict[tuple[str, Which], bool | None] = {}
        """What is known of secrets, None = nobody can tell: a key store may take seconds."""

    @property
    def settings(self) -> Settings:
        """The settings of this home."""
        return self._services.settings

    def now(self) -> datetime:
        """The time by which it is decided what is due."""
        return self._services.now

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        """Keep changed settings. Raises ConfigError for bad ones."""
        return self._services.change_settings(changes)

    # connections

    def overviews(self) -> list[Overview]:
        """All connections, favourites first."""
        return [self._overview(stored) for stored in self._services.connections.all()]

    def overview(self, connection_id: str) -> Overview:
        """One connection. Raises ConfigError when it is gone."""
        return self._overview(self._services.connections.find(connection_id))

    def labels(self) -> Counter[str]:
        """Every label of this home, and how many connections have it."""
        stored = self._services.connections.all()
        return Counter(label for one in stored for label in one.connection.labels)

    def stored(self, connection_id: str) -> Stored:
        """The connection as it is stored now. Raises ConfigError when it is gone."""
        return self._services.connections.find(connection_id)

    def duplicate(self, connection: Connection) -> Stored:
        """Store a copy under a free name, switched off; its secrets are entered anew."""
        goals = [goal.model_copy(update={"id": new_id("g")}) for goal in connection.goals]
        made = connection.model_copy(
            update={
                "id": new_id("c"),
                "name": self._free(connection.name),
                "enabled": False,
                "favorite": False,
                "goals": goals,
            }
        )
        return self._services.connections.save(made, expected=None)

    def _free(self, wanted: str) -> str:
        taken = {stored.connection.name for stored in self._services.connections.all()}
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted[:110]} {count}"
        return name

    def _overview(self, stored: Stored) -> Overview:
        connection = stored.connection
        running = self.is_running(connection)
        damage = {"ledger": self.reader(connection).damage()}
        try:
            latest = self._services.history(connection).all(HISTORY_ROWS)
        except ConfigError as failure:  # the list, and the other connections in it, can be shown
            latest, damage["history"] = (), failure.message
        last = next(iter(latest), None)
        # some people tried again say nothing about a direction
        whole = next((run for run in latest if run.trigger != RETRY), None)
        if whole is not None and _is_mended(whole, stored):
            whole = None
        found = findings(connection)
        found += [Finding(DAMAGED, where, message) for where, message in damage.items() if message]
        for which, label in SECRET_WORDS.items():
            # a run that was, found them wherever they are for runs
            if last is None and self._has_secret.get((connection.id, which)) is False:
                found.append(Finding("no-secret", f"{which}.secret", f"Enter the {label}."))
        if message := self._services.schedule_trouble(stored):
            found.append(Finding("no-scheduler", "schedule", message, "warning"))
        pair = arrows(connection, found, whole, running)
        return Overview(stored, pair, last, running, tuple(found))

    def draft(self) -> Connection:
        """A new connection under a free name; nothing is stored before it is saved."""
        return Connection(id=new_id("c"), name=self._free("ActiveCampaign"))

    def switch(self, stored: Stored) -> Stored:
        """Switch a connection on or off."""
        turned = stored.connection.model_copy(update={"enabled": not stored.connection.enabled})
        return self._services.connections.save(turned, expected=stored.version)

    def star(self, stored: Stored) -> Stored:
        """Make a connection a favourite, or one like the others."""
        changed = stored.connection.model_copy(update={"favorite": not stored.connection.favorite})
        return self._services.connections.save(changed, expected=stored.version)

    def kept(self, connection: Connection) -> str:
        """What is kept of a connection, in words with numbers."""
        goals, unique = counted(len(connection.goals), "goal", "goals"), self.unique(connection)
        if unique is None:
            return f"{goals}, its secrets, its run history and its ledger, which cannot be read"
        exported = counted(unique.exported, "exported profile", "exported profiles")
        people = f"{number(unique.imported)} imported and {exported}"
        return f"{goals}, its secrets, its run history and the memory of {people}"

    def delete(self, connection: Connection) -> None:
        """Remove a connection with everything kept for it. Raises BusyError while it runs."""
        self._services.connections.delete(connection.id)

    async def save(
        self, connection: Connection, form: ConnectionForm, *, expected: int | None
    ) -> Stored:
        """Store the fields; the secrets that were typed follow with `save_secrets`.

        Raises CredentialsError before anything is stored when a changed URL lacks its secret.
        """
        wanted = form.onto(connection)
        for which in SECRET_WORDS:
            if expected is not None and which not in form.secrets:
                await self._refuse_foreign_secret(wanted, which)
        return self._services.connections.save(wanted, expected=expected)

    async def save_secrets(self, connection: Connection, form: ConnectionForm) -> None:
        """Keep the secrets that were typed, for the connection's present URLs."""
        for which, value in form.secrets.items():
            url = connection.activecampaign if which == "activecampaign" else connection.blueconic
            if not url.url:
                raise CredentialsError(
                    f"Enter the host name that the {SECRET_WORDS[which]} is for."
                )
            await asyncio.to_thread(self._services.vault.save, connection, which, value)

    async def _refuse_foreign_secret(self, connection: Connection, which: Which) -> None:
        try:
            await asyncio.to_thread(self._services.vault.status, connection, which)
        except CredentialsError as failure:
            if failure.code == "other-origin":
                raise

    async def secret_status(self, connection: Connection, which: Which) -> str:
        """One sentence on where a secret is."""
        try:
            where = await asyncio.to_thread(self._services.vault.status, connection, which)
        except ActuiError as failure:
            self._has_secret[connection.id, which] = None
            return plain(failure.message)
        self._has_secret[connection.id, which] = bool(where)
        return f"Stored in {plain(where)}; leave empty to keep it." if where else "Not stored yet."

    def command_gives_secrets(self, connection: Connection) -> None:
        """Try the password command. Raises CredentialsError where it does not give a secret.

        Whoever asks waits for it, at most some seconds: it decides whether the choice is kept.
        """
        for which, label in SECRET_WORDS.items():
            if not self._services.vault.status(connection, which):
                raise CredentialsError(f"The command printed nothing for the {label}.")

    async def look_for_secrets(self, overviews: Sequence[Overview]) -> None:
        """Learn whether connections that are on and never ran lack a secret."""
        for overview in overviews:
            connection = overview.connection
            for which in SECRET_WORDS:
                # one that lacked it may have got it in another shell
                is_open = self._has_secret.get((connection.id, which), False) is False
                if is_open and connection.enabled and overview.last is None:
                    await self.secret_status(connection, which)

    async def test(self, connection: Connection, form: ConnectionForm, which: Which) -> str:
        """What a test of the fields as they stand has proved."""
        wanted, prober = form.onto(connection), self._services.prober
        typed = form.secrets.get(which)
        if not getattr(wanted, which).url:
            raise ConfigError("Type the host name first.")
        test = prober.test_activecampaign if which == "activecampaign" else prober.test_blueconic
        try:
            return plain(await test(wanted, typed))
        except CredentialsError as failure:
            if failure.code != "no-secret":
                raise
            # a command that stores it would not know a connection that is not saved
            raise CredentialsError(f"Type the {SECRET_WORDS[which]} first.") from None

    async def learn(self, connection: Connection, known: Choices) -> AsyncIterator[Choices]:
        """Ask both accounts what there is to choose from; each answer as soon as it is there."""
        chooser = self._services.chooser

        async def activecampaign() -> dict[str, object]:
            try:
                return {"activecampaign": await chooser.activecampaign(connection)}
            except ActuiError as failure:
                return {"no_activecampaign": _unanswered(failure, "activecampaign")}

        async def blueconic() -> dict[str, object]:
            try:
                return {"blueconic": await chooser.blueconic(connection)}
            except ActuiError as failure:
                return {"no_blueconic": _unanswered(failure, "blueconic")}

        for answered in asyncio.as_completed((activecampaign(), blueconic())):
            known = replace(known, **await answered)  # type: ignore[arg-type]
            yield known

    async def create_properties(self, connection: Connection, wanted: Mapping[str, str]) -> None:
        """Create profile properties in BlueConic, their types by id."""
        await self._services.chooser.create_properties(connection, wanted)

    # runs

    def reader(self, connection: Connection) -> RunReader:
        return self._services.reader(connection)

    def is_running(self, connection: Connection) -> bool:
        """Whether a run of the connection is going, in whichever process."""
        return self.reader(connection).is_running()

    def unique(self, connection: Connection) -> UniqueCounts | None:
        """Distinct profiles exchanged through the connection, ever.

        None from a ledger that cannot be read; its overview says why.
        """
        try:
            return self.reader(connection).unique()
        except ConfigError:
            return None

    def history(self, connection: Connection) -> Sequence[RunSummary]:
        """The latest runs, newest first; none from a history that cannot be read.

        The connection's overview says why.
        """
        try:
            return self._services.history(connection).all(HISTORY_ROWS)
        except ConfigError:
            return ()

    def run(self, connection: Connection, run: str) -> RunSummary | None:
        """One run of the history."""
        return self._services.history(connection).find(run)

    async def people(self, connection: Connection, run: str, wanted: Filter) -> list[Person]:
        """The first people of a run whose outcome is wanted."""
        reader = self._services.people
        return await asyncio.to_thread(reader.outcomes, connection, run, wanted, PEOPLE_ROWS)

    async def story(self, connection: Connection, email: str) -> list[Person]:
        """What became of one person in every run that is remembered, oldest first."""
        return await asyncio.to_thread(self._services.people.story, connection, email)

    async def export(self, connection: Connection, run: str, wanted: Filter, path: str) -> str:
        """Write the people of a run to a new file; one sentence."""
        reader = self._services.people
        return plain(await asyncio.to_thread(reader.export, connection, run, wanted, path))

    async def preview(
        self, connection: Connection, ask: Ask, tell: Callable[[str], None]
    ) -> Preview:
        """What a run of the connection would do, as it is given, stored or not."""
        return await self._services.previewer.show(connection, ask, tell)

    async def start(
        self,
        connection: Connection,
        *,
        leavers: Mapping[str, int] | None = None,
        fresh: bool = False,
        restored: bool = False,
    ) -> tuple[FeedCursor, str]:
        """Start a run; the mark to follow it from, and what keeps it alive.

        With `leavers`, only these goals, by id, where so many may be unsubscribed who left.
        `fresh` sets aside what is known of other accounts, and `restored` acts on a memory that may
        be older than the last run; both are refused otherwise.

        Raises ConfigError or CredentialsError where the run would end at once for the same reason.
        """
        await self._check(connection)
        starter = self._services.starter
        return await self._started(connection, starter.start, connection, leavers, fresh, restored)

    async def retry(
        self, connection: Connection, run: str, wanted: Filter, *, restored: bool = False
    ) -> tuple[FeedCursor, str]:
        """Start a run that sends people of an earlier run again; see `start`."""
        await self._check(connection)
        starter = self._services.starter
        return await self._started(connection, starter.retry, connection, run, wanted, restored)

    async def _check(self, connection: Connection) -> None:
        if not connection.enabled:
            raise ConfigError(
                "The connection is off: switch it on and save, then run it.", code="disabled"
            )
        for finding in errors(connection):
            raise ConfigError(plain(finding.message), code=finding.code)
        for which, label in SECRET_WORDS.items():
            if not await asyncio.to_thread(self._services.vault.status, connection, which):
                raise CredentialsError(f"Enter the {label} and save, then run it.")

    async def _started(
        self, connection: Connection, start: Callable[..., str], *what: object
    ) -> tuple[FeedCursor, str]:
        mark = FeedCursor.of(self.reader(connection))
        return mark, plain(await asyncio.to_thread(start, *what))

    def follow(
        self, connection: Connection, since: FeedCursor | None, *, every: float = POLL_SECONDS
    ) -> AsyncIterator[RunSnapshot]:
        """The pictures of the run that is going; see `feed.follow`."""
        return follow(self.reader(connection), since=since, every=every)

    def limit(self, connection: Connection) -> float:
        """Requests a second that a run sends to ActiveCampaign at most."""
        return self._services.settings.rate_of(connection.activecampaign.url)

    def stop(self, connection: Connection, *, now: bool = False) -> str:
        """Ask the run to stop; one sentence on what happens then."""
        reader = self.reader(connection)
        if not reader.is_running():
            return "Nothing is running."
        level = reader.request_stop()
        if now and level == 1:
            level = reader.request_stop()
        if level == 0:
            return "Nothing is running."
        if level == 1:
            return "Stopping after the batch in flight. Run it again to continue."
        return "Stopping now. Run it again to continue."
