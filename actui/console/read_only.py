"""The services of a home with every change refused, for a console started with --read-only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from actui.console.ports import (
    Catalog,
    ConnectionStore,
    CredentialStore,
    HomeStore,
    OutcomeReader,
    Previewer,
    Prober,
    RunReader,
    RunStarter,
    Services,
    Stored,
)
from actui.model.connection import Connection
from actui.model.errors import ConfigError

SENTENCE = "This console is read-only: it was started with --read-only."
READS: Mapping[str, frozenset[str]] = {
    "home": frozenset({"settings", "history"}),
    "connections": frozenset({"all", "find"}),
    "credentials": frozenset({"secret_source"}),
    "prober": frozenset({"probe_activecampaign", "probe_blueconic"}),
    "catalog": frozenset({"activecampaign", "blueconic"}),
    # the file that `export` writes is the user's own and no part of the home
    "outcomes": frozenset({"of_run", "story", "export"}),
    "previews": frozenset({"show"}),
    "starter": frozenset(),
    "reader": frozenset({"snapshot", "version", "unique", "damage", "is_running", "last_message"}),
}
"""By part of the services, what may be called; whatever is not named here is refused."""


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ConfigError(SENTENCE, code="read-only")


class _Guard:
    """Hands out the members of `target` that only read; any other refuses to be called."""

    def __init__(self, target: object, reads: frozenset[str]) -> None:
        self._target = target
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name) if name in self._reads else _refuse


class ReadOnly:
    """Services on which each change raises ConfigError `read-only`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.home: HomeStore = _Guard(services.home, READS["home"])
        self.connections: ConnectionStore = _Guard(services.connections, READS["connections"])
        self.credentials: CredentialStore = _Guard(services.credentials, READS["credentials"])
        self.prober: Prober = _Guard(services.prober, READS["prober"])
        self.catalog: Catalog = _Guard(services.catalog, READS["catalog"])
        self.outcomes: OutcomeReader = _Guard(services.outcomes, READS["outcomes"])
        self.previews: Previewer = _Guard(services.previews, READS["previews"])
        self.starter: RunStarter = _Guard(services.starter, READS["starter"])

    @property
    def now(self) -> datetime:
        return self._services.now

    def schedule_trouble(self, stored: Stored) -> str:
        """The same as for everybody."""
        return self._services.schedule_trouble(stored)

    def reader(self, connection: Connection) -> RunReader:
        """The same as for everybody, but that it cannot stop a run."""
        guarded: RunReader = _Guard(self._services.reader(connection), READS["reader"])
        return guarded
