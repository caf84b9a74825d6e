"""Writes `home-0.1.0.tar.xz`: a home as actui 0.1.0 left it, and the services it worked with.

Not run by the tests. It was run once, with the program as it was at commit 36f97b2 (version 0.1.0),
before anything that is stored was changed:

    python -m tests.process.oldhome.generate tests/process/oldhome/home-0.1.0.tar.xz

Everything in the home was written by that program's own commands (`apply`, `run`, `stop`, `retry`,
`forget`, `settings`, `secret` ...), each in a process of its own, on sandboxes in this process.
Only what names a machine was replaced afterwards: the user and the host in the audit, process ids,
and the paths of the throw-away home. The archive holds

    home/            the home, without locks, logs and pace files
    NAME.world       the state of the sandbox that the connection NAME works with
    expected.json    what the commands of 0.1.0 printed about a copy of that home

Its connections:

    Steady   has run often, and its last run had nothing to send
    Cutoff   died (`kill -9`) with one import batch queued and another one on its way
    Sums     died with Sums on their way, of which BlueConic had applied half
    Idle     has never run; its secrets are in the private file
"""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.process.oldhome.cut_off import cutoff, sums, undisturbed_cutoff, undisturbed_sums
from tests.process.oldhome.expected import described
from tests.process.oldhome.making import EMAIL_LINK, HOST, READERS, USER, Maker, Row
from tests.process.oldhome.steady import steady

IDLE_CANARIES = ("canary-activecampaign-key", "canary-blueconic-secret")


async def idle(maker: Maker) -> None:
    goal = {"id": "g-idle", "name": "Someday", "segment": READERS, "identifiers": EMAIL_LINK}
    await maker.apply(
        "Idle",
        [{"export": {**goal, "enabled": False, "mappings": [], "lists": ["4"]}}],
        enabled=False,
        description="Never ran",
        labels=["later"],
        timezone="Asia/Kolkata",
        notify={"when": "failure", "recipients": ["ops@example.com"]},
        schedule={"type": "monthly-weekday", "week": "last", "weekday": "tue", "at": "23:30"},
        activecampaign={"url": "https://acme.api-us1.example.com"},
        blueconic={"url": "https://acme.blueconic.example.net", "client_id": "client"},
    )
    await maker.actui("settings", "set", "secrets_in_file", "true")
    names = ("activecampaign-api-key", "blueconic-client-secret")
    for name, canary in zip(names, IDLE_CANARIES, strict=True):
        await maker.actui("secret", "set", "Idle", name, stdin=canary)
    await maker.actui("enable", "Idle")
    await maker.actui("disable", "Idle")


async def settings(maker: Maker) -> None:
    for key, value in (
        ("theme", "nord"),
        ("requests_per_second", "2000"),
        ("request_seconds", "2"),
        ("settle_seconds", "1"),
        ("blueconic_requests_at_once", "3"),
        ("mail.host", "mail.example.com"),
        ("mail.username", "actui@example.com"),
    ):
        await maker.actui("settings", "set", key, value)


def without_machine(home: Path) -> None:
    """Replace what names this machine or its processes, and drop what only processes need."""
    for folder in ("locks", "logs", "pace"):
        shutil.rmtree(home / folder)
    for file in [*home.rglob("*.lock"), *home.rglob("*.bak")]:
        file.unlink()
    for file in (home / "audit").glob("*.jsonl"):
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            line.update(user=USER, host=HOST)
            line.pop("behind", None)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.write_text(text, encoding="utf-8")
    for file in home.rglob("ledger.db"):
        database = sqlite3.connect(file, isolation_level=None)
        database.execute("UPDATE run SET pid = 1")
        for (text,) in database.execute("SELECT snapshot FROM progress").fetchall():
            snapshot = json.dumps({**json.loads(text), "pid": 1}, ensure_ascii=False)
            database.execute("UPDATE progress SET snapshot = ?", (snapshot,))
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("VACUUM")
        database.close()
        for rest in ("-wal", "-shm"):
            file.with_name(file.name + rest).unlink(missing_ok=True)


async def make(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="actui-oldhome-") as named:
        place = Path(named)
        ends = {}
        for name, undisturbed in (("Cutoff", undisturbed_cutoff), ("Sums", undisturbed_sums)):
            spare = Maker(place / name)
            spare.place.mkdir()
            await settings(spare)
            ends[name] = await undisturbed(spare)
        maker = Maker(place)
        await settings(maker)
        for part in (steady, cutoff, sums, idle):
            print(part.__name__)
            await part(maker)
        without_machine(maker.home)
        expected = {"ends": ends, **await asyncio.to_thread(described, maker.home, maker.environ)}
        await asyncio.to_thread(_pack, target, place, expected)


def _pack(target: Path, place: Path, expected: Row) -> None:
    """Put the home, the sandboxes' states and what was printed into one file."""
    text = json.dumps(expected, ensure_ascii=False, sort_keys=True, indent=0).encode()
    with tarfile.open(target, "w:xz") as archive:
        for file in [*sorted((place / "home").rglob("*")), *sorted(place.glob("*.world"))]:
            archive.add(file, str(file.relative_to(place)), recursive=False, filter=_plain)
        info = tarfile.TarInfo("expected.json")
        info.size = len(text)
        archive.addfile(_plain(info), io.BytesIO(text))
    print(target, target.stat().st_size, "bytes")


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o700 if info.isdir() else 0o600
    return info


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
