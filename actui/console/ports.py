"""Protocols for what the console needs of the layers it does not import.

`actui.context.services` hands out the objects: mostly those that do the work, such as the
connection store and the context of the home. Every call may raise the errors of
`actui.model.errors`. Calls without `async` are made on the console's own thread and answer at
once, unless their docstring says otherwise. What a read-only console may call is listed in
`actui.console.read_only`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from pydantic import SecretStr

from actui.console.choices import ActiveCampaignChoices, BlueConicChoices
from actui.console.views.outcomes import Filter, Person
from actui.model.connection import Connection
from actui.model.preview import Ask, Preview
from actui.model.run import RunSnapshot, RunSummary, UniqueCounts
from actui.model.secret import SecretName
from actui.model.settings import Settings

Which = Literal["activecampaign", "blueconic"]
"""Whose secret: ActiveCampaign's API key or BlueConic's client secret."""


class Stored(Protocol):
    """A connection as it was last saved; `version` changes with each save."""

    @property
    def connection(self) -> Connection: ...
    @property
    def version(self) -> int: ...
    @property
    def saved_at(self) -> str: ...
    @property
    def saved_by(self) -> str: ...
    @property
    def since(self) -> datetime:
        """When its schedule was switched on or last changed."""


class ConnectionStore(Protocol):
    """The connections of a home."""

    def all(self) -> Sequence[Stored]:
        """All of them, favourites first, then by name."""

    def find(self, name_or_id: str) -> Stored:
        """One of them. Raises ConfigError when there is none."""

    def save(self, connection: Connection, *, expected: int | None) -> Stored:
        """Create (`expected` None) or replace a connection.

        Raises ConfigError `changed-elsewhere` when the stored version is not the expected one.
        """


class HistoryStore(Protocol):
    """The run history of one connection."""

    def all(self, limit: int) -> Sequence[RunSummary]:
        """The latest runs, newest first."""

    def find(self, run: str) -> RunSummary | None:
        """One run; None when the history does not have it any more."""


class HomeStore(Protocol):
    """The home as a whole: its settings, its run histories, and all that is kept in it."""

    @property
    def settings(self) -> Settings: ...

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        """Keep changed settings; what is then in force. Raises ConfigError for bad ones."""

    def history(self, connection: Connection) -> HistoryStore:
        """The run history of one connection; a run that was cut off is closed first."""

    def delete(self, connection: Connection) -> None:
        """Remove a connection with everything kept for it. Raises BusyError while it runs."""


class RunReader(Protocol):
    """What can be seen of one connection's run, whichever process it is in."""

    def snapshot(self) -> RunSnapshot | None:
        """The live progress, of the run that is going or of the last one."""

    def version(self) -> int:
        """A number that changes whenever `snapshot` may have changed; cheap."""

    def unique(self) -> UniqueCounts: ...
    def damage(self) -> str:
        """Why the ledger cannot be read, as a sentence; empty when no damage was found.

        Cheap: only a part of the ledger is read. Damage that another call met is remembered until
        the file changes.
        """

    def is_running(self) -> bool:
        """Whether a process holds the connection's run lock."""

    def request_stop(self) -> int:
        """Ask the run to stop: answers 1 = after its batch, 2 = now, 0 = nothing to stop.

        The first call of a run asks for 1, each further call for 2.
        """

    def last_message(self) -> str:
        """The last line that the process of the last run printed, empty where it is not kept."""


class CredentialStore(Protocol):
    """Secrets of connections. Called in a thread, because a key store may take seconds."""

    def save_secret(self, connection: Connection, name: SecretName, value: SecretStr) -> str:
        """Keep a secret for the connection's present URL; where, in words."""

    def secret_source(self, connection: Connection, name: SecretName) -> str:
        """Where the secret is, in words, or "" when it is nowhere.

        Raises CredentialsError `other-origin` when the stored one belongs to another URL.
        """


class Prober(Protocol):
    """Tests credentials against the services; None means the stored secret."""

    async def probe_activecampaign(self, connection: Connection, key: SecretStr | None) -> str:
        """What a key proved, in a sentence."""

    async def probe_blueconic(self, connection: Connection, client_secret: SecretStr | None) -> str:
        """What a client secret proved, in a sentence."""


class Catalog(Protocol):
    """Asks the accounts, with the stored secrets, what there is to choose from."""

    async def activecampaign(self, connection: Connection) -> ActiveCampaignChoices: ...
    async def blueconic(self, connection: Connection) -> BlueConicChoices: ...
    async def create_properties(self, connection: Connection, wanted: Mapping[str, str]) -> None:
        """Create profile properties, their types by id; those that are there stay as they are."""


class OutcomeReader(Protocol):
    """What became of people. Called in a thread, because a ledger may hold millions."""

    def of_run(self, connection: Connection, run: str, wanted: Filter, limit: int) -> list[Person]:
        """The first `limit` people of a run whose outcome is wanted."""

    def story(self, connection: Connection, email: str) -> list[Person]:
        """All that is kept of one person, oldest first."""

    def export(self, connection: Connection, run: str, wanted: Filter, path: str) -> str:
        """Write all of a run's outcomes to a new file of the user's; what was written, in words.

        Raises ConfigError when the file exists or cannot be written.
        """


class Previewer(Protocol):
    """Shows what a run would do, with the stored secrets; the connection need not be stored."""

    async def show(
        self, connection: Connection, ask: Ask, on_phase: Callable[[str], None]
    ) -> Preview:
        """The preview; `on_phase` is called meanwhile with what it is doing."""


class RunStarter(Protocol):
    """Starts a run in a process of its own. Called in a thread."""

    def start(
        self,
        connection: Connection,
        leavers: Mapping[str, int] | None = None,
        fresh: bool = False,
        restored: bool = False,
    ) -> str:
        """Start it and say, in one sentence, what keeps it alive without this console.

        With `leavers`, only these goals run; by goal id, how many people who left the segment
        may be unsubscribed. Raises ConfigError `other-account` when the ledger is of other accounts
        and `fresh` is False, `restored` when the ledger may be older than the last run and
        `restored` is False, and BusyError when the connection is running.
        """

    def retry(
        self, connection: Connection, run: str, wanted: Filter, restored: bool = False
    ) -> str:
        """The same for a run that sends people of an earlier one again."""


class Services(Protocol):
    """Everything the console needs, made for one home."""

    @property
    def now(self) -> datetime:
        """The time by which every page shows what is due."""

    @property
    def home(self) -> HomeStore: ...
    @property
    def connections(self) -> ConnectionStore: ...
    @property
    def credentials(self) -> CredentialStore: ...
    @property
    def prober(self) -> Prober: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def outcomes(self) -> OutcomeReader: ...
    @property
    def previews(self) -> Previewer: ...
    @property
    def starter(self) -> RunStarter: ...

    def schedule_trouble(self, stored: Stored) -> str:
        """Why a schedule that is on starts nothing, in a sentence; an empty text otherwise."""

    def reader(self, connection: Connection) -> RunReader:
        """The same reader at each call for the same connection; the services close it."""
