"""A damaged document is named with its file and its last good copy; nothing waits for a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actui.model.connection import Connection
from actui.model.errors import ConfigError, DamagedError
from actui.model.run import RunSummary
from actui.model.secret import SecretName
from actui.model.settings import Settings
from store.audit import Audit
from store.connections import Connections
from store.history import History
from store.home import Home
from store.json_file import backup_of
from store.locks import RunLock
from store.schedule_claims import ScheduleClaims
from store.secrets import Secrets
from store.sent_notices import SentNotices
from store.settings import SettingsFile

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NO_KEYS = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which every file of documents has been written twice."""
    home = Home.open({"ACTUI_HOME": str(tmp_path / "home")})
    for name in ("A", "B"):
        Connections(home).save(Connection(name=name, id=f"c-{name}"))
        History(home, "c-A").save(RunSummary(run=name, connection="A", started="2026-01-01"))
        ScheduleClaims(home).claim(f"c-{name}", None, NOW, lambda: "started")
        SentNotices(home).keep(f"c-{name}", {"mail": "failed"})
        SettingsFile(home).save(Settings(theme=name, secrets_in_file=True))
    home.secrets_file.write_bytes(home.notices_file.read_bytes())
    return home


def find_secret(home: Home) -> Any:
    secrets = Secrets(home, Settings(secrets_in_file=True), NO_KEYS)
    return secrets.find("A", "c-A", SecretName.ACTIVECAMPAIGN_API_KEY, "https://acme.example")


FILES: dict[str, tuple[Callable[[Home], Path], Callable[[Home], object]]] = {
    "connections": (lambda h: h.connections_file, lambda h: Connections(h).all()),
    "history": (lambda h: h.history_file("c-A"), lambda h: History(h, "c-A").all()),
    "turns": (lambda h: h.schedule_claims_file, lambda h: ScheduleClaims(h).started()),
    "notices": (lambda h: h.notices_file, lambda h: SentNotices(h).last_sent("c-A")),
    "settings": (lambda h: h.settings_file, lambda h: SettingsFile(h).load()),
    "secrets": (lambda h: h.secrets_file, find_secret),
}
WRONG: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n",
    "truncated": b'{"_schema": {"version": 1}, "_default": {"1": {"connec',
    "not UTF-8": '{"_default": {"1": {"theme": "é"}}}'.encode("latin-1"),
    "UTF-16": '{"_default": {}}'.encode("utf-16"),
    "zeros": bytes(4096),
    "a list": b"[]",
    "a number": b"17",
    "a table that is a list": b'{"_default": []}',
    "a number as the table": b'{"_default": 3}',
    "documents in a list": b'{"_default": [{"theme": "x"}]}',
    "a document that is a text": b'{"_default": {"1": "text"}}',
    "a document without a number": b'{"_default": {"one": {}}}',
    "no version": b'{"_schema": {}, "_default": {}}',
    "a text as the version": b'{"_schema": {"version": "new"}, "_default": {}}',
    "a schema that is null": b'{"_schema": null, "_default": {}}',
    "many brackets": b"[" * 100_000,
    "a large number": b'{"_default": {"1": {"version": ' + b"9" * 5_000 + b"}}}",
}
SHAPES: dict[str, dict[str, Any]] = {
    "strange": {"strange": 1},
    "null": dict.fromkeys(("connection", "started", "told", "theme", "entry", "value", "run")),
    "numbers": dict.fromkeys(("connection", "started", "told", "theme", "entry", "value"), 7),
    "lists": dict.fromkeys(("connection", "started", "told", "theme", "entry", "value"), [1]),
}
OTHERS: dict[str, Callable[[Path], object]] = {"a folder": Path.mkdir, "a pipe": os.mkfifo}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("file", FILES)
def test_what_is_wrong_is_named_with_file_and_copy(home: Home, file: str, wrong: str) -> None:
    place, read = FILES[file]
    place(home).write_bytes(WRONG[wrong])
    with pytest.raises(DamagedError) as found:
        read(home)
    assert str(place(home)) in found.value.message
    if file != "secrets":  # a replaced secret must not live on in a copy
        assert f"Its last good copy is {backup_of(place(home))}" in found.value.message


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("file", [one for one in FILES if one != "notices"])
def test_a_document_of_another_shape_is_named_with_its_file(
    home: Home, file: str, shape: str
) -> None:
    place, read = FILES[file]
    place(home).write_text(json.dumps({"_default": {"1": SHAPES[shape]}}))
    with contextlib.suppress(DamagedError):
        assert not read(home)
        return
    with pytest.raises(DamagedError, match=re.escape(str(place(home)))):
        read(home)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("file", FILES)
def test_something_else_in_the_place_of_a_file_is_named(home: Home, file: str, kind: str) -> None:
    place, read = FILES[file]
    place(home).unlink()
    OTHERS[kind](place(home))
    with pytest.raises(DamagedError, match="something else than a file"):
        read(home)


@pytest.mark.parametrize("file", FILES)
def test_a_folder_in_the_place_of_a_lock_is_named(home: Home, file: str) -> None:
    place, read = FILES[file]
    lock = place(home).with_name(place(home).name + ".lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    with pytest.raises(ConfigError, match="cannot be opened"):
        read(home)


def test_a_copy_that_is_damaged_too_is_not_called_good(home: Home) -> None:
    home.connections_file.write_bytes(b"")
    backup_of(home.connections_file).write_bytes(b"{")
    with pytest.raises(DamagedError, match="no good copy"):
        Connections(home).all()


def test_a_folder_in_the_place_of_a_run_lock_is_named(home: Home) -> None:
    home.lock_file("c-A").mkdir()
    with pytest.raises(ConfigError, match="cannot be opened"):
        RunLock(home.lock_file("c-A")).is_held()


@pytest.mark.parametrize(
    "line",
    ["[]", "17", "{}", '{"at": 1}', '{"at":"","user":"","host":"","action":"","changes":[1]}'],
)
def test_odd_lines_of_the_audit_are_left_out(home: Home, line: str) -> None:
    audit = Audit(home, {})
    audit.record("looked")
    file = next(home.audit_dir.iterdir())
    file.write_text(f"{line}\n{file.read_text()}{line}\n\xff")
    assert [one["action"] for one in audit.lines()] == ["looked"]


def test_a_pipe_among_the_audit_is_named(home: Home) -> None:
    os.mkfifo(home.audit_dir / "2026-01.jsonl")
    with pytest.raises(DamagedError, match="2026-01"):
        list(Audit(home, {}).lines())
