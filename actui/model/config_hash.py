"""The digest of what a goal is configured to do, by which a run knows that a goal has changed.

Stored digests outlive versions of actui, so both forms of them are data that is written down here.
Settings are called by their names in the connection file, with the way to each:
`import.mappings.rule`. Things of the accounts count by id once they have one: renaming a list in
its account does not make the goal another.

The form of today is `2:` and 16 hexadecimal digits: of the SHA-256 of a JSON object (keys sorted,
no blanks, ASCII) that holds `kind` and every setting whose value differs from its baseline, under
the way to it with the places in lists: `import.mappings[0].rule`. So a setting that is added with
a default changes no digest, and a default that is changed later counts as a change. The form of
version 0.1.0 is described at `_FIRST_FORM`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

_VERSION = "2:"
_LENGTH = 16

NOT_SENT = frozenset(
    f"{kind}.{name}"
    for kind in ("import", "export")
    for name in ("id", "name", "enabled", "reconcile_days", "recheck_requests")
)
"""Settings that do not decide what is sent: names, switches, budgets. They are in no digest."""

BASELINES: Mapping[str, object] = MappingProxyType(
    {
        "import.identifiers": [],
        "import.identifiers.property": None,
        "import.identifiers.profile_id": False,
        "import.mode": "changed",
        "import.contacts": "all",
        "import.lists": [],
        "import.lists.create_profiles": False,
        "import.statuses": None,
        "import.create_profiles": False,
        "import.new_profiles.privacy_legislation": None,
        "import.new_profiles.permission_level": "PERSONAL",
        "import.new_profiles.domain_group": "DEFAULT",
        "import.save_lists_to": None,
        "import.mappings": [],
        "import.mappings.rule": "set",
        "import.mappings.when_empty": "keep",
        "import.mappings.of": "value",
        "import.mappings.sum_start": None,
        "export.identifiers": [],
        "export.identifiers.property": None,
        "export.identifiers.profile_id": False,
        "export.mode": "changed",
        "export.mappings": [],
        "export.mappings.when_empty": "keep",
        "export.lists": [],
        "export.resubscribe": "never",
        "export.unsubscribe": False,
        "export.automations": True,
        "export.recreate_deleted": False,
        "export.lifecycle": None,
        "export.lifecycle.events": [],
        "export.unknown_stage": "skip",
    }
)
"""The value of each setting that leaves the digest alone: its default when it was introduced.

A row is never changed. A new setting that decides what is sent gets a row with its default.
"""

FIRST_SPELLINGS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {"export.unsubscribe": {"never": False, "own": True}}
)
"""Values that a goal's own setting had when it was first hashed, by the spelling of today.

They stay in every digest as they were; a value that came later counts as it is spelled.
"""

_LINK = {"field": None, "property": None, "profile_id": None}
_FIRST_FORM: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "import": {
            "identifiers": _LINK,
            "mode": None,
            "reconcile_days": None,
            "contacts": None,
            "lists": {"list": None, "create_profiles": None},
            "statuses": None,
            "create_profiles": None,
            "new_profiles": {
                "privacy_legislation": None,
                "permission_level": None,
                "domain_group": None,
            },
            "save_lists_to": None,
            "mappings": {
                "field": None,
                "property": None,
                "rule": None,
                "when_empty": None,
                "of": None,
                "sum_start": None,
            },
        },
        "export": {
            "identifiers": _LINK,
            "mode": None,
            "reconcile_days": None,
            "segment": None,
            "mappings": {
                "source": {"property": None, "segments": None, "text": None},
                "field": None,
                "when_empty": None,
            },
            "lists": None,
            "resubscribe": None,
            "unsubscribe": None,
            "automations": None,
            "recreate_deleted": None,
            "lifecycle": {"lifecycle": None, "stage": None, "events": None},
        },
    }
)
"""The fields that version 0.1.0 hashed, all of them, whatever their values.

Its digest is 16 hexadecimal digits of the SHA-256 of their JSON (keys sorted, `, ` and `: ` as
separators, ASCII), with the fields of a table's rows in each row.
"""
_FIRST_NAMES = {"source": "from"}
"""What 0.1.0 called otherwise than the connection file does."""


def config_hash(kind: str, settings: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    """The digest of a goal in the form of today.

    `settings` are all its settings as in the connection file, with ids beside names; `chosen` the
    same without those that have the default of this version.
    """
    facts: dict[str, object] = {"kind": kind}
    settings = _first_spelled(kind, settings)
    facts.update((where, value) for _, where, value in _deviations(kind, settings, chosen))
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return _VERSION + hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def is_hash_of(
    stored: str, kind: str, settings: Mapping[str, Any], chosen: Mapping[str, Any]
) -> bool:
    """Whether a stored digest, of this version or of 0.1.0, is that of the goal as it is.

    A digest of 0.1.0 knows nothing of later settings: they must all be at their baselines.
    """
    if stored.startswith(_VERSION):
        return stored == config_hash(kind, settings, chosen)
    settings = _first_spelled(kind, settings)
    later = {path for path, _, _ in _deviations(kind, settings, chosen)} - _FIRST_PATHS
    return not later and stored == _first_hash(kind, settings)


def _first_spelled(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: FIRST_SPELLINGS[path].get(value, value)
        if (path := f"{kind}.{name}") in FIRST_SPELLINGS
        else value
        for name, value in settings.items()
    }


def _first_hash(kind: str, settings: Mapping[str, Any]) -> str:
    text = json.dumps(_first_form(settings, _FIRST_FORM[kind]), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _first_form(value: Any, fields: Mapping[str, Any] | None) -> Any:
    if isinstance(value, list):
        return [_first_form(item, fields) for item in value]
    if fields is None or not isinstance(value, dict):
        return _by_id(value)
    names = {field: _FIRST_NAMES.get(field, field) for field in fields}
    return {
        field: _first_form(value[name], fields[field])
        for field, name in names.items()
        if name in value
    }


def _paths(path: str, fields: Mapping[str, Any] | None) -> Iterator[str]:
    yield path
    for field, inner in (fields or {}).items():
        yield from _paths(f"{path}.{_FIRST_NAMES.get(field, field)}", inner)


_FIRST_PATHS = frozenset(p for kind, fields in _FIRST_FORM.items() for p in _paths(kind, fields))
_ABSENT = object()


def _deviations(
    path: str, value: Any, chosen: Any, where: str = ""
) -> Iterator[tuple[str, str, object]]:
    """The settings that are not at their baselines: path, way to it, value."""
    where = where or path
    if path in NOT_SENT:
        return
    if isinstance(value, dict) and not _is_named(value):
        known = chosen if isinstance(chosen, dict) else {}
        for name, inner in value.items():
            at = known.get(name, _ABSENT)
            yield from _deviations(f"{path}.{name}", inner, at, f"{where}.{name}")
    elif isinstance(value, list) and any(isinstance(i, dict) and not _is_named(i) for i in value):
        rows = chosen if isinstance(chosen, list) else [_ABSENT] * len(value)
        for number, (item, at) in enumerate(zip(value, rows, strict=True)):
            yield from _deviations(path, item, at, f"{where}[{number}]")
    elif value != BASELINES[path] if path in BASELINES else chosen is not _ABSENT:
        yield path, where, _by_id(value)


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "id"}


def _by_id(value: Any) -> Any:
    if isinstance(value, list):
        return [_by_id(item) for item in value]
    return value["id"] if _is_named(value) and value["id"] else value
