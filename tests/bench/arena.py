"""A small world in one process that makes the engine call nearly everything it can call.

An import with a Sum and two exports (by e-mail with lists, threshold, leavers and resubscribing,
and by a key) have run some times; then people changed. `Arena.opened` brings that instant back as
often as wanted, so that many runs can be disturbed in it, each from the same state. What every run
must keep to is looked at in one place: `Arena.run` and `Arena.wrong`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import pickle
import re
import shutil
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import stamina

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.activecampaign.rows import bulk_row_size
from actui.api.blueconic.client import BlueConicClient
from actui.api.http import http_client
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import RetryPolicy
from actui.model.connection import Connection
from actui.model.errors import ActuiError
from actui.model.run import RunSummary
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from actui.sync.run.engine import Ports
from store.ledger import SqliteLedger
from tests.bench.figures import Figures
from tests.plain.exporting import Goal
from tests.services.export.desk import NEWSLETTER, READERS, VIP, VISITORS, Desk
from tests.services.export.watch import Watch

PATIENCE = RetryPolicy(attempts=3, seconds=20.0)
ANSWER_SECONDS = 2.5
"""How long a service may take to answer: what a time-out costs a run here."""
HANG = 600.0
"""Seconds after which a run counts as hanging: many, for machines that do much else."""
LINK = [{"field": "email", "property": "email"}]
RECEIPT = "actui_sum_receipt"
IN = {
    "kind": "import",
    "id": "g-in",
    "name": "In",
    "contacts": "lists",
    "lists": [{"list": {"id": VIP, "name": "VIP customers"}, "create_profiles": True}],
    "identifiers": LINK,
    "mappings": [
        {"field": "firstName", "property": "first_name"},
        {"field": "%POINTS%", "property": "points", "rule": "sum"},
    ],
}
OUT = {
    "kind": "export",
    "id": "g-out",
    "name": "Out",
    "segment": READERS,
    "identifiers": LINK,
    "mappings": [
        {"from": {"property": "first_name"}, "field": "firstName"},
        {"from": "viewed_interactions", "field": "%SEEN%"},
        {"from": "lifecycles", "field": "%STAGE%"},
    ],
    "lists": [{"id": NEWSLETTER, "name": "Newsletter"}],
    "unsubscribe": "own",
    "resubscribe": "own",
    "lifecycle": {"lifecycle": "Welcome", "stage": "First stage", "events": ["opened"]},
    "unknown_stage": "export",
}
BY_KEY = {
    "kind": "export",
    "id": "g-key",
    "name": "By key",
    "segment": VISITORS,
    "identifiers": [{"field": "%BCID%", "property": "customer_id"}],
    "mappings": [
        {"from": {"property": "first_name"}, "field": "firstName"},
        {"from": {"property": "email"}, "field": "email"},
    ],
    "lists": [],
}
STATED: dict[str, Any] = {
    # the status on the newsletter
    **{"leaves@x.org": 2, "claimed@x.org": 1, "returns@x.org": 1, "other@x.org": 1},
    **{"left@x.org": 2, "unconfirmed@x.org": 0, "bounced@x.org": 3, "out8@x.org": 1},
    # the name: somebody at the cap of the threshold is not written to
    **{"out1@x.org name": "Joan 1", "out7@x.org name": "Eve 7", "key1@x.org name": "Kate"},
    # the Sum, of values that came one after another
    **{"in0@x.org points": ["60"], "in1@x.org points": ["111"], "in8@x.org points": ["18"]},
}
"""What must be there in the end, written down: a broken program must not agree with itself."""
OPTED_OUT = ("left@x.org", "unconfirmed@x.org", "bounced@x.org")
"""People of the segment whom no run may put on the list."""


@dataclass(frozen=True)
class Snapshot:
    """The sandbox, the home and the connection at one instant."""

    world: bytes
    ledger: Path
    connection: Connection
    watch: bytes
    claims: dict[int, set[int] | None]


@dataclass
class Ended:
    """How a run ended: the code of its summary and of its goals, or an error that no run may end
    with in `bug`."""

    code: str
    goals: dict[str, str] = field(default_factory=dict)
    summary: RunSummary | None = None
    bug: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything came to its end."""
        return self.code == "ok"


