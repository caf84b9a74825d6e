"""A run killed at any instant and continued counts what an undisturbed run counts.

An instant is a request or a commit, right before or right after it. The home is put back to what
it was then: a dead process has written nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.model.errors import RefusedError
from actui.model.memberships import ListRow
from actui.model.run import GoalSummary
from store.ledger.commits import CommitWriter
from tests.process.e2e.lab import Row, lab
from tests.process.e2e.scale import EXAMPLES, IS_LONG, PHASES
from tests.services.export.desk import (
    ACTIVE,
    BOUNCED,
    NEWSLETTER,
    READERS,
    UNSUBSCRIBED,
    VIP,
    Desk,
    open_desk,
)

pytestmark = pytest.mark.long

COUNTED = {"read", "created", "updated", "unchanged", "skipped", "rejected", "unknown"} | {
    *("rechecked", "matched", "reasons", "warnings", "warned", "omitted", "lists", "message", "ok")
}


class Died(BaseException):
    """The process is gone."""


class Instants:
    """Counts the instants of a run; at the one to die at, keeps the folder as it is and raises."""

    def __init__(self, ports: set[int], place: Path, dies_at: int | None = None) -> None:
        self.count = 0
        self._ports = ports
        self._place = place
        self._dies_at = dies_at
        self._kept: Path | None = None

    def __call__(self) -> None:
        if self._kept is not None:
            raise Died
        if self.count == self._dies_at:
            self._kept = Path(tempfile.mkdtemp(prefix="actui-killed-")) / "home"
            shutil.copytree(self._place, self._kept)
            raise Died
        self.count += 1

    def concerns(self, request: httpx.Request) -> bool:
        return request.url.port in self._ports

    def restore(self) -> None:
        """Put the folder back to the instant of death."""
        if self._kept is None:
            return
        kept = {one.relative_to(self._kept) for one in self._kept.rglob("*") if one.is_file()}
        for file in [one for one in self._place.rglob("*") if one.is_file()]:
            if file.relative_to(self._place) not in kept:
                file.unlink()
        for name in kept:
            # into the same file: a ledger that was put in place of another is asked about
            (self._place / name).parent.mkdir(parents=True, exist_ok=True)
            (self._place / name).write_bytes((self._kept / name).read_bytes())
        shutil.rmtree(self._kept.parent)


@contextlib.contextmanager
def watched(instants: Instants) -> Iterator[None]:
    send, commit = httpx.AsyncClient.send, CommitWriter.write

    async def sends(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        if not instants.concerns(request):
            return await send(self, request, **more)
        instants()
        answer = await send(self, request, **more)
        try:
            instants()
        except Died:
            await answer.aclose()
            raise
        return answer

    def commits(self: CommitWriter, *values: Any) -> None:
        instants()
        commit(self, *values)
        instants()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(httpx.AsyncClient, "send", sends)
        patched.setattr(CommitWriter, "write", commits)
        yield


async def killed(instants: Instants, run: Callable[[], Awaitable[object]]) -> None:
    """Run until the process dies, if it does."""
    try:
        with watched(instants):
            await run()
    except (Died, BaseExceptionGroup):
        pass
    instants.restore()


def counts(summary: GoalSummary) -> Row:
    assert summary.adds_up
    return summary.model_dump(include=COUNTED)


def service_ports(ready: Row) -> set[int]:
    return {httpx.URL(ready[one]["url"]).port or 0 for one in ("activecampaign", "blueconic")}


PEOPLE = ("new", "known", "left", "bounced", "excluded", "no address", "twin", "odd value")
EXPORTED = [
    {"from": {"property": "first_name"}, "field": "firstName"},
    {"from": {"property": "city"}, "field": "%BIRTHDAY%"},
]
STANDING = {"known": {}, "left": {NEWSLETTER: UNSUBSCRIBED}, "bounced": {VIP: BOUNCED}}


async def exported(desk: Desk, people: list[str]) -> None:
    for number, kind in enumerate(people):
        email = f"p{number}@x.org"
        if kind in STANDING:
            await desk.contact(email, STANDING[kind])
        if kind == "excluded":
            email = "competitor@example.com"
        if kind == "no address":
            await desk.profile("nowhere")
            continue
        city = {"city": "no date"} if kind in ("odd value", "left", "excluded") else {}
        await desk.profile(email, first_name="Ada", **city)
        if kind == "twin":
            await desk.profile(email.upper(), first_name="Bea")


async def one_export(people: list[str], dies_at: int | None) -> tuple[Row, int]:
    with tempfile.TemporaryDirectory(prefix="actui-desk-") as folder:
        place = Path(folder)
        async with open_desk(place) as desk:
            await exported(desk, people)
            goal = {"mappings": EXPORTED, "resubscribe": "all", "unsubscribe": True}
            connection = desk.connection(goal)
            instants = Instants(service_ports(desk.sandbox.ready), place, dies_at)
            if dies_at is None:
                with watched(instants):
                    summary = (await desk.run(connection)).goals[0]
                return counts(summary), instants.count
            await killed(instants, lambda: desk.run(connection))
            summary = (await desk.run(desk.kept or connection)).goals[0]
            return counts(summary), 0


MOVES = ("stays", "joins", "leaves", "leaves", "is locked", "comes back", "comes back")


async def move(desk: Desk, how: str, profiles: list[str]) -> None:
    await desk.post("/clock", advance=7_200)
    for profile in profiles:
        await desk.mutate("blueconic", how, id=profile, segment=READERS)


async def one_later_export(people: list[str], setting: str, dies_at: int | None) -> tuple[Row, int]:
    """A run in which people leave the segment or are there again."""
    with tempfile.TemporaryDirectory(prefix="actui-desk-") as folder:
        place = Path(folder)
        async with open_desk(place) as desk:
            goal = {"mappings": EXPORTED, "resubscribe": "own", "unsubscribe": setting}
            connection = desk.connection(goal)
            profiles: dict[str, list[str]] = {kind: [] for kind in MOVES}
            for number, kind in enumerate(people):
                if kind != "joins":
                    profiles[kind].append(await desk.profile(f"p{number}@x.org", first_name="Ada"))
            await desk.run(connection, confirm_leavers=10)
            await move(desk, "leave", profiles["comes back"])
            await desk.run(connection, confirm_leavers=10)
            await move(desk, "enter", profiles["comes back"])
            await move(desk, "leave", [*profiles["leaves"], *profiles["is locked"]])
            await desk.profile("joins@x.org", first_name="Ada")
            emails = {
                f"p{number}@x.org" for number, kind in enumerate(people) if kind == "is locked"
            }
            rows = await desk.contacts()
            locked = {int(row["id"]) for email, row in rows.items() if email in emails}
            instants = Instants(service_ports(desk.sandbox.ready), place, dies_at)
            with refusing(locked):
                if dies_at is None:
                    with watched(instants):
                        summary = (await desk.run(connection, confirm_leavers=10)).goals[0]
                else:
                    await killed(instants, lambda: desk.run(connection, confirm_leavers=10))
                    connection = desk.kept or connection
                    summary = (await desk.run(connection, confirm_leavers=10)).goals[0]
            rows = await desk.contacts()
            lists = {email: row["lists"] for email, row in sorted(rows.items())}
            return {**counts(summary), "lists of contacts": lists}, instants.count


@contextlib.contextmanager
def refusing(locked: set[int]) -> Iterator[None]:
    """ActiveCampaign changes no list of these contacts."""
    real = ActiveCampaignClient.set_list_status

    async def write(self: ActiveCampaignClient, contact_id: int, *more: Any) -> ListRow:
        if contact_id in locked:
            raise RefusedError("Refused.", detail="The contact is locked.", status=422)
        return await real(self, contact_id, *more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ActiveCampaignClient, "set_list_status", write)
        yield


SIDES = ("both", "both", "same", "contact", "contact", "no identifier", "too much")
IMPORTED: Row = {
    "id": "g-1",
    "name": "Import",
    "contacts": "lists",
    "lists": [{"list": "Newsletter"}, {"list": "VIP", "create_profiles": True}],
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [
        {"field": "firstName", "property": "first_name"},
        {"field": "%BIRTHDAY%", "property": "birthday"},
    ],
}
SUM = {"field": "%POINTS%", "property": "points", "rule": "sum", "sum_start": "add"}


async def one_import(
    people: list[tuple[str, str]], late: bool, sums: bool, dies_at: int | None
) -> tuple[Row, int]:
    """A first run or, with `late` profiles, one that only rechecks."""
    async with lab(switches={"invalid-value": "skips-entry"}) as world:
        profiles = []
        for number, (side, list_id) in enumerate(people):
            email = "" if side == "no identifier" else f"p{number}@x.org"
            fields = {"BIRTHDAY": "soon", "POINTS": "9"}
            await world.contact(
                email=email, firstName="Ada", fields=fields, lists={list_id: ACTIVE}
            )
            points = {"points": ["2147483640"]} if side == "too much" else {}
            name = {"first_name": ["Ada"]} if side == "same" else {}
            if side in ("both", "same", "too much"):
                profiles.append({"email": [email], **points, **name})
        goal = {**IMPORTED, "mappings": [*IMPORTED["mappings"], *([SUM] if sums else [])]}
        world.apply({"import": goal})
        if late:
            await world.run()
        for properties in profiles:
            await world.profile(properties=properties)
        instants = Instants(service_ports(world.ready), world.place, dies_at)
        if dies_at is None:
            with watched(instants):
                summary = (await world.run()).goals[0]
        else:
            await killed(instants, world.run)
            summary = (await world.run()).goals[0]
        found = counts(summary)
        # an entry that was written and not committed is written again, and finds itself: whether
        # the first had made or changed the profile, BlueConic does not tell
        accepted = sum(found.pop(name) for name in ("created", "updated", "unchanged"))
        return {**found, "accepted": accepted}, instants.count


def proof(test: Any) -> Any:
    bounded = settings(
        max_examples=max(1, EXAMPLES // 5),
        derandomize=not IS_LONG,
        deadline=None,
        phases=PHASES,
        suppress_health_check=[HealthCheck.too_slow],
    )
    return pytest.mark.timeout(60 + 20 * EXAMPLES)(bounded(test))


instant = st.integers(0, 10_000)


@proof
@given(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=8), instant)
def test_exports(people: list[str], instant: int) -> None:
    expected, instants = asyncio.run(one_export(people, None))
    dies_at = instant % instants
    note(f"instant {dies_at} of {instants}")
    found, _ = asyncio.run(one_export(people, dies_at))
    assert found == expected


@proof
@given(
    st.lists(st.sampled_from(MOVES), min_size=1, max_size=6),
    st.sampled_from(("own", "all")),
    instant,
)
def test_later_exports(people: list[str], setting: str, instant: int) -> None:
    expected, instants = asyncio.run(one_later_export(people, setting, None))
    dies_at = instant % instants
    note(f"instant {dies_at} of {instants}")
    found, _ = asyncio.run(one_later_export(people, setting, dies_at))
    assert found == expected


@proof
@given(
    st.lists(
        st.tuples(st.sampled_from(SIDES), st.sampled_from(("3", "5"))), min_size=1, max_size=8
    ),
    st.booleans(),
    st.booleans(),
    instant,
)
def test_imports(people: list[tuple[str, str]], late: bool, sums: bool, instant: int) -> None:
    expected, instants = asyncio.run(one_import(people, late, sums, None))
    dies_at = instant % instants
    note(f"instant {dies_at} of {instants}")
    found, _ = asyncio.run(one_import(people, late, sums, dies_at))
    assert found == expected
