"""What a connection file leaves unsaid, taken from the connection that it updates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from actui.model.connection import Connection
from actui.model.goals import replace_named

_Ids = dict[tuple[str, str], tuple[str, str]]
_KINDS = {"lists": "list"}


def counterpart(connection: Connection, stored: Sequence[Connection]) -> Connection | None:
    """The stored connection that a file is about: the one of its id, else the one of its name."""
    by_id = (one for one in stored if connection.id and one.id == connection.id)
    by_name = (one for one in stored if one.name == connection.name)
    return next(by_id, None) or next(by_name, None)


def as_known(connection: Connection, before: Connection | None) -> Connection:
    """The connection with the ids that `before` has for the same things.

    A goal without an id is the one of its kind and name; a list, segment, objective, lifecycle or
    stage named as before keeps the id that it was found by. A word that may be the id of one thing
    and the name of another is left for the accounts to tell.
    """
    if before is None:
        return connection
    goals = {(goal.kind, goal.name): goal.id for goal in before.goals}
    ids = _unambiguous(_things_with_ids(before))

    def with_known_id(named: dict[str, Any], key: str) -> dict[str, Any]:
        found = None if named["id"] else ids.get((_KINDS.get(key, key), named["name"]))
        return {"name": found[0], "id": found[1]} if found else named

    facts = replace_named(_facts(connection), with_known_id)
    facts["id"] = before.id
    for goal in facts["goals"]:
        goal["id"] = goal["id"] or goals.get((goal["kind"], goal["name"]), "")
    return Connection.model_validate(facts)


def _facts(connection: Connection) -> Any:
    return connection.model_dump(mode="json", by_alias=True)


def _things_with_ids(connection: Connection) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Each thing that has an id, by its kind and name and by its kind and id."""
    found: list[tuple[tuple[str, str], tuple[str, str]]] = []

    def note(named: dict[str, Any], key: str) -> None:
        if named["id"]:
            kind, thing = _KINDS.get(key, key), (named["name"], named["id"])
            found.extend(((kind, text), thing) for text in thing)

    replace_named(_facts(connection), note)
    return found


def _unambiguous(found: Iterable[tuple[tuple[str, str], tuple[str, str]]]) -> _Ids:
    """Those words that stand for one thing alone; a number may be an id that is not known here."""
    ids: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for word, thing in found:
        ids.setdefault(word, set()).add(thing)
    alone = {word: next(iter(things)) for word, things in ids.items() if len(things) == 1}
    return {
        (kind, word): (name, id_)
        for (kind, word), (name, id_) in alone.items()
        if word == id_ or not word.isdecimal()
    }