Transport = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]


class Arena(Desk):
    """One world at the instant of a snapshot, with whatever stands between engine and services."""

    def __init__(self, *args: Any, between: Transport | None = None) -> None:
        super().__init__(*args)
        self.between = between
        self.watch = Watch({one["id"]: _plain(one) for one in (OUT, BY_KEY)})
        self.troubles: list[str] = []
        self.is_late = False
        """Whether changes may arrive when the goal that asked for them is through."""
        self._run = 0

    @asynccontextmanager
    async def ports(self, ledger: SqliteLedger) -> AsyncIterator[Ports]:
        """The engine's ports as the program makes them, but for the clock and the limits."""
        # a pause that a service asks for passes in the clock's time
        time = {"clock": self.clock.monotonic, "sleep": self.clock.sleep}
        ready = self.sandbox.ready
        plain = http_client(answer_seconds=ANSWER_SECONDS)
        transport = plain._transport if self.between is None else self.between(plain._transport)
        async with (
            plain,
            http_client(answer_seconds=ANSWER_SECONDS, transport=transport) as http,
        ):
            yield Ports(
                activecampaign=ActiveCampaignClient(
                    ready["activecampaign"]["url"],
                    _secret(ready["activecampaign"]["api_key"]),
                    pace=RateLimiter(rate=1e6, **time),
                    bulk_pace=BulkRateLimiter(per_minute=1e9, single_per_minute=1e9, **time),
                    http=http,
                    policy=PATIENCE,
                ),
                blueconic=BlueConicClient(
                    ready["blueconic"]["url"],
                    ready["blueconic"]["client_id"],
                    _secret(ready["blueconic"]["client_secret"]),
                    http=http,
                    policy=PATIENCE,
                ),
                ledger=ledger,
                clock=self.clock,
                row_size=bulk_row_size,
                save=lambda summary: None,
                keep=self._keep,
                claims=self._claimed,
                settle_seconds=60.0,
            )

    def note_wrong_changes(self) -> None:
        """A change of a list row that nobody may make is noted, and made."""
        judge = self.watch.changed

        def noted(row: int, on: int, before: int | None, after: int, *, outside: bool) -> None:
            try:
                judge(row, on, before, after, outside=outside)
            except AssertionError as wrong:
                if self.is_late:
                    return
                what = f"contact {row} on list {on} from {before} to {after}: {wrong}"
                self.troubles.append(f"run {self._run}: {what}")

        vars(self.watch)["changed"] = noted

    async def ended(self, **options: Any) -> Ended:
        """One run. What no run may do is noted in `troubles`: a bug, a hang, counts that do not
        add up, a change of a list row that nobody asked for."""
        self._run += 1
        await self.post("/clock", advance=120)
        connection = self.kept or self.connection(goals=[IN, OUT, BY_KEY])
        try:
            with self.ledger() as ledger:
                async with self.engine(connection, ledger, confirm_leavers=9, **options) as engine:
                    self.watch.engine = engine
                    try:
                        async with asyncio.timeout(HANG):
                            summary = await engine.execute()
                    finally:
                        await self.post("/clock", advance=10)
                        await self.contacts()  # what is still on its way was this run's
                        self.watch.engine = None
        except ActuiError as error:
            return Ended(error.code)
        except TimeoutError:
            self.troubles.append(f"run {self._run} hung")
            return Ended("hung")
        except Exception as bug:
            where = "".join(traceback.format_exception(bug)[-4:])[-900:]
            self.troubles.append(f"run {self._run}: {type(bug).__name__}: {bug} {where}")
            return Ended("bug", bug=where)
        for goal in summary.goals:
            if not goal.adds_up:
                self.troubles.append(f"run {self._run}: {goal.goal} does not add up: {goal}")
        goals = {goal.goal: "ok" if goal.ok else goal.code for goal in summary.goals}
        code = (
            "ok"
            if summary.ok
            else summary.code
            or next((one for one in goals.values() if one != "ok"), str(summary.state))
        )
        return Ended(code, goals, summary)

    async def result(self) -> dict[str, Any]:
        """What both services hold, by e-mail address; receipts as present or not."""
        contacts = {
            row["email"].lower(): [row["firstName"], row["fields"], row["lists"]]
            for row in await self.lines("/contacts")
        }
        profiles: dict[str, Any] = {}
        for row in await self.lines("/profiles"):
            held = dict(row["properties"])
            receipt = RECEIPT in held
            held.pop(RECEIPT, None)
            name = (held.get("email") or [row["id"]])[0].lower()
            if name in profiles:
                name = f"{name} again"
            profiles[name] = [
                {one: value for one, value in held.items() if not one.startswith("last")},
                receipt,
            ]
        return {"contacts": contacts, "profiles": profiles}


