"""A console on fakes, at the sizes it must fit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from textual.css.query import NoMatches
from textual.pilot import Pilot

from actui.console.choices import ActiveCampaignChoices, BlueConicChoices
from actui.console.ports import Stored
from actui.console.views.outcomes import Filter, Person
from actui.model.connection import Connection
from actui.model.errors import ConfigError, CredentialsError, DamagedError
from actui.model.preview import Ask, Preview
from actui.model.records import (
    ContactField,
    ContactList,
    Lifecycle,
    Objective,
    Property,
    Segment,
    Stage,
)
from actui.model.run import RunSnapshot, RunSummary, UniqueCounts
from actui.model.secret import SecretName
from actui.model.settings import Settings

HOSTILE = ["Leads [vip]", "x [/y]", "a\x1b[31m\u202eb\nc", "[bold]"]
HOSTILE_IN_A_SIZE = [
    *(pytest.param(name, (80, 24), id=name) for name in HOSTILE),
    pytest.param("x" * 10_000, (40, 12), id="long"),
]
"""Values for `name` and `size`: what acts is as wrong in one size as in another, what is long is
worst in the small one."""


@dataclass(frozen=True)
class FakeStored:
    connection: Connection
    version: int = 1
    saved_at: str = "2026-11-24T02:00:00+00:00"
    saved_by: str = "ann"

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.saved_at)


class FakeConnections:
    def __init__(self, *connections: Connection) -> None:
        self.held = {c.id: FakeStored(c) for c in connections}

    def all(self) -> list[FakeStored]:
        return list(self.held.values())

    def find(self, name_or_id: str) -> FakeStored:
        if name_or_id not in self.held:
            raise ConfigError(f"There is no connection '{name_or_id}'.")
        return self.held[name_or_id]

    def save(self, connection: Connection, *, expected: int | None) -> FakeStored:
        before = self.held.get(connection.id)
        if before is not None and before.version != expected:
            raise ConfigError("It was changed by bob.", code="changed-elsewhere")
        stored = FakeStored(connection, before.version + 1 if before else 1)
        self.held[connection.id] = stored
        return stored


@dataclass
class FakeHistory:
    runs: list[RunSummary] = field(default_factory=list)
    broken: str = ""

    def all(self, limit: int) -> list[RunSummary]:
        if self.broken:
            raise DamagedError(self.broken)
        return self.runs[:limit]

    def find(self, run: str) -> RunSummary | None:
        return next((one for one in self.runs if one.run == run), None)


@dataclass
class FakeReader:
    picture: RunSnapshot | None = None
    running: bool = False
    number: int = 0
    counts: UniqueCounts = field(default_factory=UniqueCounts)
    stops: int = 0
    text: str = ""
    broken: str = ""

    def show(self, picture: RunSnapshot, *, running: bool = True) -> None:
        self.picture, self.running = picture, running
        self.number += 1

    def snapshot(self) -> RunSnapshot | None:
        return self.picture

    def version(self) -> int:
        return self.number

    def unique(self) -> UniqueCounts:
        if self.broken:
            raise DamagedError(self.broken)
        return self.counts

    def damage(self) -> str:
        return self.broken

    def is_running(self) -> bool:
        return self.running

    def request_stop(self) -> int:
        self.stops = min(self.stops + 1, 2)
        return self.stops

    def last_message(self) -> str:
        return self.text


WHOSE = {
    SecretName.ACTIVECAMPAIGN_API_KEY: "activecampaign",
    SecretName.BLUECONIC_CLIENT_SECRET: "blueconic",
}


@dataclass
class FakeCredentials:
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    refuses: Callable[[], bool] = lambda: False
    command: str = ""

    def _url(self, connection: Connection, which: str) -> str:
        return str(getattr(connection, which).url)

    def save_secret(self, connection: Connection, name: SecretName, value: SecretStr) -> str:
        if self.refuses():
            said = "This machine has no key store that keeps secrets safely."
            raise CredentialsError(said, code="no-key-store", advice="Give the secret so.")
        which = WHOSE[name]
        self.kept[which] = (self._url(connection, which), value.get_secret_value())
        return "the key store"

    def secret_source(self, connection: Connection, name: SecretName) -> str:
        if self.command:
            raise CredentialsError(self.command)
        which = WHOSE[name]
        if which not in self.kept:
            return ""
        url, _ = self.kept[which]
        if url != self._url(connection, which):
            raise CredentialsError(
                f"The stored secret was entered for {url}; enter it again.", code="other-origin"
            )
        return "the key store"


@dataclass
class FakeProber:
    failure: CredentialsError | None = None

    async def probe_activecampaign(self, connection: Connection, key: SecretStr | None) -> str:
        if self.failure:
            raise self.failure
        return f"Signed in as ann [x] with {'the typed' if key else 'the stored'} key."

    async def probe_blueconic(self, connection: Connection, client_secret: SecretStr | None) -> str:
        return "BlueConic gave a token."


def offered_lists() -> ActiveCampaignChoices:
    """An account with more lists and fields than a page holds, some with hostile names."""
    names = [*HOSTILE, "Leads [vip]", "Newsletter", *(f"List {n}" for n in range(300))]
    return ActiveCampaignChoices(
        fields=[
            ContactField(1, "TIER", "Tier", "dropdown"),
            ContactField(2, "POINTS", "Points [b]", "text"),
            *(ContactField(10 + n, f"T{n}", name, "text") for n, name in enumerate(HOSTILE)),
        ],
        lists=[ContactList(n + 1, name, 10 * n) for n, name in enumerate(dict.fromkeys(names))],
    )


def offered_properties() -> BlueConicChoices:
    """A tenant with a few things of each kind, some with hostile names."""
    return BlueConicChoices(
        properties=[
            Property("email", "E-mail", "EMAIL", indexed=True),
            Property("first_name", "First name", "SELECT"),
            Property("tier", "Tier", "SELECT"),
            Property("score", "Score [/x]", "RANGE"),
            *(Property(f"p{n}", name, "SELECT") for n, name in enumerate(HOSTILE)),
        ],
        segments=[
            Segment("s1", "Readers [/b]", 12431),
            Segment("s2", "Buyers", 7),
            Segment("s3", "Ambassador", 1),
        ],
        objectives=[Objective("o1", "Marketing [x]")],
        lifecycles=[Lifecycle("l1", "Welcome", True, (Stage("st1", "First [/a]", "WEEK", 3),))],
    )


@dataclass
class FakeCatalog:
    failure: CredentialsError | None = None
    answers: asyncio.Event | None = None
    created: dict[str, str] = field(default_factory=dict)

    async def activecampaign(self, connection: Connection) -> ActiveCampaignChoices:
        if self.answers:
            await self.answers.wait()
        if self.failure:
            raise self.failure
        return offered_lists()

    async def blueconic(self, connection: Connection) -> BlueConicChoices:
        if self.failure:
            raise self.failure
        there = offered_properties()
        made = [Property(id_, id_, type_) for id_, type_ in self.created.items()]
        return replace(there, properties=[*there.properties, *made])

    async def create_properties(self, connection: Connection, wanted: Mapping[str, str]) -> None:
        if self.failure:
            raise self.failure
        self.created |= wanted


@dataclass
class FakeOutcomes:
    rows: list[Person] = field(default_factory=list)
    written: list[tuple[str, Filter]] = field(default_factory=list)

    def of_run(self, connection: Connection, run: str, wanted: Filter, limit: int) -> list[Person]:
        found = [
            one
            for one in self.rows
            if one.run == run
            and wanted.outcome in ("", one.outcome)
            and wanted.reason in ("", one.reason)
            and (not wanted.omitted or one.omitted.concerns(wanted.omitted))
        ]
        return found[:limit]

    def story(self, connection: Connection, email: str) -> list[Person]:
        return [one for one in self.rows if one.email == email]

    def export(self, connection: Connection, run: str, wanted: Filter, path: str) -> str:
        self.written.append((path, wanted))
        return f"7 lines written to {path}."


@dataclass
class FakePreviews:
    answer: Preview = field(default_factory=lambda: Preview(()))
    failure: ConfigError | None = None
    asked: list[tuple[Connection, Ask]] = field(default_factory=list)

    async def show(
        self, connection: Connection, ask: Ask, on_phase: Callable[[str], None]
    ) -> Preview:
        self.asked.append((connection, ask))
        on_phase("Contacts: reading contacts")
        if self.failure:
            raise self.failure
        return self.answer


@dataclass
class FakeStarter:
    started: list[str] = field(default_factory=list)
    confirmed: list[Mapping[str, int] | None] = field(default_factory=list)
    retried: list[tuple[str, Filter]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None
    elsewhere: str = ""
    doubt: str = ""

    def start(
        self,
        connection: Connection,
        leavers: Mapping[str, int] | None = None,
        fresh: bool = False,
        restored: bool = False,
    ) -> str:
        if self.elsewhere and not fresh:
            advice = "Run it with --fresh."
            raise ConfigError(self.elsewhere, advice=advice, code="other-account")
        self._ask_restored(restored)
        self.started.append(connection.name)
        self.confirmed.append(leavers)
        self.then()
        return "The run goes on by itself, in a session of its own."

    def _ask_restored(self, restored: bool) -> None:
        if self.doubt and not restored:
            advice = "Start the run with --confirm-restored."
            raise ConfigError(self.doubt, advice=advice, code="restored")

    def retry(
        self, connection: Connection, run: str, wanted: Filter, restored: bool = False
    ) -> str:
        self._ask_restored(restored)
        self.retried.append((run, wanted))
        self.then()
        return "The run goes on by itself, in a session of its own."


@dataclass
class FakeServices:
    connections: FakeConnections
    credentials: FakeCredentials = field(default_factory=FakeCredentials)
    prober: FakeProber = field(default_factory=FakeProber)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    outcomes: FakeOutcomes = field(default_factory=FakeOutcomes)
    starter: FakeStarter = field(default_factory=FakeStarter)
    previews: FakePreviews = field(default_factory=FakePreviews)
    settings: Settings = field(default_factory=Settings)
    idle: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    histories: dict[str, FakeHistory] = field(default_factory=dict)
    readers: dict[str, FakeReader] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock()

    @property
    def home(self) -> FakeServices:
        """What is asked of the home as a whole is kept here as well."""
        return self

    def delete(self, connection: Connection) -> None:
        del self.connections.held[connection.id]

    def schedule_trouble(self, stored: Stored) -> str:
        return self.idle if stored.connection.schedule.type != "manual" else ""

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        try:
            self.settings = Settings.model_validate(self.settings.model_dump() | dict(changes))
        except ValidationError as wrong:
            raise ConfigError(str(wrong.errors()[0]["msg"])) from wrong
        return self.settings

    def history(self, connection: Connection) -> FakeHistory:
        return self.histories.setdefault(connection.id, FakeHistory())

    def reader(self, connection: Connection) -> FakeReader:
        return self.readers.setdefault(connection.id, FakeReader())


def connection(name: str = "Newsletter", **changes: Any) -> Connection:
    """A connection that is ready to run, with one goal of each kind."""
    facts: dict[str, Any] = {
        "id": "c-1",
        "name": name,
        "enabled": True,
        "labels": ["email"],
        "activecampaign": {"url": "https://acme.api-us1.com"},
        "blueconic": {"url": "https://acme.blueconic.net", "client_id": "client"},
        "goals": [
            {
                "kind": "import",
                "id": "g-1",
                "name": "Contacts",
                "contacts": "lists",
                "lists": [{"list": "Leads [vip]", "create_profiles": True}],
                "identifiers": [{"field": "email", "property": "email"}],
                "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
            },
            {
                "kind": "export",
                "id": "g-2",
                "name": "x [/y]",
                "segment": "Readers [/b]",
                "identifiers": [{"field": "email", "property": "email"}],
                "mappings": [{"from": {"property": "first_name"}, "field": "firstName"}],
                "lists": ["Newsletter"],
            },
        ],
    }
    return Connection.model_validate(facts | changes)


def services(*connections: Connection) -> FakeServices:
    """A home with these connections and both secrets stored for their URLs."""
    made = FakeServices(FakeConnections(*connections))
    made.credentials.kept = {
        "activecampaign": ("https://acme.api-us1.com", "k"),
        "blueconic": ("https://acme.blueconic.net", "s"),
    }
    return made


async def until(pilot: Pilot[Any], holds: Callable[[], bool], what: str = "") -> None:
    """Let the app work until something holds; a widget that is not there yet is waited for.

    Whatever else `holds` raises is raised.
    """
    for _ in range(1_500):
        with suppress(NoMatches):
            if holds():
                return
        # not the pilot's pause, which has every part of the page say that it has nothing to do
        await asyncio.sleep(0.03)
    raise AssertionError(f"did not come about: {what or holds}\n{seen(pilot)}")


def seen(pilot: Pilot[Any]) -> str:
    """What is on the screen, as text."""
    screen = pilot.app.screen
    return "\n".join(strip.text.rstrip() for strip in screen._compositor.render_strips())
