"""How much of ActiveCampaign's limit an import uses: `python tests/bench/import_rate.py`.

The ceiling is 5 requests a second; each line tells latency and jitter, the requests for contacts,
the share of the ceiling and how many were refused. Loopback only, about two minutes.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actui.model.settings import PUBLISHED_RATE, Settings
from store.settings import SettingsFile
from tests.process.e2e.lab import lab
from tests.process.e2e.test_imports import goal

CONTACTS = 15_000
CASES = ((0.0, 0.0), (200.0, 0.0), (200.0, 50.0))


async def measured(latency: float, jitter: float) -> str:
    """One import at the real limits."""
    chosen = {"limits": "real", "latency_ms": latency, "jitter_ms": jitter}
    async with lab(contacts=CONTACTS, **chosen) as world:
        SettingsFile(world.context.home).save(Settings())
        world.apply(goal())
        await world.run()
        log = [r for r in await world.requests() if r["path"].startswith("/api/3/contacts")]
    seconds = log[-1]["time"] - log[0]["time"]
    share = (len(log) - 1) / seconds / PUBLISHED_RATE
    refused = sum(row["status"] == 429 for row in log)
    case = f"{latency:3.0f} ms ±{jitter:2.0f}"
    return f"{case}: {len(log)} requests, {share:.1%} of the limit, {refused} refused"


if __name__ == "__main__":
    for case in CASES:
        print(asyncio.run(measured(*case)), flush=True)
