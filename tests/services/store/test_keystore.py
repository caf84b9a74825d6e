"""The encrypted file stays its owner's alone, however often it is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actui.model.settings import ENCRYPTED_FILE
from store.key_store import KeyStore


@pytest.fixture
def _others_may_read() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_others_may_read")
def test_the_encrypted_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keyring.cfg"
    store = KeyStore(ENCRYPTED_FILE, file=file, unlock="open sesame")
    for number in range(2):
        store.set(f"entry-{number}", "secret")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.delete("entry-0")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (store.get("entry-0"), store.get("entry-1")) == (None, "secret")


def test_many_runs_that_start_at_once_all_open_the_encrypted_file(tmp_path: Path) -> None:
    file = tmp_path / "keyring.cfg"
    KeyStore(ENCRYPTED_FILE, file=file, unlock="open sesame").set("entry", "secret")

    def get(_: int) -> str | None:
        return KeyStore(ENCRYPTED_FILE, file=file, unlock="open sesame").get("entry")

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(get, range(20))) == ["secret"] * 20
