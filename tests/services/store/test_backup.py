"""A backup holds the home and no secret; restoring it is checked first, and whole or not at all."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actui.model.connection import Connection
from actui.model.errors import ActuiError, BusyError, ConfigError
from actui.model.journal import SumKey, SumSend
from actui.model.run import RunSummary
from actui.model.settings import Settings
from store import restoring as placing
from store.backup import make_backup, restore_backup
from store.connections import Connections
from store.forgotten import Forgotten
from store.history import History
from store.home import Home
from store.ledger import open_ledger
from store.locks import RunLock
from store.settings import SettingsFile

NOWHERE = ("", "")
SEND = SumSend(1, "r1", {SumKey(1, "f", "p"): "1"}, (), None, 0.0)


def home_at(place: Path) -> Home:
    return Home.open({"ACTUI_HOME": str(place)})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = home_at(tmp_path / "home")
    Connections(home).save(Connection(name="A", id="c-A"))
    History(home, "c-A").save(RunSummary(run="r1", connection="A", started="2026-01-01"))
    with open_ledger(home.ledger_file("c-A")) as ledger:
        ledger.sums.journal([SEND])
    Forgotten(home).add(["email anna@example.org"], NOWHERE)
    settings = Settings(theme="nord", password_command="echo s3cret", keyring_backend="evil.Module")  # noqa: S106
    SettingsFile(home).save(settings)
    for name in ("secrets.json", "keyring.cfg", "logs/c-A-last.log", "pace/x-requests"):
        (home.root / name).write_text("s3cret")
    return home


@pytest.fixture
def packed(home: Home, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar.gz"
    make_backup(home, file, "1")
    return file


def unpacked(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def test_it_is_private_and_holds_no_secret_and_no_command(packed: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600
    held = unpacked(packed)
    assert set(held) == {
        "manifest.json",
        *("connections.json", "settings.json", "runs/c-A.json", "ledgers/c-A/ledger.db"),
        *("forgotten.db", "forgotten.key"),
    }
    assert not any(b"s3cret" in content or b"evil" in content for content in held.values())
    assert {one.name for one in tmp_path.iterdir()} == {"home", "backup.tar.gz"}


def test_it_comes_back_in_an_empty_home(packed: Path, tmp_path: Path) -> None:
    other = home_at(tmp_path / "other")
    (other.root / "secrets.json").write_text("mine")
    (other.root / "secrets.json").chmod(0o600)
    found = restore_backup(other, packed, replace=False)
    assert (found.connections, found.replaced) == (1, None)
    assert Connections(other).find("A").connection.id == "c-A"
    assert History(other, "c-A").find("r1")
    assert SettingsFile(other).load() == Settings(theme="nord")
    assert Forgotten(other).among(["email anna@example.org"], NOWHERE)
    assert (other.root / "secrets.json").read_text() == "mine"
    with open_ledger(other.ledger_file("c-A")) as ledger:
        assert ledger.sums.pending() == [SEND]
        doubt = ledger.doubts.find()
    assert doubt is not None
    assert "restored from a backup of" in doubt.why
    private = {stat.S_IMODE(one.stat().st_mode) & 0o077 for one in other.root.rglob("*")}
    assert private == {0}


def test_what_is_in_the_log_of_a_ledger_comes_along(home: Home, tmp_path: Path) -> None:
    with open_ledger(home.ledger_file("c-A")) as ledger, RunLock(home.lock_file("c-A")).held():
        ledger.sums.drop([1])
        make_backup(home, tmp_path / "live.tar.gz", "1")
        ledger.sums.journal([SEND])
    other = home_at(tmp_path / "other")
    restore_backup(other, tmp_path / "live.tar.gz", replace=False)
    with open_ledger(other.ledger_file("c-A")) as ledger:
        assert not ledger.sums.pending()


def test_a_file_that_is_there_is_not_overwritten(home: Home, packed: Path) -> None:
    before = packed.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        make_backup(home, packed, "1")
    assert packed.read_bytes() == before


@pytest.mark.parametrize("name", ["connections.json", "forgotten.key", "ledgers/c-A/ledger.db"])
def test_a_damaged_home_makes_no_backup(home: Home, tmp_path: Path, name: str) -> None:
    (home.root / name).write_bytes(b"")
    with pytest.raises(ConfigError, match=name):
        make_backup(home, tmp_path / "b", "1")
    assert {one.name for one in tmp_path.iterdir()} == {"home"}


def test_a_home_that_holds_something_is_left_alone(home: Home, packed: Path) -> None:
    Connections(home).save(Connection(name="B", id="c-B"))
    with pytest.raises(ConfigError, match="--replace"):
        restore_backup(home, packed, replace=False)
    assert len(Connections(home).all()) == 2


def test_what_is_replaced_is_kept_and_nobody_is_unforgotten(home: Home, packed: Path) -> None:
    Connections(home).save(Connection(name="B", id="c-B"))
    Forgotten(home).add(["email bob@example.org"], NOWHERE)
    found = restore_backup(home, packed, replace=True)
    assert [one.connection.name for one in Connections(home).all()] == ["A"]
    assert (
        len(Forgotten(home).among(["email anna@example.org", "email bob@example.org"], NOWHERE))
        == 2
    )
    assert found.replaced is not None
    assert {"A", "B"} == {
        document["connection"]["name"]
        for document in json.loads((found.replaced / "connections.json").read_text())[
            "_default"
        ].values()
    }


def test_people_forgotten_under_another_key_stay_forgotten(packed: Path, tmp_path: Path) -> None:
    other = home_at(tmp_path / "other")
    Forgotten(other).add(["email bob@example.org"], NOWHERE)
    with pytest.raises(ConfigError, match="different keys"):
        restore_backup(other, packed, replace=True)
    assert Forgotten(other).among(["email bob@example.org"], NOWHERE)


def test_a_run_is_not_disturbed(home: Home, packed: Path) -> None:
    with RunLock(home.lock_file("c-A")).held(), pytest.raises(BusyError):
        restore_backup(home, packed, replace=True)


@pytest.mark.parametrize("steps", range(1, 30))
def test_a_crash_leaves_the_old_home_or_the_new_one(
    home: Home, packed: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies at its n-th rename, unlink or mkdir."""
    Connections(home).save(Connection(name="B", id="c-B"))
    left = steps

    class Killed(BaseException):
        pass

    def dying(name: str) -> Callable[..., Any]:
        real = getattr(Path, name)

        def act(self: Path, *args: Any, **more: Any) -> Any:
            nonlocal left
            if self.is_relative_to(home.root / placing.READY) or placing.READY in map(str, args):
                left -= 1
                if left <= 0:
                    raise Killed
            return real(self, *args, **more)

        return act

    with monkeypatch.context() as patched:
        for name in ("rename", "unlink"):
            patched.setattr(Path, name, dying(name))
        with contextlib.suppress(Killed):
            restore_backup(home, packed, replace=True)
    again = home_at(home.root)
    assert [one.connection.name for one in Connections(again).all()] == ["A"]
    with open_ledger(again.ledger_file("c-A")) as ledger:
        assert ledger.doubts.find() is not None
    assert not (again.root / placing.READY).exists()
    assert len(list(again.root.glob("replaced-*"))) == 1


