"""The cost of an import's recheck, and when people arrive: `python tests/bench/late_matches.py`.

100,000 contacts of whom 30,000 have no profile, in a *changed* goal at the default budget. Tells
the requests of a run without changes, how many people a run rechecks, how many runs one rotation
takes, and in which run people arrive whose profiles appear later. Loopback only, some minutes.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actui.model.run import GoalSummary
from tests.process.e2e.lab import Lab, lab
from tests.process.e2e.test_late_matches import goal

CONTACTS, WITHOUT = 100_000, 30_000
LATE = 3
AT_ONCE = 50
MOST_RUNS = 60


async def measured(world: Lab) -> tuple[GoalSummary, dict[str, int]]:
    """One run two hours later; its goal, and its requests by method and kind of path."""
    await world.post("/clock", advance=7_200)
    await world.forget()
    summary = await world.run()
    assert summary.ok, summary.message
    found: dict[str, int] = {}
    for row in await world.requests():
        name = f"{row['method']} {row['path'].partition('?')[0]}"
        found[name] = found.get(name, 0) + 1
    return summary.goals[0], found


async def prepared(world: Lab) -> list[str]:
    """Everybody's profile is made, then so many are deleted; the addresses of those."""
    world.apply(goal(create_profiles=True))
    await measured(world)
    rows = [row for row in await world.lines("/profiles") if row["properties"].get("email")]
    gone = random.Random(17).sample(rows, WITHOUT)
    for place in range(0, WITHOUT, AT_ONCE):
        await asyncio.gather(
            *(
                world.post("/mutate", service="blueconic", op="delete", id=row["id"])
                for row in gone[place : place + AT_ONCE]
            )
        )
    return [row["properties"]["email"][0] for row in gone]


async def main() -> None:
    """Print the figures, one line each."""
    async with lab(contacts=CONTACTS, profiles=0) as world:
        gone = await prepared(world)
        world.apply(goal(create_profiles=False))
        first, _ = await measured(world)
        unmatched = first.reasons.get("no-match", 0)
        print(f"complete run: {first.read:,} read, {unmatched:,} without a match", flush=True)
        idle, requests = await measured(world)
        print(f"without changes: {idle.rechecked:,} rechecked, {sum(requests.values())} requests")
        for name, count in sorted(requests.items()):
            print(f"  {count:4} {name}", flush=True)
        for email in gone[:LATE]:
            await world.profile(properties={"email": [email]})
        arrived: list[int] = []
        for number in range(1, MOST_RUNS + 1):
            run, _ = await measured(world)
            arrived += [number] * run.matched
            if len(arrived) >= LATE:
                break
        rounds = -(-unmatched // max(1, idle.rechecked))
        print(f"{LATE} profiles that appeared later: matched by runs {arrived}")
        print(f"one rotation takes {rounds} runs")


if __name__ == "__main__":
    asyncio.run(main())
