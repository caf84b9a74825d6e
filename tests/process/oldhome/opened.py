"""The home that 0.1.0 left, unpacked: alone, or with a connection's services on free ports."""

from __future__ import annotations

import json
import sqlite3
import tarfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx

from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.model.run import RunSummary
from actui.sandbox import kept
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from actui.sync.run.goal_run import Options

ARCHIVE = Path(__file__).parent / "home-0.1.0.tar.xz"
HOUR, YEAR = 3_600.0, 365 * 86_400.0
TOKEN = "/rest/v2/oauth/token"

Row = dict[str, Any]


def unpacked(place: Path) -> Row:
    """Put the archive's files into a folder; what 0.1.0 said about them."""
    with tarfile.open(ARCHIVE) as archive:
        # patch releases before 3.11.4 know no filters
        safely: Row = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(place, **safely)
    expected: Row = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    return expected


class Opened:
    """One connection of the old home, with the services it worked with."""

    def __init__(
        self, name: str, place: Path, expected: Row, ready: Row, control: httpx.AsyncClient
    ) -> None:
        self.name, self.place, self.expected, self.control = name, place, expected, control
        prefix = f"ACTUI_SECRET_{name.upper()}"
        self.environ = {
            "ACTUI_HOME": str(place / "home"),
            f"{prefix}_ACTIVECAMPAIGN_API_KEY": ready["activecampaign"]["api_key"],
            f"{prefix}_BLUECONIC_CLIENT_SECRET": ready["blueconic"]["client_secret"],
        }

    @property
    def context(self) -> AppContext:
        """The home, opened anew as a new process would."""
        return AppContext.open(self.environ)

    async def run(self, **options: Any) -> RunSummary:
        """One run to its end."""
        context = self.context
        connection = context.connections.find(self.name).connection
        async with RunFactory(context).engine(connection, Options(**options)) as engine:
            return await engine.execute()

    def newest(self) -> Row:
        """The last run of this connection that 0.1.0 knew of."""
        runs: list[Row] = self.expected["commands"][f"runs {self.name} --limit 500"]
        return runs[0]

    def outcomes(self, run: str) -> list[Row]:
        """What became of people in a run; who is unchanged leaves no row."""
        context = self.context
        with context.ledger(context.connections.find(self.name).connection) as ledger:
            return list(ledger.outcomes.find(run=run))

    @property
    def ledger_file(self) -> Path:
        """The connection's ledger."""
        return self.place / "home" / "ledgers" / f"c-{self.name.lower()}" / "ledger.db"

    async def writes(self) -> Counter[str]:
        """How often each kind of request was sent that is neither a reading nor for a token."""
        rows = (await self.control.get("/requests")).json()
        return Counter(
            f"{row['method']} {row['path'].partition('?')[0]}"
            for row in rows
            if row["method"] != "GET" and row["path"] != TOKEN
        )

    async def lines(self, path: str) -> list[Row]:
        """`/contacts` or `/profiles` of the control port."""
        return [json.loads(line) for line in (await self.control.get(path)).text.splitlines()]

    async def mutate(self, service: str, op: str, **more: Any) -> str:
        """A change from outside; the id of who was changed."""
        body = {"service": service, "op": op, **more}
        answer = await self.control.post("/mutate", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json().get("id", ""))


@asynccontextmanager
async def opened(place: Path, name: str, *, later: float = HOUR) -> AsyncIterator[Opened]:
    """A copy of the old home, `later` seconds after it was left by the services' clock.

    So nothing depends on the day on which the tests run: what was sent is a day old.
    """
    expected = unpacked(place)
    state = place / f"{name}.world"
    world = kept.read(state)
    assert world is not None
    before = world.account.url, world.tenant.url
    runs = expected["commands"]["list"]
    left = max(datetime.fromisoformat(one["last_run"]["ended"]) for one in runs if one["last_run"])
    ahead = world.clock.now() - time.time()
    world.clock.__setstate__(left.timestamp() + ahead + later - time.time())
    world.ports = {}
    kept.write(state, world)
    options = SandboxOptions(limits="off", state=state)
    async with Sandbox(options) as sandbox:
        ready = sandbox.ready
        after = ready["activecampaign"]["url"], ready["blueconic"]["url"]
        _move(place / "home", before, after)
        url = ready["control"]["url"]
        async with httpx.AsyncClient(base_url=url, verify=False, timeout=30) as control:
            yield Opened(name, place, expected, ready, control)


def _move(home: Path, before: tuple[str, str], after: tuple[str, str]) -> None:
    """Bind a home to the same accounts at other addresses, by what 0.1.0 wrote down about them."""
    file = home / "connections.json"
    text = file.read_text(encoding="utf-8")
    for was, now in zip(before, after, strict=True):
        assert was in text
        text = text.replace(f'"{was}"', f'"{now}"')
    file.write_text(text, encoding="utf-8")
    for ledger in home.rglob("ledger.db"):
        with closing(sqlite3.connect(ledger)) as database, database:
            for was, now in zip(before, after, strict=True):
                database.execute("UPDATE fact SET value = ? WHERE value = ?", (now, was))
            for table in ("batch", "sum_send"):
                yesterday = time.time() - 86_400
                database.execute(f"UPDATE {table} SET sent_at = ?", (yesterday,))
    _move_forgotten(home, before, after)


def _move_forgotten(home: Path, before: tuple[str, str], after: tuple[str, str]) -> None:
    """Keyed hashes of contacts and profiles hold the account's address."""
    key = bytes.fromhex((home / "forgotten.key").read_text())

    def mark(word: str, where: str) -> bytes:
        return blake2b(f"{word} {where}".encode(), key=key, digest_size=16).digest()

    words = [(f"contact {number}", 0) for number in range(1, 1_000)]
    for ledger in home.rglob("ledger.db"):
        with closing(sqlite3.connect(ledger)) as database:
            query = "SELECT DISTINCT key FROM person UNION SELECT profile FROM exchanged"
            keys = [key for (key,) in database.execute(query) if isinstance(key, bytes)]
            words += [(f"profile {_uuid(key)}", 1) for key in keys]
    with closing(sqlite3.connect(home / "forgotten.db")) as database, database:
        for word, side in words:
            row = mark(word, after[side]), mark(word, before[side])
            database.execute("UPDATE forgotten SET mark = ? WHERE mark = ?", row)


def _uuid(packed: bytes) -> str:
    text = packed.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
