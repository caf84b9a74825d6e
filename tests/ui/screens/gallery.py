"""Every page of the console: a furnished home on fakes, and the keys that lead to each page."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

import screens
from actui.app.console_app import ConsoleApp
from actui.console.views.outcomes import Person
from actui.model.preview import Change, Preview, PreviewedGoal, PreviewedPerson
from actui.model.run import (
    GoalProgress,
    GoalSummary,
    Outcome,
    Problem,
    Reason,
    Record,
    RequestCounts,
    RunSnapshot,
    RunState,
    RunSummary,
    UniqueCounts,
)
from tests.ui.screens.fakes import FakeHistory, FakeServices, connection, seen, services, until

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""The time in the gallery, so that what is due is always the same."""
_STARTED, _ENDED = "2026-11-24T01:30:00+00:00", "2026-11-24T01:31:40+00:00"
_TO_HISTORY = tuple(["tab"] * 10)
"""From the left panel of a connection to its run history."""


def furnished() -> FakeServices:
    """A home in which every page has something to show."""
    weekly = {"type": "weekly", "days": ["mon", "fri"], "at": "01:30"}
    made = services(
        connection(favorite=True, schedule=weekly, timezone="Europe/Amsterdam"),
        connection("Webinar", id="c-2", labels=["events", "email"]),
        connection("Autumn", id="c-3", labels=[], goals=[]),
    )
    made.clock = lambda: NOW
    made.histories["c-1"] = FakeHistory([_past("r1"), _past("r0", message="cut off")])
    made.reader(connection()).counts = UniqueCounts(imported=12_431, exported=318)
    made.reader(connection(id="c-2")).show(_going())
    made.outcomes.rows = [*_people()]
    made.previews.answer = _preview()
    return made


def empty() -> FakeServices:
    """A home without connections."""
    made = services()
    made.clock = lambda: NOW
    return made


def _goals() -> list[GoalSummary]:
    imported = GoalSummary(goal="Contacts", goal_id="g-1", kind="import", read=4_200, seconds=61.0)
    imported.created, imported.updated, imported.unchanged = 12, 3_100, 1_000
    imported.skipped, imported.rejected = 80, 8
    imported.reasons = {"no-match": 80, "invalid-identifier": 8}
    exported = GoalSummary(goal="x [/y]", goal_id="g-2", kind="export", read=318, seconds=39.0)
    exported.updated, exported.lists.subscribed = 318, 40
    return [imported, exported]


def _past(run: str, message: str = "") -> RunSummary:
    state = RunState.FAILED if message else RunState.FINISHED
    return RunSummary(
        run=run,
        connection="Newsletter",
        state=state,
        ok=not message,
        message=message,
        started=_STARTED,
        ended=_ENDED,
        goals=_goals(),
    )


def _going() -> RunSnapshot:
    done, now = _goals()
    now.read = now.updated = 120
    return RunSnapshot(
        run="r9",
        connection_id="c-2",
        state=RunState.RUNNING,
        started=_STARTED,
        updated=_ENDED,
        elapsed=100.0,
        requests=RequestCounts(activecampaign=480, blueconic=44),
        problems=[Problem(goal="Contacts", who="ann@example.org", outcome=Outcome.REJECTED)],
        goals=[
            GoalProgress(summary=done, done=True),
            GoalProgress(summary=now, phase="sending", expected=318),
        ],
    )


def _people() -> list[Person]:
    told = [("updated", ""), ("skipped", "no-match"), ("rejected", "invalid-identifier")]
    return [
        Person("r1", "g-1", *told[n % 3], contact_id=str(n), email=f"p{n}@example.org", at=_STARTED)
        for n in range(60)
    ]


def _preview() -> Preview:
    ann = PreviewedPerson(
        "ann@example.org",
        Record(Outcome.UPDATED, contact_id=7, email="ann@example.org"),
        (Change("first_name", ("An",), ("Ann",)),),
    )
    skipped = Record(Outcome.SKIPPED, Reason.NO_MATCH, contact_id=8, email="bo@example.org")
    bo = PreviewedPerson("bo@example.org", skipped, ())
    return Preview((PreviewedGoal("Contacts", "import", (ann, bo)),))


Steps = tuple[tuple[tuple[str, ...], str], ...]


