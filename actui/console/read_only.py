"""Services that let everything be seen and nothing be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from actui.console.choices import ActiveCampaignChoices, BlueConicChoices
from actui.console.ports import (
    Chooser,
    ConnectionStore,
    HistoryStore,
    PeopleReader,
    Previewer,
    Prober,
    RunReader,
    RunStarter,
    Services,
    Stored,
    Vault,
    Which,
)
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import RunSnapshot, UniqueCounts
from actui.model.settings import Settings

SENTENCE = "This console is read-only: it was started with --read-only."


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ConfigError(SENTENCE, code="read-only")


class _Connections:
    def __init__(self, store: ConnectionStore) -> None:
        self._store = store

    def all(self) -> Sequence[Stored]:
        return self._store.all()

    def find(self, name_or_id: str) -> Stored:
        return self._store.find(name_or_id)

    save: Callable[..., NoReturn] = staticmethod(_refuse)
    delete: Callable[..., NoReturn] = staticmethod(_refuse)


class _Vault:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def status(self, connection: Connection, which: Which) -> str:
        return self._vault.status(connection, which)

    save: Callable[..., NoReturn] = staticmethod(_refuse)


class _Reader:
    def __init__(self, reader: RunReader) -> None:
        self._reader = reader

    def snapshot(self) -> RunSnapshot | None:
        return self._reader.snapshot()

    def version(self) -> int:
        return self._reader.version()

    def unique(self) -> UniqueCounts:
        return self._reader.unique()

    def damage(self) -> str:
        return self._reader.damage()

    def is_running(self) -> bool:
        return self._reader.is_running()

    def last_message(self) -> str:
        return self._reader.last_message()

    request_stop: Callable[..., NoReturn] = staticmethod(_refuse)


class _Chooser:
    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser

    async def activecampaign(self, connection: Connection) -> ActiveCampaignChoices:
        return await self._chooser.activecampaign(connection)

    async def blueconic(self, connection: Connection) -> BlueConicChoices:
        return await self._chooser.blueconic(connection)

    create_properties: Callable[..., NoReturn] = staticmethod(_refuse)


class _Refusing:
    """Whatever is asked of it, the answer is no: what is added to a port is refused as well."""

    def __getattr__(self, _: str) -> Callable[..., NoReturn]:
        return _refuse


class ReadOnly:
    """The services of a home for somebody who watches; a change raises ConfigError `read-only`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def settings(self) -> Settings:
        return self._services.settings

    @property
    def now(self) -> datetime:
        return self._services.now

    @property
    def connections(self) -> ConnectionStore:
        return _Connections(self._services.connections)

    @property
    def vault(self) -> Vault:
        return _Vault(self._services.vault)

    @property
    def prober(self) -> Prober:
        return self._services.prober

    @property
    def chooser(self) -> Chooser:
        return _Chooser(self._services.chooser)

    @property
    def people(self) -> PeopleReader:
        return self._services.people

    @property
    def starter(self) -> RunStarter:
        return _Refusing()

    @property
    def previewer(self) -> Previewer:
        return self._services.previewer

    def schedule_trouble(self, stored: Stored) -> str:
        """The same as for everybody."""
        return self._services.schedule_trouble(stored)

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        """Settings stay as they are."""
        _refuse(changes)

    def history(self, connection: Connection) -> HistoryStore:
        """The same as for everybody."""
        return self._services.history(connection)

    def reader(self, connection: Connection) -> RunReader:
        """The same as for everybody, but that it cannot stop a run."""
        return _Reader(self._services.reader(connection))
