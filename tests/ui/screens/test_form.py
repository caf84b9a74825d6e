"""What is typed on the connection page: kept, tested, asked for again, never lost silently."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from actui.app.console_app import ConsoleApp
from actui.console.forms.form import ADD, Key
from actui.model.connection import Connection
from actui.model.errors import CredentialsError
from screens.base import TextLine
from screens.connection_list import ConnectionsScreen
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import ChooseScreen
from screens.dialogs.confirm import ConfirmScreen
from tests.ui.screens.fakes import (
    FakeCredentials,
    FakeStored,
    connection,
    seen,
    services,
    until,
)
from tests.ui.screens.goalpages import (
    Opened,
    go,
    goals_of,
    on_connection,
    on_the_page,
    open_goal,
    save,
)


def put(pilot: Pilot[Any], field: str, value: str) -> None:
    pilot.app.screen.query_one(field, Input).value = value


async def test_an_empty_secret_keeps_the_stored_one(opened: Opened) -> None:
    made, pilot = opened
    put(pilot, "#name", "Other")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].connection.name == "Other")
    assert made.credentials.kept["activecampaign"][1] == "k"


async def test_a_typed_secret_is_stored_masked_and_forgotten(opened: Opened) -> None:
    made, pilot = opened
    put(pilot, "#activecampaign-key", "sEcReT")
    await pilot.pause()
    assert "sEcReT" not in seen(pilot)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.credentials.kept["activecampaign"][1] == "sEcReT")
    await until(pilot, lambda: not pilot.app.screen.query_one("#activecampaign-key", Input).value)


async def test_a_changed_url_asks_for_its_secret(opened: Opened) -> None:
    made, pilot = opened
    put(pilot, "#activecampaign-url", "other.api-us1.com")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: pilot.app.screen.query_one("#activecampaign-key").has_focus)
    assert made.connections.held["c-1"].version == 1
    put(pilot, "#activecampaign-key", "new")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].version == 2)
    await until(
        pilot,
        lambda: made.credentials.kept["activecampaign"] == ("https://other.api-us1.com", "new"),
    )


async def test_a_wrong_url_is_named_with_its_field(opened: Opened) -> None:
    made, pilot = opened
    put(pilot, "#blueconic-url", "http://acme.blueconic.net")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: "BlueConic host name" in seen(pilot))
    assert made.connections.held["c-1"].version == 1


async def test_somebody_elses_save_is_not_overwritten(opened: Opened) -> None:
    made, pilot = opened
    theirs = connection().model_copy(update={"description": "theirs"})
    made.connections.held["c-1"] = FakeStored(theirs, version=2)
    put(pilot, "#name", "Mine")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: "changed by ann" in seen(pilot))
    assert "description: theirs" in seen(pilot)
    assert made.connections.held["c-1"].connection.description == "theirs"
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    assert pilot.app.screen.query_one("#name", Input).value == "Mine"
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.press("right", "enter")
    await until(pilot, lambda: made.connections.held["c-1"].connection.name == "Mine")


async def test_ids_that_a_run_found_are_no_change_of_somebody_elses(opened: Opened) -> None:
    made, pilot = opened
    found = made.connections.held["c-1"].connection.model_dump(by_alias=True)
    found["goals"] = [
        {**goal, "kind": kind}
        for goal, kind in zip(found["goals"], ("import", "export"), strict=True)
    ]
    found["goals"][1]["segment"] = {"name": "Readers [/b]", "id": "s1"}
    put(pilot, "#name", "Mine")
    made.connections.held["c-1"] = FakeStored(Connection.model_validate(found), version=2)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].connection.name == "Mine")


async def test_what_somebody_else_saves_is_shown_where_nothing_was_typed(opened: Opened) -> None:
    made, pilot = opened
    theirs = connection(name="Theirs", activecampaign={"url": "https://new.api-us1.com"})
    made.connections.held["c-1"] = FakeStored(theirs, version=2)
    made.credentials.kept.clear()
    await until(pilot, lambda: "https://new.api-us1.com" in seen(pilot))
    await until(pilot, lambda: "Theirs" in seen(pilot))
    await until(pilot, lambda: "Not stored yet." in told(pilot))


async def test_a_test_says_what_it_proved_or_what_failed(opened: Opened) -> None:
    made, pilot = opened
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "Signed in as ann [x] with the stored key." in seen(pilot))
    made.prober.failure = CredentialsError("ActiveCampaign refused the key.")
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "✗ ActiveCampaign refused the key." in seen(pilot))


@pytest.mark.parametrize("key", ["escape", "ctrl+q"])
async def test_leaving_with_something_typed_asks(opened: Opened, key: str) -> None:
    _, pilot = opened
    put(pilot, "#name", "Other")
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.press("right", "enter")
    if key == "escape":
        await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionsScreen))
    else:
        await until(pilot, lambda: pilot.app.return_code == 0)


async def test_every_credential_says_where_it_is_found_and_what_is_missing() -> None:
    bare = connection(activecampaign={"url": ""}, blueconic={"url": "", "client_id": ""})
    app = ConsoleApp(services(bare))
    async with app.run_test(size=(80, 60)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        assert "Enter the ActiveCampaign host name." in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await until(pilot, lambda: "Enter the BlueConic client id." in seen(pilot))
        lines = seen(pilot).splitlines()
        fields = (
            ("Host name", "Settings > Developer"),
            ("API key", "same place"),
            ("Host name", "address bar"),
            ("Client id", "Applications"),
            ("Client secret", "same application"),
        )
        for field, where in fields:
            places = [i for i, line in enumerate(lines) if f"│  {field} " in f"{line} "]
            assert any(where in lines[at + 1] for at in places), seen(pilot)
        # what is being typed is no longer what was wrong, until it is what is stored again
        put(pilot, "#client-id", "c")
        await until(pilot, lambda: "Enter the BlueConic client id." not in seen(pilot))
        put(pilot, "#client-id", "")
        await until(pilot, lambda: "Enter the BlueConic client id." in seen(pilot))


async def test_a_test_says_what_has_to_be_typed_first(opened: Opened) -> None:
    made, pilot = opened
    made.prober.failure = CredentialsError("No key is stored.", code="no-secret")
    put(pilot, "#blueconic-url", "")
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "✗ Type the ActiveCampaign API key first." in seen(pilot))
    await until(pilot, lambda: "✗ Type the host name first." in told(pilot))


def told(pilot: Pilot[Any]) -> str:
    return "\n".join(words.text for words in pilot.app.screen.query(TextLine))


async def test_without_a_key_store_somebody_chooses_where_secrets_are_kept(opened: Opened) -> None:
    made, pilot = opened
    made.credentials.refuses = lambda: not made.settings.secrets_in_file
    put(pilot, "#activecampaign-key", "sEcReT")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: "Where shall the API key" in seen(pilot))
    assert "This machine has no key store" in seen(pilot)
    await pilot.press(*"nowhere", "enter")
    await until(pilot, lambda: "ACTUI_SECRET_NEWSLETTER_ACTIVECAMPAIGN_API_KEY" in seen(pilot))
    assert made.credentials.kept["activecampaign"][1] == "k"
    await pilot.press("ctrl+u", *"private", "enter")
    await until(pilot, lambda: made.credentials.kept["activecampaign"][1] == "sEcReT")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))


async def test_a_password_command_takes_the_place_of_what_was_typed(opened: Opened) -> None:
    made, pilot = opened
    made.credentials.refuses = lambda: True
    put(pilot, "#activecampaign-key", "sEcReT")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: "Where shall the API key" in seen(pilot))
    await pilot.press(*"command", "enter")
    await until(pilot, lambda: "Which command prints" in seen(pilot))
    made.credentials.command = "The password command failed with code 127."
    await pilot.press(*"pas", "enter")
    await until(pilot, lambda: "failed with code 127" in seen(pilot))
    assert made.settings.password_command is None
    made.credentials.command = ""
    await pilot.press("s", "enter")
    await until(pilot, lambda: made.settings.password_command == "pass")
    await until(pilot, lambda: "Saved." in seen(pilot))
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    assert pilot.app.screen.query_one("#activecampaign-key", Input).value == ""


async def test_what_is_not_saved_is_marked_until_it_is(opened: Opened) -> None:
    made, pilot = opened
    assert "not saved" not in seen(pilot)
    await pilot.press("ctrl+o")
    await until(pilot, lambda: "not saved" in seen(pilot))
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].version == 2)
    await until(pilot, lambda: "not saved" not in seen(pilot))


async def test_details_are_told_in_a_line_and_unfold_from_any_field(opened: Opened) -> None:
    _, pilot = opened
    assert "▸ labels: email  ^e" in seen(pilot)
    pilot.app.screen.query_one("#name").focus()
    await pilot.press("ctrl+e")
    await until(pilot, lambda: "+ Add a label" in seen(pilot))


async def test_what_was_cut_can_be_pasted_but_no_secret_leaves(opened: Opened) -> None:
    _, pilot = opened
    name = pilot.app.screen.query_one("#name", Input)
    name.focus()
    await pilot.press("home", "shift+end", "ctrl+x")
    # before anything else, since a notification goes by itself
    await until(pilot, lambda: "clipboard" in seen(pilot))
    assert name.value == ""
    await pilot.press("ctrl+v")
    await until(pilot, lambda: name.value == "Newsletter")
    pilot.app.clear_notifications()
    put(pilot, "#activecampaign-key", "sEcReT")
    pilot.app.screen.query_one("#activecampaign-key").focus()
    await pilot.press("home", "shift+end", "ctrl+x")
    await until(pilot, lambda: not pilot.app.screen.query_one("#activecampaign-key", Input).value)
    assert "clipboard" not in seen(pilot)


@pytest.mark.parametrize("all_of_it", [True, False])
async def test_a_goals_page_asks_before_it_replaces_a_secret_out_of_sight(
    all_of_it: bool, opened: Opened
) -> None:
    made, pilot = opened
    before = goals_of(made)[1].automations
    put(pilot, "#blueconic-secret", "oops")
    await open_goal(pilot, 1)
    await go(pilot, Key("automations"), "enter")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    assert "not saved: the BlueConic client secret." in seen(pilot)
    await pilot.press(*(("right", "enter") if all_of_it else ("enter",)))
    if all_of_it:
        await until(pilot, lambda: made.credentials.kept["blueconic"][1] == "oops")
        await until(pilot, lambda: goals_of(made)[1].automations is not before)
    else:
        await on_the_page(pilot)
        assert made.credentials.kept["blueconic"][1] == "s"
        assert goals_of(made)[1].automations is before


async def test_nothing_moves_when_the_key_store_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    made, answers = services(connection()), threading.Event()
    status = made.credentials.secret_source

    def slow(of: Connection, which: str) -> str:
        answers.wait(10)
        return status(of, which)

    monkeypatch.setattr(made.credentials, "secret_source", slow)
    async with on_connection(made) as pilot:

        def line_of_client_id() -> int:
            lines = seen(pilot).splitlines()
            return next(at for at, line in enumerate(lines) if "Client id" in line)

        await until(pilot, lambda: "Looking whether it is stored." in seen(pilot))
        before = line_of_client_id()
        answers.set()
        await until(pilot, lambda: seen(pilot).count("Stored in the key store") == 2)
        assert line_of_client_id() == before


class SlowStore:
    """Makes a key store wait for `answers` from the moment it is asked for the next time."""

    def __init__(self, of: FakeCredentials, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()
        for name in ("save_secret", "secret_source"):
            monkeypatch.setattr(of, name, partial(self._answer, getattr(of, name)))

    def _answer(self, call: Callable[..., str], *args: object) -> str:
        self.asked.set()
        assert self.answers.wait(60)
        return call(*args)


async def test_a_goal_that_is_added_while_a_save_goes_on_is_kept(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, pilot = opened
    before = len(goals_of(made))
    put(pilot, "#name", "Other")
    store = SlowStore(made.credentials, monkeypatch)
    await pilot.press("ctrl+s")
    await until(pilot, store.asked.is_set)
    pilot.app.screen.query_one("#left").focus()
    await pilot.press("plus")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    await pilot.press("enter")
    await on_the_page(pilot)
    await pilot.press("f6")
    store.answers.set()
    await until(pilot, lambda: made.connections.held["c-1"].connection.name == "Other")
    await pilot.press("escape")
    await on_the_page(pilot)
    assert len(goals_of(made)) == before
    await save(pilot, made)
    assert len(goals_of(made)) == before + 1


async def test_what_is_typed_while_a_save_goes_on_is_kept(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, pilot = opened
    put(pilot, "#name", "Other")
    put(pilot, "#activecampaign-key", "first")
    store = SlowStore(made.credentials, monkeypatch)
    await pilot.press("ctrl+s")
    await until(pilot, store.asked.is_set)
    put(pilot, "#client-id", "another")
    put(pilot, "#activecampaign-key", "second")
    store.answers.set()
    await until(pilot, lambda: "Saved." in seen(pilot))
    assert made.connections.held["c-1"].connection.name == "Other"
    assert made.credentials.kept["activecampaign"][1] == "first"
    assert pilot.app.screen.query_one("#client-id", Input).value == "another"
    assert pilot.app.screen.query_one("#activecampaign-key", Input).value == "second"
    await until(pilot, lambda: "not saved" in seen(pilot))
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.credentials.kept["activecampaign"][1] == "second")


async def test_a_goal_removed_elsewhere_closes_its_page_below_an_open_question(
    opened: Opened,
) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("mappings", part=ADD), "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    held = made.connections.held["c-1"]
    without = held.connection.model_copy(update={"goals": held.connection.goals[1:]})
    made.connections.save(without, expected=held.version)
    page = next(one for one in pilot.app.screen_stack if isinstance(one, ConnectionScreen))
    page.look_anew()
    await pilot.pause()
    assert isinstance(pilot.app.screen, ChooseScreen)
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    await until(pilot, lambda: "has been removed" in seen(pilot))