@dataclass(frozen=True)
class Page:
    """A page, the keys that lead to it from the first one, and what then can be read.

    `stays` is a key that moves something on the page without leaving it.
    """

    kind: str
    shows: str
    steps: Steps = ()
    stays: str = "down"
    home: Callable[[], FakeServices] = furnished


_CONNECTION: Steps = ((("enter",), "Set up"),)
_IMPORT: Steps = (*_CONNECTION, (("down", "enter"), "Leads [vip]"))
_EXPORT: Steps = (*_CONNECTION, (("down", "down", "enter"), "12,431"))
_PAST: Steps = (*_CONNECTION, (_TO_HISTORY, "24 Nov"), (("enter",), "4,200 read"))
_OUTCOMES: Steps = (*_PAST, (("o",), "p0@example.org"))

PAGES: dict[str, Page] = {
    "connections": Page("ConnectionsScreen", "3 connections"),
    "first-start": Page("ConnectionsScreen", "Take the tour", home=empty),
    "search": Page("ConnectionsScreen", "1 of 3", ((("slash", *"autu"), ""),), "n"),
    "add-connection": Page("AddConnectionScreen", "enter adds it", ((("a",), ""),), "down"),
    "connection": Page("ConnectionScreen", "Settings > Developer", _CONNECTION),
    "details": Page("ConnectionScreen", "+ Add a label", (*_CONNECTION, (("ctrl+e",), ""))),
    "goal-words": Page("ConnectionScreen", "enter opens it", (*_CONNECTION, (("down",), ""))),
    "schedule": Page("ScheduleScreen", "Next due", (*_CONNECTION, (("f8",), ""))),
    "import-goal": Page("GoalScreen", "1 Contacts", _IMPORT),
    "export-goal": Page("GoalScreen", "1 Segment", _EXPORT),
    "choose": Page("ChooseScreen", "Which lists?", (*_IMPORT, (("g", *["down"] * 3, "enter"), ""))),
    "type": Page("TypeScreen", "enter takes it", (*_CONNECTION, (("down", "n"), "")), "x"),
    "preview": Page("PreviewScreen", "An ⟶ Ann", (*_CONNECTION, (("f6",), ""))),
    "live-run": Page("RunScreen", "running", ((("down", "enter"), "Webinar"), (("f5",), ""))),
    "run-detail": Page("RunScreen", "4,200 read", _PAST),
    "outcomes": Page("OutcomesScreen", "p0@example.org", _OUTCOMES),
    "why": Page("WhyScreen", "p0@example.org", (*_OUTCOMES, (("w",), ""))),
    "settings": Page("SettingsScreen", "Settings of this home", ((("f9",), ""),)),
    "help": Page("HelpScreen", "Keys of this page", ((("question_mark",), ""),)),
    "confirm": Page("ConfirmScreen", "Delete the connection", ((("d",), ""),), "right"),
    "palette": Page("CommandPalette", "Search for commands", ((("ctrl+p",), ""),)),
}


def kinds() -> set[str]:
    """The names of all pages and pop-ups that `screens` has, whether or not they are above."""
    for module in pkgutil.iter_modules(screens.__path__, "screens."):
        importlib.import_module(module.name)
    found: set[type[Screen[Any]]] = set()
    left: list[type[Screen[Any]]] = [Screen]
    while left:
        below = left.pop().__subclasses__()
        found.update(below)
        left.extend(below)
    ours = {kind for kind in found if kind.__module__.startswith("screens.")}
    # what others are built on is never shown itself
    return {kind.__name__ for kind in ours if not kind.__subclasses__()}


async def open_page(pilot: Pilot[Any], page: Page) -> None:
    """Go to a page by its keys and wait until nothing moves any more."""
    await until(pilot, lambda: bool(pilot.app.screen.query("#first")))
    for keys, shows in page.steps:
        await pilot.press(*keys)
        await until(pilot, lambda shows=shows: shows in seen(pilot), shows)  # type: ignore[misc]
    await until(pilot, lambda: type(pilot.app.screen).__name__ == page.kind, page.kind)
    await settled(pilot)


async def settled(pilot: Pilot[Any]) -> str:
    """What can be read once nothing moves any more."""
    before = ""
    while before != seen(pilot):
        before = seen(pilot)
        for _ in range(3):
            await pilot.pause()
    return before


def console(page: Page) -> ConsoleApp:
    """The console in a page's home."""
    return ConsoleApp(page.home())