def rewritten(change: Callable[[dict[str, bytes], Any], object]) -> Callable[[Path], None]:
    def act(file: Path) -> None:
        held = unpacked(file)
        manifest = json.loads(held.pop("manifest.json"))
        change(held, manifest)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in {"manifest.json": json.dumps(manifest).encode(), **held}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        file.write_bytes(packed.getvalue())

    return act


def declared(name: str) -> Callable[[Path], None]:
    def change(held: dict[str, bytes], manifest: Any) -> None:
        held[name] = b"x"
        manifest["files"][name] = {
            "size": 1,
            "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        }

    return rewritten(change)


def special(kind: bytes, target: str) -> Callable[[Path], None]:
    def act(file: Path) -> None:
        held = unpacked(file)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in held.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                if name == "connections.json":
                    member.type, member.linkname, member.size = kind, target, 0
                archive.addfile(member, io.BytesIO(content))
        file.write_bytes(packed.getvalue())

    return act


def bomb(file: Path) -> None:
    member = tarfile.TarInfo("manifest.json")
    member.size = 300_000_000
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write(member.tobuf())
        for _ in range(300):
            out.write(bytes(1_000_000))


SPOILT: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "text": lambda file: file.write_text("no archive"),
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "bits": lambda file: file.write_bytes(
        file.read_bytes()[:200] + b"\0" * 20 + file.read_bytes()[220:]
    ),
    "a path upwards": declared("../evil"),
    "an absolute path": declared("/tmp/evil"),  # noqa: S108
    "a secret": declared("secrets.json"),
    "another file": declared("ledgers/c-A/ledger.db-wal"),
    "a log": declared("logs/x.log"),
    "a symbolic link": special(tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": special(tarfile.LNKTYPE, "settings.json"),
    "a device": special(tarfile.CHRTYPE, ""),
    "a folder": special(tarfile.DIRTYPE, ""),
    "a file missing": rewritten(lambda held, _: held.pop("settings.json")),
    "a file more": rewritten(lambda held, _: held.update({"turns.json": b"{}"})),
    "other content": rewritten(lambda held, _: held.update({"settings.json": b"{}"})),
    "no manifest": rewritten(lambda _, manifest: manifest.clear()),
    "a newer form": rewritten(lambda _, manifest: manifest.update(actui_backup=2)),
    "odd sizes": rewritten(
        lambda _, manifest: manifest["files"]["settings.json"].update(size="many")
    ),
    "a huge size": rewritten(
        lambda _, manifest: manifest["files"]["settings.json"].update(size=10**18)
    ),
    "a bomb": bomb,
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_nothing_is_touched_before_all_is_checked(
    home: Home, packed: Path, spoilt: str, tmp_path: Path
) -> None:
    SPOILT[spoilt](packed)
    before = {one: one.stat().st_mtime_ns for one in home.root.rglob("*") if one.is_file()}
    with pytest.raises(ActuiError):
        restore_backup(home, packed, replace=True)
    kept = {one for one in home.root.rglob("*") if one.is_file()}
    assert before.keys() <= kept
    assert all(
        one.stat().st_mtime_ns == at for one, at in before.items() if "locks" not in str(one)
    )
    assert not any(one.name.startswith((".restor", "evil")) for one in tmp_path.rglob("*"))
