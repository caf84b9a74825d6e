"""The tenant's own connections and their runs, read only (blueconic.md §1, §2, §11).

A run whose goal failed may well be FINISHED: only `goalStatistics` tells, and it counts goals.
"""

from __future__ import annotations

from dataclasses import dataclass

FOUNDED = 1546300800.39
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ConnectionRun:
    """One run; without a length it has not ended."""

    number: int
    start: float
    state: str
    lane: str
    message: str
    length: float | None = None
    goals: tuple[int, int, int] | None = None
    """Succeeded, failed, all."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection with its runs, newest first."""

    id: str
    name: str
    plugin: str
    enabled: bool = True
    mode: str = "SCHEDULED"
    runs: tuple[ConnectionRun, ...] = ()


def _task(title: str, *lines: str) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<div class="bcpTask">{title}</div><ul>{items}</ul>'


GOOD = _task("Import profiles", "Received 12 updates, created 3 profiles, checked 15.")
BAD = f'<div class="bcpError">{_task("Export profiles", "The segment is gone.")}</div>'
CAMPAIGN = "0a743354-0000-4000-a000-000000000001"
WAREHOUSE = "0a743354-0000-4000-a000-000000000002"
UNUSED = "0a743354-0000-4000-a000-000000000003"


def seeded_connections() -> dict[str, Connection]:
    """One with runs of every end, one that runs now, one that never ran."""
    past = (
        ConnectionRun(5, FOUNDED + 4 * DAY, "FINISHED", "REGULAR", GOOD, 18.0, (1, 0, 2)),
        ConnectionRun(4, FOUNDED + 3 * DAY, "FINISHED", "REGULAR2", BAD, 9.0, (0, 1, 2)),
        ConnectionRun(3, FOUNDED + 2 * DAY, "FAILED", "EXPRESS", BAD, 2.0, (0, 2, 2)),
        ConnectionRun(2, FOUNDED + DAY, "STOPPED", "RUN_NOW", GOOD, 4.0, (0, 0, 2)),
        ConnectionRun(1, FOUNDED, "FINISHED", "REGULAR", GOOD, 61.0, (2, 0, 2)),
    )
    now = (ConnectionRun(1, FOUNDED + 5 * DAY, "RUNNING", "CONTINUOUS", "Running…"),)
    rows = (
        Connection(CAMPAIGN, "ActiveCampaign", "connection_activecampaign", runs=past),
        Connection(WAREHOUSE, "Warehouse", "connection_sftp", mode="CONTINUOUS", runs=now),
        Connection(UNUSED, "Not used yet", "connection_csv", enabled=False),
    )
    return {one.id: one for one in rows}
