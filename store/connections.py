"""The connections of a home."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from actui.model.connection import Connection, secret_prefix
from actui.model.difference import difference
from actui.model.errors import ConfigError
from store.audit import Audit
from store.home import Home, checked_id, is_id
from store.json_file import as_stored, documents
from store.user import user_name


@dataclass(frozen=True, slots=True)
class Stored:
    """A connection as it was last saved; `version` grows by one with each save."""

    connection: Connection
    version: int
    saved_at: str
    saved_by: str
    timed_at: str = ""

    @property
    def since(self) -> datetime:
        """When its schedule was switched on or last changed; due times before that do not count."""
        return datetime.fromisoformat(self.timed_at or self.saved_at)


class Connections:
    """Reads and writes connections.json; every call sees what other processes wrote.

    What it changes is recorded in `audit`, with the difference.
    """

    def __init__(self, home: Home, audit: Audit | None = None) -> None:
        self._path = home.connections_file
        self._audit = audit

    def all(self) -> list[Stored]:
        """All connections, favourites first, then by name."""
        with documents(self._path) as database:
            found = [self._stored(document) for document in database.all()]
        return sorted(
            found, key=lambda s: (not s.connection.favorite, s.connection.name.casefold())
        )

    def find(self, name_or_id: str) -> Stored:
        """The connection of a name or id. Raises ConfigError that suggests similar names."""
        known = self.all()
        for stored in known:
            if name_or_id in (stored.connection.id, stored.connection.name):
                return stored
        names = [stored.connection.name for stored in known]
        close = difflib.get_close_matches(name_or_id, names, n=3)
        hint = f"Did you mean {' or '.join(close)}?" if close else "actui list tells which are."
        raise ConfigError(
            f"There is no connection '{name_or_id}'. {hint if names else 'There is none yet.'}",
            code="unknown",
        )

    def save(self, connection: Connection, *, expected: int | None = None) -> Stored:
        """Create or replace a connection, found by its id, or by its name if it has none.

        Raises ConfigError if its name is taken, or with code `changed-elsewhere` if the stored
        version is not the `expected` one.
        """
        with documents(self._path) as database:
            held = {document.doc_id: self._stored(document) for document in database.all()}
            doc_id = _place(connection, held)
            before = held.get(doc_id) if doc_id is not None else None
            if expected is not None and before is not None and before.version != expected:
                raise ConfigError(
                    f"'{connection.name}' was changed by {before.saved_by} at {before.saved_at}; "
                    "open it again to see how.",
                    code="changed-elsewhere",
                )
            if before is not None and not connection.id:
                connection = connection.model_copy(update={"id": before.connection.id})
            connection = connection.with_ids()
            checked_id(connection.id)
            others = [one.connection for place, one in held.items() if place != doc_id]
            _refuse_taken_name(connection, [(one.id, one.name) for one in others])
            now = datetime.now(UTC)
            stored = Stored(
                connection,
                before.version + 1 if before else 1,
                now.isoformat(timespec="seconds"),
                user_name(),
                _timed_at(connection, before, now),
            )
            if doc_id is None:
                database.insert(_document(stored))
            else:
                database.update(_document(stored), doc_ids=[doc_id])
        self._record(before.connection if before else None, stored.connection)
        return stored

    def refuse_clashes(self, wanted: Sequence[Connection]) -> None:
        """Raise ConfigError where saving these connections one by one would be refused.

        Two of them that are about the same connection are refused as well.
        """
        kept = {(one.connection.id, ""): one.connection for one in self.all()}
        seen: set[tuple[str, str]] = set()
        for connection in wanted:
            place = (connection.id, "" if connection.id else connection.name)
            if place in seen:
                message = f"Two of the files are about '{connection.name}'."
                raise ConfigError(message, code="name-taken")
            seen.add(place)
            if connection.id:
                checked_id(connection.id)
            others = [(one.id, one.name) for at, one in kept.items() if at != place]
            _refuse_taken_name(connection, others)
            kept[place] = connection

    def _stored(self, document: Any) -> Stored:
        with as_stored(self._path, "it holds a connection that is not valid"):
            return _stored(document)

    def _record(self, before: Connection | None, after: Connection) -> None:
        if self._audit is None:
            return
        if before is None:
            self._audit.record("created", after, difference(None, after))
            return
        if before.enabled != after.enabled:
            self._audit.record(f"switched {'on' if after.enabled else 'off'}", after)
        found = [one for one in difference(before, after) if one.where != "enabled"]
        if found:
            self._audit.record("changed", after, found)

    def delete(self, connection_id: str) -> None:
        """Remove a connection; does nothing if there is none of this id."""
        gone: list[Connection] = []
        with documents(self._path) as database:
            for document in database.all():
                if (held := self._stored(document).connection).id == connection_id:
                    database.remove(doc_ids=[document.doc_id])
                    gone.append(held)
        for connection in gone:
            if self._audit is not None:
                self._audit.record("deleted", connection, difference(connection, None))


def _place(connection: Connection, held: dict[int, Stored]) -> int | None:
    if connection.id:
        return next((i for i, s in held.items() if s.connection.id == connection.id), None)
    return next((i for i, s in held.items() if s.connection.name == connection.name), None)


def _timed_at(connection: Connection, before: Stored | None, now: datetime) -> str:
    """Since when the schedule has been as it is now; other changes do not move it."""
    if before is None or before.connection.timing != connection.timing:
        return now.isoformat()
    return before.since.isoformat()


def _refuse_taken_name(connection: Connection, others: Iterable[tuple[str, str]]) -> None:
    """Raise ConfigError where the name cannot stand beside `others`: their ids and names."""
    mine = connection.name
    for other_id, other in others:
        if mine == other:
            message = f"There is already a connection called '{other}'."
        elif mine == other_id:
            message = f"'{mine}' is the id of the connection '{other}'; choose another name."
        elif secret_prefix(mine) == secret_prefix(other):
            message = (
                f"'{mine}' is too much like '{other}': their secrets would have the same name."
            )
        else:
            continue
        raise ConfigError(message, code="name-taken")


def _document(stored: Stored) -> dict[str, Any]:
    body = stored.connection.model_dump(mode="json", by_alias=True)
    for goal in body["goals"]:
        goal["kind"] = goal.pop("kind")  # last, where earlier versions wrote it
    return {
        "connection": body,
        "version": stored.version,
        "saved_at": stored.saved_at,
        "saved_by": stored.saved_by,
        "timed_at": stored.timed_at,
    }


def _stored(document: Any) -> Stored:
    """What a document holds. Raises one of UNREADABLE for another shape."""
    stored = Stored(
        Connection.model_validate(document["connection"]),
        int(document["version"]),
        str(document["saved_at"]),
        str(document["saved_by"]),
        str(document.get("timed_at", "")),
    )
    if not is_id(stored.connection.id):
        raise ValueError("an id that no file can have")
    if stored.since.tzinfo is None:
        raise ValueError(stored.since)
    return stored
