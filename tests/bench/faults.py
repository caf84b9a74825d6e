"""Every endpoint the engine calls, every kind of fault, at the first, middle, last and every call.

`python -m tests.bench faults [--count CELLS] [--only TEXT]`. Each cell is a run from the same
instant (arena.py) with one fault in it. How it must end is written down in `ENDS`, by kind of fault
and kind of endpoint; a cell that ends otherwise has failed, unless `EXCEPTIONS` names it with a
reason. In each, nobody may be written to wrongly, no Sum doubled, the counts must add up, and
nothing may raise or hang. Then the fault is removed, and one run must bring the correct state.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from actui.sandbox.faults import KINDS
from tests.bench.arena import Arena, Arenas, Ended, differing, endpoints, prepared, wrong_writes
from tests.bench.figures import Budget, Figures, budget

AT_ONCE = 4
"""Cells at the same time: many of them wait for a time-out."""
RELEASED_EVERY = 0.2
"""Seconds after which what is held goes on."""
SECONDS = {"slow": 0.3, "commit-late": 2.0}
TOKEN, ME = "/rest/v2/oauth/token", "/api/3/users/me"
WHOLE_RUN = {
    TOKEN,
    ME,
    "/api/3/fields",
    "/api/3/lists",
    "/api/3/contacts",
    "/rest/v2/segments",
    "/rest/v2/profileProperties",
    "/rest/v2/lifecycles",
    "/rest/v2/dialogues",
}
"""What a run reads before its first goal."""

BUSY = {"429", "429-no-header", "408", "503", "500-html"}
ODD = {"200-html", "empty", "truncated"}
LOST = {
    *("reset", "timeout", "reset-after-commit", "timeout-after-commit"),
    *("partial-then-reset", "commit-late"),
}
SLOW = {"slow", "hold"}
ANSWERED = re.compile(r"\d+-after-commit")
GROUPS = {"busy": BUSY, "odd": ODD, "lost": LOST, "slow": SLOW}
MORE = ("400", "401", "403", "404", "409", "413", "429", "499")
"""Statuses that a proxy may answer although the service has applied the request: writes only."""

ENDS: dict[tuple[str, str, str], tuple[str, ...]] = {
    # group of fault, once or always, reach of the endpoint: how the run ends
    ("busy", "once", "any"): ("ok",),
    ("odd", "once", "any"): ("ok",),
    ("lost", "once", "any"): ("ok",),
    ("slow", "once", "any"): ("ok",),
    ("401", "once", "any"): ("ok",),
    ("403-bare", "once", "any"): ("ok",),
    ("redirect", "once", "run"): ("run",),
    ("redirect", "once", "goal"): ("goal",),
    ("answered", "once", "any"): ("ok",),
    ("slow", "always", "any"): ("ok",),
    **{
        (group, "always", reach): (reach,)
        for group in ("busy", "odd", "lost", "401", "403-bare", "redirect", "answered")
        for reach in ("run", "goal")
    },
}
EXCEPTIONS: list[tuple[str, str, str, tuple[str, ...], str]] = [
    (
        ".*",
        "always",
        "GET /api/3/lists/exclusions",
        ("ok",),
        "excluded addresses are refused by bulk import as well; this reading only says why",
    ),
    (
        "redirect",
        ".*",
        "GET /api/3/lists/exclusions",
        ("ok",),
        "excluded addresses are refused by bulk import as well; this reading only says why",
    ),
    (
        "403-bare",
        "always",
        "GET /rest/v2/profiles/ID",
        ("ok",),
        "the goal says what happens where stages cannot be read (unknown_stage), with a warning",
    ),
    (
        "403-bare",
        "always",
        "GET /rest/v2/dialogues",
        ("ok",),
        "without the right to read dialogues viewed interactions are left out, with a warning",
    ),
    (
        "401|403-bare|40[13]-after-commit",
        "always",
        ".* /rest/v2/.*",
        ("run",),
        "BlueConic refuses the client itself: no other goal could do better",
    ),
    (
        "401",
        ".*",
        "POST /rest/v2/oauth/token",
        ("run",),
        "BlueConic refuses the client's secret itself",
    ),
    (
        "redirect",
        "first|middle|last",
        "PUT /rest/v2/profiles",
        ("ok", "goal"),
        "an entry with a Sum is judged by its receipt, whatever was answered, and sent again",
    ),
    (
        "413-after-commit",
        "always",
        "PUT /rest/v2/profiles",
        ("ok",),
        "a profile that is too large alone is an outcome of that person; its Sum has its receipt",
    ),
    (
        "redirect",
        "middle",
        "GET /api/3/contacts",
        ("goal",),
        "by then the run has begun, and looks for one goal's people",
    ),
    (
        "redirect",
        "last",
        "GET /api/3/contacts",
        ("ok",),
        "the last reading is the recheck of people without a match, which no run depends on",
    ),
    (
        ".*",
        "always",
        "POST /api/3/contactLists",
        ("ok", "goal"),
        "the row itself shows whether the change was made; else a counted warning, and next time",
    ),
    (
        "empty|truncated|200-html",
        "always",
        "GET /api/3/import/info",
        ("ok", "goal"),
        "a batch of which nothing readable is ever said is sent once more and then unresolved",
    ),
    (
        r"\d+-after-commit",
        "first|middle|last",
        "(POST|PUT) /api/3/.*",
        ("ok", "goal"),
        "a refusal of a write that can be repeated may fail its goal; the next run repeats it",
    ),
    (
        r"4\d\d-after-commit",
        "always",
        "(POST|PUT) /api/3/.*",
        ("ok", "goal"),
        "a contact that the service says is gone is an outcome of that person",
    ),
]
"""Kind, place and endpoint as regular expressions; how it may end instead; why."""


@dataclass(frozen=True)
class Cell:
    """One fault at one place."""

    service: str
    method: str
    path: str
    kind: str
    place: str
    after: int

    @property
    def name(self) -> str:
        """The cell as the table of exceptions and failures names it."""
        return f"{self.kind} {self.place} {self.method} {self.path}"

    @property
    def times(self) -> str:
        """Once or always."""
        return "always" if self.place == "always" else "once"

    @property
    def group(self) -> str:
        """The group of its fault; a kind of its own where it is in none."""
        if ANSWERED.fullmatch(self.kind):
            return "answered"
        return next((name for name, kinds in GROUPS.items() if self.kind in kinds), self.kind)

    @property
    def reach(self) -> str:
        """Whether the endpoint is read for the whole run or for a goal."""
        return "run" if self.path in WHOLE_RUN else "goal"

    def expected(self) -> tuple[tuple[str, ...], str]:
        """How it may end, and the reason where that is an exception."""
        for kind, place, where, ends, reason in EXCEPTIONS:
            told = (self.kind, self.place, f"{self.method} {self.path}")
            if all(re.fullmatch(a, b) for a, b in zip((kind, place, where), told, strict=True)):
                return ends, reason
        for reach in ("any", self.reach):
            found = ENDS.get((self.group, self.times, reach))
            if found is not None:
                return found, ""
        return (), ""


def cells(calls: list[tuple[str, str, str]]) -> Iterable[Cell]:
    """The whole matrix, without places that are one and the same call."""
    for service, method, path, count in endpoints(calls):
        places = {0: "first", count // 2: "middle", count - 1: "last"}
        if count <= 2:
            places = {0: "first", count - 1: "last"} if count == 2 else {0: "first"}
        kinds = [*KINDS]
        if method != "GET" and path != TOKEN:
            kinds += [f"{status}-after-commit" for status in MORE]
        for kind in kinds:
            for after, place in places.items():
                yield Cell(service, method, path, kind, place, after)
            yield Cell(service, method, path, kind, "always", 0)


def reading(ended: Ended) -> str:
    """The end in the words of `ENDS`."""
    if ended.ok:
        return "ok"
    if ended.summary is not None and str(ended.summary.state) == "FINISHED":
        return "goal"
    return "run"


async def held(arenas: Arenas, cell: Cell, figures: Figures) -> None:
    """One cell of the matrix."""
    ends, reason = cell.expected()
    async with arenas.opened() as desk:
        pattern = cell.path.replace("ID", "[^/?]+") + r"(\?.*)?"
        desk.is_late = cell.kind == "commit-late"
        more = {"seconds": SECONDS[cell.kind]} if cell.kind in SECONDS else {}
        await desk.fault(
            cell.kind,
            pattern,
            service=cell.service,
            method=cell.method,
            after=cell.after,
            times=-1 if cell.times == "always" else 1,
            **more,
        )
        releasing = asyncio.create_task(_release(desk))
        try:
            ended = await desk.ended()
        finally:
            releasing.cancel()
            with suppress(asyncio.CancelledError):
                await releasing
        await desk.control.delete("/faults")
        await desk.post("/release")
        wrong = [*desk.troubles, *wrong_writes(await desk.result(), arenas.expected)]
        was = reading(ended)
        if was not in ends:
            wrong.append(f"it ended as {was} ({ended.code}, {ended.goals}), not {ends or '?'}")
        await desk.post("/clock", advance=3600)
        clean = await desk.ended()
        wrong += [one for one in desk.troubles if one not in wrong]
        if not clean.ok:
            wrong.append(f"the run without faults ended with {clean.code} {clean.goals}")
        wrong += differing(await desk.result(), arenas.expected)
    line = f"{cell.group}, {cell.times}"
    if wrong:
        figures.failed(line, f"{cell.name}: {'; '.join(wrong[:4])[:700]}")
    elif reason:
        figures.excepted(line, f"{cell.kind} {cell.times}, {cell.method} {cell.path}", reason)
    else:
        figures.held(line)


async def _release(desk: Arena) -> None:
    while True:
        await asyncio.sleep(RELEASED_EVERY)
        await desk.post("/release")


async def play(given: Budget, figures: Figures, arenas: Arenas) -> None:
    """As much of the matrix as the budget allows, in an order drawn by the seed."""
    matrix = [one for one in cells(arenas.calls) if given.only in one.name]
    random.Random(given.seed).shuffle(matrix)
    figures.notes["cells of the matrix"] = f"{len(matrix):,}"
    left = iter(matrix)
    done = 0

    async def worker() -> None:
        nonlocal done
        while not given.is_spent(done):
            cell = next(left, None)
            if cell is None:
                return
            done += 1
            await held(arenas, cell, figures)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def bench(given: Budget, figures: Figures) -> None:
    """The matrix, from a world of its own."""
    async with prepared(figures) as arenas:
        if arenas is not None:
            await play(given, figures, arenas)


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where a cell ended otherwise."""
    about = "Every endpoint, every kind of fault, at the first, middle, last and every call."
    given = budget(argv, "faults", about, count=10**6, counts="cells", only="cell")
    figures = Figures("faults", given.seed)
    asyncio.run(bench(given, figures))
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
