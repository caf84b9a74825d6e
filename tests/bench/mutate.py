"""Thousands of changed answers: no traceback, no hang, no wrong write, and counts that add up.

`python -m tests.bench mutate [--count ANSWERS]`. Each life begins at the instant of arena.py; some
of the answers of its first runs are spoiled (mutations.py). Nobody who left may be put on the list,
nobody may be unsubscribed who did not leave, no Sum may be added twice. Then the answers are left
alone, and a full run must bring the correct state.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Sequence

import httpx

from tests.bench.arena import Arenas, differing, prepared, wrong_writes
from tests.bench.figures import Budget, Figures, budget
from tests.bench.mutations import MUTATIONS, Mutating

AT_ONCE = 2
RUNS = 2
"""Runs with spoiled answers in a life."""
RATES = (0.02, 0.06, 0.15, 0.3)
"""Shares of the answers that are spoiled: few let a run come far, many let it fail in odd ways."""
SAFE, RIGHT = "no bug, no hang, no wrong write", "right after a clean run"


async def lived(
    arenas: Arenas,
    draw: random.Random,
    figures: Figures,
    number: int,
    kinds: Sequence[str] = tuple(MUTATIONS),
) -> int:
    """One life; how many answers were spoiled in it."""
    rate = draw.choice(RATES)
    made: list[Mutating] = []

    def between(inner: httpx.AsyncBaseTransport) -> Mutating:
        made.append(Mutating(inner, draw, rate, figures, kinds))
        return made[-1]

    async with arenas.opened(between) as desk:
        wrong: list[str] = []
        for _ in range(RUNS):
            await desk.ended()
            wrong += wrong_writes(await desk.result(), arenas.expected)
        spoiled = [name for one in made for name in one.names]
        wrong += desk.troubles
        rate = 0.0
        await desk.post("/clock", advance=3600)
        clean = await desk.ended(full=True)
        later = [one for one in desk.troubles if one not in wrong]
        if not clean.ok:
            later.append(f"the clean run ended with {clean.code} {clean.goals}")
        later += differing(await desk.result(), arenas.expected)
    how = f"life {number}, {spoiled[-12:]}"
    for line, found in ((SAFE, wrong), (RIGHT, later)):
        if found:
            figures.failed(line, f"{'; '.join(found[:3])[:1500]} | {how[:900]}")
        else:
            figures.held(line)
    return len(spoiled)


async def play(given: Budget, figures: Figures, arenas: Arenas) -> None:
    """Lives until so many answers were spoiled."""
    spoiled, lives = 0, iter(range(10**9))
    named = given.only if not given.only.isdecimal() else ""
    kinds = tuple(name for name in MUTATIONS if named in name)

    async def worker() -> None:
        nonlocal spoiled
        while not given.is_spent(spoiled):
            number = int(given.only) if given.only.isdecimal() else next(lives)
            # each life has a source of its own, so that it can be lived again alone
            draw = random.Random(f"{given.seed} {number}")
            spoiled += await lived(arenas, draw, figures, number, kinds)
            if given.only.isdecimal():
                return

    await asyncio.gather(*(worker() for _ in range(1 if given.only.isdecimal() else AT_ONCE)))
    figures.notes["answers spoiled"] = f"{spoiled:,}"


async def bench(given: Budget, figures: Figures) -> None:
    """All lives, from a world of their own."""
    async with prepared(figures) as arenas:
        if arenas is not None:
            await play(given, figures, arenas)


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 where something did not hold."""
    about = (
        "Spoil answers; --only N lives the N-th life of a seed again, --only TEXT spoils so alone."
    )
    given = budget(argv, "mutate", about, count=10_000, counts="answers", only="mutation")
    figures = Figures("mutate", given.seed)
    asyncio.run(bench(given, figures))
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