def stated(result: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What there is of all that `STATED` names."""
    for name in STATED:
        who, _, what = name.partition(" ")
        contact = result["contacts"].get(who, ["", {}, {}])
        if what == "points":
            yield name, result["profiles"].get(who, [{}])[0].get("points")
        else:
            yield name, contact[0] if what else contact[2].get(NEWSLETTER)


def differing(ours: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What is not as expected, a line each."""
    found = []
    for kind, rows in expected.items():
        for name in sorted(rows.keys() | ours[kind].keys()):
            here, there = ours[kind].get(name), rows.get(name)
            if here != there:
                found.append(f"{kind} {name}: {json.dumps(here)} instead of {json.dumps(there)}")
    return found


def wrong_writes(ours: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What was done to anybody that must not be, whatever else is missing."""
    found = []
    for name, (_, _, lists) in ours["contacts"].items():
        if name in OPTED_OUT and lists.get(NEWSLETTER) == 1:
            found.append(f"{name} was put on the list")
        wanted = expected["contacts"].get(name, [None, None, {}])[2].get(NEWSLETTER)
        if lists.get(NEWSLETTER) == 2 and wanted == 1 and not name.startswith("returns"):
            found.append(f"{name} was unsubscribed")
    for name, (held, _) in ours["profiles"].items():
        known = expected["profiles"].get(name, [{}, False])[0]
        have, want = (float((one.get("points") or ["0"])[0]) for one in (held, known))
        if name in expected["profiles"] and have > want:
            found.append(f"{name} has {have} points, not {want}")
    return found


def _secret(text: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(text)


def _plain(goal: dict[str, Any]) -> Goal:
    return Goal(
        id=goal["id"],
        segment=goal["segment"],
        lists=tuple(one["id"] for one in goal["lists"]),
        resubscribe=goal.get("resubscribe", "never"),
        unsubscribe=goal.get("unsubscribe", "never"),
    )


async def _reader(desk: Arena, email: str, **properties: str) -> None:
    """Somebody of the segment, in the stage that the goal is bound to."""
    profile = await desk.profile(email, **properties)
    await desk.mutate("blueconic", "update", id=profile, set={"stage": "First stage"})


async def _populated(desk: Arena) -> None:
    await desk.switch(batch_speed="fast", lifecycle_stages="profile-only")
    for n in range(8):
        await desk.contact(
            f"in{n}@x.org", {VIP: 1}, firstName=f"Ada {n}", fields={"POINTS": str(10 + n)}
        )
        if n % 2:
            await desk.profile(f"in{n}@x.org", segments=(), points="100")
    for n in range(3):
        await desk.contact(f"out{n}@x.org", {NEWSLETTER: 1} if n == 2 else {})
    for email, status in zip(OPTED_OUT, (2, 0, 3), strict=True):
        await desk.contact(email, {NEWSLETTER: status})
        await _reader(desk, email, first_name="Nobody")
    for n in range(8):
        seen = next(iter(desk.sandbox._world.tenant.dialogues))
        await _reader(desk, f"out{n}@x.org", first_name=f"Eve {n}", interactions_viewed=seen)
    for who in ("leaves", "claimed", "returns", "renamed"):
        await _reader(desk, f"{who}@x.org", first_name=who)
    for n in range(3):
        await desk.contact(f"key{n}@x.org", fields={"BCID": f"k-{n}"})
    for n in range(4):
        await desk.profile(
            f"key{n}@x.org", first_name=f"Kay {n}", customer_id=f"k-{n}", segments=(VISITORS,)
        )


async def _changed(desk: Arena) -> None:
    """What the disturbed run will find."""
    for n in range(0, 8, 2):
        new = {"firstName": f"Grace {n}", "fields": {"POINTS": str(50 + n)}}
        await desk.mutate("activecampaign", "update", id=f"in{n}@x.org", set=new)
    await desk.contact("in8@x.org", {VIP: 1}, firstName="New", fields={"POINTS": "18"})
    await desk.mutate("blueconic", "enter", id="returns@x.org", segment=READERS)
    for who in ("leaves", "claimed"):
        await desk.mutate("blueconic", "leave", id=f"{who}@x.org", segment=READERS)
    # a goal of another connection wants one of them on the list
    desk.claims = {int(NEWSLETTER): {int((await desk.contacts())["claimed@x.org"]["id"])}}
    who = {"properties": {"email": ["other@x.org"]}}
    await desk.mutate("blueconic", "update", id="renamed@x.org", set=who)
    for n in (1, 5, 7):
        who = {"properties": {"first_name": [f"Joan {n}"]}}
        await desk.mutate("blueconic", "update", id=f"out{n}@x.org", set=who)
    who = {"properties": {"first_name": ["Kate"]}}
    await desk.mutate("blueconic", "update", id="key1@x.org", set=who)
    await _reader(desk, "out8@x.org", first_name="New")
    await desk.profile("key4@x.org", first_name="K", customer_id="k-4", segments=(VISITORS,))
    mailing = next(iter(desk.sandbox.account.campaigns.rows))
    for _ in range(2):
        await desk.mutate("activecampaign", "open", id="out7@x.org", campaign=mailing)
    # longer ago than a watermark overlaps
    await desk.post("/clock", advance=7_200)


@asynccontextmanager
async def prepared(figures: Figures) -> AsyncIterator[Arenas | None]:
    """Arenas until the block ends; None where not even the undisturbed runs are right."""
    arenas = Arenas()
    try:
        with stamina.set_testing(True, attempts=3):
            try:
                await arenas.prepare()
            except AssertionError as wrong:
                figures.failed("the undisturbed runs", str(wrong)[:900])
                yield None
            else:
                yield arenas
    finally:
        arenas.close()


class Arenas:
    """Hands out the same world as often as wanted; each has a folder of its own."""

    def __init__(self) -> None:
        # in memory where that can be: what a power cut leaves is not asked here
        shared = Path("/dev/shm")
        there = shared if shared.is_dir() and os.access(shared, os.W_OK) else None
        self._place = Path(tempfile.mkdtemp(prefix="actui-arena-", dir=there))
        self._taken: Snapshot | None = None
        self.expected: dict[str, Any] = {}
        """What both services hold once everything was done, and done once."""
        self.calls: list[tuple[str, str, str]] = []
        """Service, method and path of each request of the undisturbed run."""

    async def prepare(self) -> None:
        """Live up to the instant that is handed out, and on to the undisturbed end."""
        options = SandboxOptions(contacts=0, profiles=0, limits="off")
        async with _arena(options, self._place / "first", None) as desk:
            await _populated(desk)
            now = int(desk.sandbox.clock.now())
            desk.sandbox.account.campaigns.add("News", (int(NEWSLETTER),), now - 3600)
            self._must(desk, await desk.ended())
            await desk.mutate("blueconic", "leave", id="returns@x.org", segment=READERS)
            self._must(desk, await desk.ended())
            await desk.post("/clock", advance=120)
            await _changed(desk)
            assert desk.kept is not None
            with desk.ledger():
                pass
            vars(desk.sandbox.account).pop("write_status")  # what the watch has put there
            self._taken = Snapshot(
                pickle.dumps(desk.sandbox._world),
                desk.place / "ledger.db",
                desk.kept,
                pickle.dumps(
                    {k: v for k, v in vars(desk.watch).items() if k not in ("engine", "changed")}
                ),
                desk.claims,
            )
        async with self.opened() as desk:
            await desk.forget()
            self._must(desk, await desk.ended())
            self.calls = [
                (row["service"], row["method"], normal(row["path"]))
                for row in (await desk.control.get("/requests")).json()
            ]
            self._must(desk, await desk.ended())
            self.expected = await desk.result()
        wrong = {name: found for name, found in stated(self.expected) if found != STATED[name]}
        assert not wrong, f"not as stated: {wrong}"

    @staticmethod
    def _must(desk: Arena, ended: Ended) -> None:
        assert (ended.code, desk.troubles) == ("ok", []), ended

    @asynccontextmanager
    async def opened(self, between: Transport | None = None) -> AsyncIterator[Arena]:
        """The world at that instant."""
        assert self._taken is not None
        place = Path(tempfile.mkdtemp(dir=self._place))
        shutil.copy(self._taken.ledger, place / "ledger.db")
        world = pickle.loads(self._taken.world)
        world.ports = {}
        options = SandboxOptions(contacts=0, profiles=0, limits="off")
        with patch("actui.sandbox.server.opened", return_value=world):
            made = _arena(options, place, between)
        async with made as desk:
            desk.kept = self._taken.connection.model_copy(
                update={
                    "activecampaign": self._taken.connection.activecampaign.model_copy(
                        update={"url": desk.sandbox.ready["activecampaign"]["url"]}
                    ),
                    "blueconic": self._taken.connection.blueconic.model_copy(
                        update={"url": desk.sandbox.ready["blueconic"]["url"]}
                    ),
                }
            )
            desk.claims = self._taken.claims
            for name, value in pickle.loads(self._taken.watch).items():
                setattr(desk.watch, name, value)
            yield desk
        shutil.rmtree(place)

    def close(self) -> None:
        """Remove every file."""
        shutil.rmtree(self._place, ignore_errors=True)
        gc.collect()


def _arena(options: SandboxOptions, place: Path, between: Transport | None) -> Any:
    """Made at once, opened later: who replaces the sandbox's world does so meanwhile."""
    sandbox = Sandbox(options)

    place.mkdir(exist_ok=True)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Arena]:
        async with sandbox:
            url = sandbox.ready["control"]["url"]
            async with httpx.AsyncClient(base_url=url, verify=False, timeout=60) as control:
                desk = Arena(sandbox, place, control, between=between)
                desk.watch.over(sandbox.account)
                desk.note_wrong_changes()
                yield desk

    return opened()


_ID = re.compile(r"(?<=/)(\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f-]{30,}|[\w-]*\d[\w-]*)(?=/|$)")


def normal(path: str) -> str:
    """The path of a request without its query, ids replaced."""
    head, marker, rest = path.partition("?")[0].partition("/rest/v2/")
    if marker:
        return f"{head}{marker}{_ID.sub('ID', '/' + rest)[1:]}"
    head, marker, rest = path.partition("?")[0].partition("/api/3/")
    return f"{head}{marker}{_ID.sub('ID', '/' + rest)[1:]}"


def endpoints(calls: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str, int]]:
    """Each endpoint with the number of its calls."""
    for one in sorted(set(calls)):
        yield (*one, calls.count(one))
