"""A home as a host without a desktop has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actui.cli import main
from actui.model.settings import Settings
from store.home import Home
from store.key_store import KeyStore, NoKeyStoreError
from store.settings import SettingsFile
from tests.process.commands.news import FILE, HANGING


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with one connection, on a host without a session bus and without a key store."""
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    (tmp_path / "news.yaml").write_text(FILE)
    assert main(["apply", str(tmp_path / "news.yaml")]) == 0
    return Home.open(dict(os.environ))


@pytest.fixture
def no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a host without a key store answers, without the process that asks for it."""

    def missing(*_: object) -> None:
        raise NoKeyStoreError("This machine has no key store that keeps secrets safely.")

    monkeypatch.setattr(KeyStore, "_ask", missing)


@pytest.fixture
def asked(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key store that never answers is the home's; this file says how often it was asked."""
    (tmp_path / "hangingstore.py").write_text(HANGING)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    file = tmp_path / "asked"
    monkeypatch.setenv("ASKED", str(file))
    SettingsFile(home).save(Settings(keyring_backend="hangingstore.Hanging"))
    return file
