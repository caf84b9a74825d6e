"""Commands that read work on a home that cannot be written; others say so in one sentence."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.bench.full_disks import can_mount
from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.test_sums import PEOPLE, goal, people

READING = [
    ("list",),
    ("runs", NAME),
    ("outcomes", NAME, "--json"),
    ("why", NAME, "person1@example.org"),
    ("export", NAME),
    ("check", NAME),
    ("check", NAME, "--online"),
    ("secret", "status", NAME),
    ("settings",),
    ("audit",),
    ("paths",),
    ("watch", NAME),
    ("run", NAME, "--dry-run", "--json"),
]
WRITING = [
    ("run", NAME, "--json"),
    ("settings", "set", "request_seconds", "17"),
    ("disable", NAME),
    ("delete", NAME, "--yes"),
]


@contextmanager
def mounted(place: Path) -> Iterator[dict[str, object]]:
    """A second way to the home, through which nothing can be written."""
    other = Path(tempfile.mkdtemp(prefix="actui-read-only-"))
    subprocess.run(["mount", "--bind", str(place), str(other)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(other)], check=True)
        yield {"env": {"ACTUI_HOME": str(other)}}
    finally:
        subprocess.run(["umount", "-l", str(other)], check=True)
        other.rmdir()


@contextmanager
def forbidden(place: Path) -> Iterator[dict[str, object]]:
    """A copy of the home whose owner may only read it."""
    copy = Path(tempfile.mkdtemp(prefix="actui-forbidden-"))
    shutil.copytree(place, copy, dirs_exist_ok=True)
    everything = [copy, *copy.rglob("*")]
    for one in everything:
        one.chmod(0o500 if one.is_dir() else 0o400)
    try:
        root = {"first": forked.drop_privileges} if os.geteuid() == 0 else {}
        yield {"env": {"ACTUI_HOME": str(copy)}, **root}
    finally:
        for one in everything:
            one.chmod(0o700)
        shutil.rmtree(copy)


@pytest.fixture(params=["mount", "rights"])
async def home(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Lab, dict[str, object]]]:
    """A home with one run behind it, and how a process is started that cannot write it."""
    way = forbidden if request.param == "rights" or not can_mount() else mounted
    async with lab() as world:
        await people(world)
        world.apply(goal())
        await world.run()
        with ExitStack() as kept:
            yield world, kept.enter_context(way(world.place))


async def command(
    home: tuple[Lab, dict[str, object]], words: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    world, how = home
    given = dict(how)
    environ = {**os.environ, **world.environ, **given.pop("env")}  # type: ignore[dict-item]
    return await asyncio.to_thread(
        forked.run,
        *words,
        environ=environ,
        cwd=Path("/"),
        **given,  # type: ignore[arg-type]
    )


async def test_what_is_there_can_be_read(home: tuple[Lab, dict[str, object]]) -> None:
    world, _ = home
    before = {file: file.read_bytes() for file in world.place.rglob("*") if file.is_file()}
    everything = await asyncio.gather(*(command(home, words) for words in READING))
    for words, done in zip(READING, everything, strict=True):
        assert (words, done.returncode, "Traceback" in done.stderr) == (words, 0, False), (
            done.stderr
        )
        if words[0] == "outcomes":
            assert len(done.stdout.splitlines()) == PEOPLE
    doctor = await command(home, ("doctor",))
    # it says that nothing can be written here, and everything else as elsewhere
    assert (doctor.returncode, "Traceback" in doctor.stderr) == (2, False), doctor.stderr
    assert "ERROR" in doctor.stdout
    after = {file: file.read_bytes() for file in world.place.rglob("*") if file.is_file()}
    assert {file.name for file in after if after[file] != before.get(file)} <= {"ledger.db-shm"}


async def test_what_would_be_written_is_refused_with_a_sentence(
    home: tuple[Lab, dict[str, object]],
) -> None:
    everything = await asyncio.gather(*(command(home, words) for words in WRITING))
    for words, done in zip(WRITING, everything, strict=True):
        assert (words, done.returncode) == (words, 2), done.stderr
        (said,) = done.stderr.splitlines()
        assert said.startswith("actui: ")
        assert "denied" in said or "Read-only" in said, said
