"""Every page opens at both sizes, whatever the names are, and shows them as they are."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from actui.app.console_app import ConsoleApp
from actui.model.connection import Connection
from actui.model.run import GoalProgress, GoalSummary, RunSnapshot, RunState, RunSummary
from screens.connection_list import TOUR, ConnectionsScreen
from screens.connection_page import ConnectionScreen
from screens.run_page import RunScreen
from tests.ui.screens.fakes import HOSTILE, FakeHistory, connection, seen, services, until


def named(name: str) -> Connection:
    plain = connection(name, labels=[name], description=name)
    goal = plain.goals[0].model_copy(update={"name": name})
    return plain.model_copy(update={"goals": [goal]})


def past(name: str) -> RunSummary:
    goal = GoalSummary(goal=name, kind="import", ok=False, message=f"refused {name}", read=2)
    goal.reasons = {name: 2}
    return RunSummary(
        run="r1",
        connection=name,
        state=RunState.FAILED,
        message=name,
        started="2026-11-24T01:00:00+00:00",
        ended="2026-11-24T01:00:09+00:00",
        goals=[goal],
    )


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_act_nowhere(name: str) -> None:
    made = services(named(name))
    made.histories["c-1"] = FakeHistory([past(name)])
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
        await pilot.press("d")
        await pilot.pause()
        assert "Delete" in seen(pilot)
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        await pilot.press("escape", "ctrl+p")
        await pilot.pause()
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("down")
        await until(pilot, lambda: bool(app.screen.query_one("#goal").display))
        app.screen.query_one("#left").focus()
        await pilot.press("up")
        app.screen.query_one("#history").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: bool(app.screen.query(".goal-block")))
        assert "\x1b[31m" not in seen(pilot)
        assert "\u202e" not in seen(pilot)


async def test_a_name_in_brackets_is_shown_whole() -> None:
    app = ConsoleApp(services(named("Leads [vip]")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Leads [vip]" in seen(pilot))


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_arrows_have_a_glyph_and_a_word(ascii_only: bool) -> None:
    made = services(connection(), connection("Off", id="c-2", enabled=False))
    app = ConsoleApp(made, ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        assert ("+ ready" if ascii_only else "● ready") in seen(pilot)
        assert ("- off" if ascii_only else "○ off") in seen(pilot)
        await pilot.press("enter")
        arrow = "-->" if ascii_only else "⟶"
        await until(pilot, lambda: f"ActiveCampaign {arrow} BlueConic" in seen(pilot))


async def test_the_first_start_offers_a_connection_and_the_tour(size: tuple[int, int]) -> None:
    made = services()
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.query_one("#first").display)
        text = seen(pilot)
        assert "Add the first connection" in text
        assert "Take the tour" in text
        for other in ("Sort", "Delete", "Search", "On/off"):
            assert other not in text
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#search")))
        await pilot.press(*"active", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        assert made.connections.held == {}
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(made.connections.held))


@pytest.mark.parametrize("keys", [("t",), ("down", "enter")])
async def test_the_first_start_leads_to_the_tour(keys: tuple[str, ...]) -> None:
    app = ConsoleApp(services())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#add-first").has_focus)
        await pilot.press(*keys)
        await until(pilot, lambda: app.return_value == TOUR)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_a_status_is_never_cut_in_its_word(ascii_only: bool) -> None:
    made = services(connection())
    made.credentials.kept.clear()
    app = ConsoleApp(made, ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        word = "! incomplete" if ascii_only else "▲ incomplete"
        await until(pilot, lambda: seen(pilot).count(word) == 2)


async def test_the_foot_of_the_list_tells_the_next_run_and_that_something_is_cut() -> None:
    weekly = {"type": "weekly", "days": ["mon"], "at": "01:30"}
    made = services(connection(schedule=weekly, timezone="Europe/Amsterdam"))
    why = " ".join(["ActiveCampaign cannot be reached: look at the host name and the network"] * 4)
    failed = RunSummary(
        run="r1",
        connection="Newsletter",
        state=RunState.FAILED,
        ok=False,
        message=why,
        started="2026-11-24T01:30:00+00:00",
    )
    made.histories["c-1"] = FakeHistory([failed])
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Next run: " in seen(pilot))
        lines = [line.strip() for line in seen(pilot).splitlines()]
        first = next(at for at, line in enumerate(lines) if line.startswith("Next run: "))
        assert lines[first + 1].endswith("..")
        assert lines[first + 2].startswith("f1 Help")


@pytest.mark.parametrize("first", [True, False])
async def test_help_tells_only_the_keys_that_the_page_offers(first: bool) -> None:
    app = ConsoleApp(services() if first else services(connection()))
    async with app.run_test(size=(80, 60)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#first").display == first)
        await pilot.press("f1")
        await until(pilot, lambda: "Keys of this page" in seen(pilot))
        assert ("Go to the other of the two" in seen(pilot)) == first
        assert ("Copy the connection" in seen(pilot)) != first


async def test_search_shows_how_many_of_how_many() -> None:
    app = ConsoleApp(services(connection(), connection("Webinar", id="c-2", labels=["events"])))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "2 connections" in seen(pilot))
        await pilot.press("slash", *"event")
        await until(pilot, lambda: "1 of 2" in seen(pilot))
        assert "Newsletter" not in seen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "2 connections" in seen(pilot))


async def test_deleting_asks_and_keeps_by_default() -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("d", "enter")
        await pilot.pause()
        assert made.connections.held
        await pilot.press("d", "right", "enter")
        await until(pilot, lambda: not made.connections.held)
        await until(pilot, lambda: "Take the tour" in seen(pilot))


async def test_copying_asks_and_the_copy_is_off() -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("c", "enter")
        await pilot.pause()
        assert len(made.connections.held) == 1
        await pilot.press("c", "right", "enter")
        await until(pilot, lambda: "Newsletter 2" in seen(pilot))
        first, second = (stored.connection for stored in made.connections.held.values())
        assert (second.name, second.enabled) == ("Newsletter 2", False)
        assert not {first.id, *(g.id for g in first.goals)} & {
            second.id,
            *(g.id for g in second.goals),
        }


async def test_sorting_by_name_and_by_what_needs_a_look() -> None:
    made = services(
        connection("Beta", favorite=True),
        connection("Gamma", id="c-2", goals=[]),
        connection("Alpha", id="c-3"),
    )
    made.histories["c-3"] = FakeHistory([past("Contacts")])
    app = ConsoleApp(made)

    def order() -> list[str]:
        text = seen(pilot)
        return sorted(("Alpha", "Beta", "Gamma"), key=text.index)

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: order() == ["Beta", "Gamma", "Alpha"])
        await pilot.press("s")
        await until(pilot, lambda: order() == ["Alpha", "Beta", "Gamma"])
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: order() == ["Alpha", "Beta", "Gamma"])
        await pilot.press("s")
        await until(pilot, lambda: order() == ["Beta", "Gamma", "Alpha"])


async def test_switching_in_the_list() -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("e")
        await until(pilot, lambda: not made.connections.held["c-1"].connection.enabled)


async def test_the_palette_has_the_pages_actions_and_no_screenshot() -> None:
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Add", "Delete", "On/off", "Search", "Help", "Quit"} <= titles
        assert "Screenshot" not in titles


def picture(read: int, at: str, state: RunState = RunState.RUNNING) -> RunSnapshot:
    goal = GoalSummary(goal="Contacts", kind="import", read=read, created=read)
    return RunSnapshot(
        run="r1",
        connection_id="c-1",
        state=state,
        started="2026-11-24T02:50:00+00:00",
        updated=at,
        goals=[GoalProgress(summary=goal, phase="reading and writing", expected=1000)],
    )


async def test_a_run_is_started_followed_stopped_and_shown_from_the_history() -> None:
    made = services(connection())
    reader = made.reader(connection())
    made.starter.then = lambda: reader.show(picture(100, "2026-11-24T02:50:10+00:00"))
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("f5")
        await until(pilot, lambda: "10% 100 of about 1,000" in seen(pilot))
        reader.show(picture(200, "2026-11-24T02:50:12+00:00"))
        await until(pilot, lambda: "created 200" in seen(pilot) and "50/s" in seen(pilot))
        await pilot.press("s")
        await until(pilot, lambda: reader.stops == 1)
        await pilot.press("S")
        await until(pilot, lambda: reader.stops == 2)
        # gone back and in again, the run is watched instead of started a second time
        await pilot.press("escape", "f5")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "created 200" in seen(pilot))
        assert made.starter.started == ["Newsletter"]
        made.histories["c-1"] = FakeHistory([past("Contacts")])
        reader.show(picture(200, "2026-11-24T02:50:13+00:00", RunState.STOPPED), running=False)
        await until(pilot, lambda: "refused Contacts" in seen(pilot))


async def test_a_cut_off_run_is_shown_as_failed() -> None:
    made = services(connection())
    reader = made.reader(connection())
    reader.show(picture(100, "2026-11-24T02:50:10+00:00"))
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "running" in seen(pilot))
        await pilot.press("enter", "f5")
        await until(pilot, lambda: "created 100" in seen(pilot))
        reader.running = False
        await until(pilot, lambda: "cut off" in seen(pilot))


async def test_a_run_that_could_not_begin_says_why_first() -> None:
    made = services(connection(enabled=False))
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter", "f5")
        await until(pilot, lambda: "switch it on" in seen(pilot))
        assert made.starter.started == []


async def test_a_connection_without_its_keys_is_not_called_ready() -> None:
    made = services(connection())
    made.credentials.kept.clear()
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "▲ incomplete" in seen(pilot))
        assert "Enter the ActiveCampaign API key." in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await until(pilot, lambda: "▲ incomplete" in seen(pilot))
        app.screen.query_one("#activecampaign-key", Input).value = "k"
        app.screen.query_one("#blueconic-secret", Input).value = "s"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "● ready" in seen(pilot))


async def test_the_footer_ends_with_a_whole_key_in_every_width() -> None:
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "q Quit  " in seen(pilot).splitlines()[-1])
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: "f5 Run d Delete   ▏^p" in seen(pilot).splitlines()[-1])
        await pilot.resize_terminal(56, 24)
        await until(pilot, lambda: "f5 Run  " in seen(pilot).splitlines()[-1])
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "q Quit  " in seen(pilot).splitlines()[-1])
