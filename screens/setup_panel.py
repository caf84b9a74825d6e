"""*Set up and run*: credentials with tests, data exchange and run history."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr
from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Input, Label, Static

from actui.console.draft import Draft
from actui.console.formatting import Glyphs, number, plain, typed_over
from actui.console.forms.connection_fields import ConnectionForm
from actui.console.forms.connection_forms import PrivacyForm
from actui.console.forms.schedule_form import due_words, next_run, schedule_words
from actui.console.ports import Which
from actui.console.views.run import history_row
from actui.model.connection import Connection
from actui.model.findings import Finding
from actui.model.run import RunSummary, UniqueCounts
from screens.base import ListTable, TextLine
from screens.widgets.form_list import FormList
from screens.widgets.text import shown

_ASKING = "Looking whether it is stored."
"""Keeps the line: what is below it would move when the key store answers."""
_FIELDS = {
    "#activecampaign-url": "activecampaign.url",
    "#blueconic-url": "blueconic.url",
    "#client-id": "blueconic.client_id",
}
"""Fields by their id, and where a finding about them is."""
_SECRET_FIELDS: dict[Which, str] = {
    "activecampaign": "#activecampaign-key",
    "blueconic": "#blueconic-secret",
}


class SetupPanel(VerticalScroll):
    """The fields of *Set up and run*; its page tests, saves and runs."""

    @dataclass
    class Test(Message):
        """Somebody wants one service's credentials tested."""

        which: Which

    class Run(Message):
        """Somebody wants a run."""

    class Schedule(Message):
        """Somebody wants to say when it runs."""

    def __init__(self, draft: Draft, glyphs: Glyphs, now: Callable[[], datetime]) -> None:
        super().__init__(id="setup", can_focus=False)
        self._draft = draft
        self._glyphs = glyphs
        self._said: dict[str, str] = {}
        self._now = now
        self._rows: list[tuple[str, ...]] | None = None

    def compose(self) -> ComposeResult:
        connection = self._draft.connection
        account, tenant = connection.activecampaign, connection.blueconic
        yield Static("ActiveCampaign", classes="heading")
        yield from _field("Host name", "activecampaign-url", account.url, "acme.api-us1.com")
        yield _hint("The URL under Settings > Developer in ActiveCampaign")
        yield TextLine("", id="activecampaign-url-wrong", classes="wrong")
        yield from _field("API key", "activecampaign-key", "", secret=True)
        yield _hint("In the same place; each user has a key of their own")
        yield TextLine(_ASKING, id="activecampaign-stored", classes="hint")
        yield Button("Test ActiveCampaign", id="test-activecampaign", compact=True)
        yield TextLine("", id="activecampaign-answer", classes="answer")
        yield Static("BlueConic", classes="heading")
        yield from _field("Host name", "blueconic-url", tenant.url, "acme.blueconic.net")
        yield _hint("In the browser's address bar while in BlueConic")
        yield TextLine("", id="blueconic-url-wrong", classes="wrong")
        yield from _field("Client id", "client-id", plain(tenant.client_id))
        yield _hint("Settings > Access management > Applications")
        yield TextLine("", id="blueconic-client_id-wrong", classes="wrong")
        yield from _field("Client secret", "blueconic-secret", "", secret=True)
        yield _hint("In the same place, of the same application")
        yield TextLine(_ASKING, id="blueconic-stored", classes="hint")
        yield Button("Test BlueConic", id="test-blueconic", compact=True)
        yield TextLine("", id="blueconic-answer", classes="answer")
        yield Static("Data exchange", classes="heading", id="exchange")
        yield TextLine("", id="unique", classes="answer")
        yield Static("Run history", classes="heading")
        yield Button("Run now (F5)", id="run-now", compact=True)
        yield Button("Schedule (F8)", id="schedule-open", compact=True)
        yield TextLine("", id="schedule-words", classes="answer")
        yield TextLine("", id="schedule-wrong", classes="wrong")
        yield TextLine("No run yet.", id="no-run", classes="answer")
        history = ListTable(id="history")
        history.display = False
        yield history
        yield Static("Privacy management", classes="heading")
        yield FormList(PrivacyForm(self._draft), self._glyphs, id="privacy")

    # reading

    def form(self, name: str, enabled: bool) -> ConnectionForm:
        """What the fields hold."""
        secrets: dict[Which, SecretStr] = {}
        for which, field in _SECRET_FIELDS.items():
            if typed := self.query_one(field, Input).value:
                secrets[which] = SecretStr(typed)
        return ConnectionForm(
            name,
            enabled,
            self.query_one("#activecampaign-url", Input).value,
            self.query_one("#blueconic-url", Input).value,
            typed_over(
                self.query_one("#client-id", Input).value,
                self._draft.connection.blueconic.client_id,
            ),
            secrets,
        )

    # showing

    @property
    def fields(self) -> dict[str, str]:
        """What each field holds, by its selector."""
        selectors = (*_FIELDS, *_SECRET_FIELDS.values())
        return {field: self.query_one(field, Input).value for field in selectors}

    def put_fields(self, connection: Connection, fields: Container[str]) -> None:
        """Show the stored values and forget typed secrets, in those of `fields`."""
        self.query_one("#privacy", FormList).show()
        stored = _stored(connection) | dict.fromkeys(_SECRET_FIELDS.values(), "")
        for field, value in stored.items():
            if field in fields:
                self.query_one(field, Input).value = value

    def put_stored(self, which: Which, sentence: str) -> None:
        """Say where a secret is."""
        self.query_one(f"#{which}-stored", TextLine).put(sentence)

    def put_answer(self, which: Which, sentence: str) -> None:
        """Say what a test proved, where it can be seen."""
        answer = self.query_one(f"#{which}-answer", TextLine)
        answer.put(sentence)
        self.call_after_refresh(answer.scroll_visible, animate=False)

    def put_findings(self, found: Sequence[Finding]) -> None:
        """Show what is wrong with what is stored: beside its field, its numbers or its runs."""
        self._said = {finding.where: finding.message for finding in found}
        self._put_finding("schedule", edited=False)
        self._edited()

    @on(Input.Changed)
    def _edited(self) -> None:
        """Findings about what is stored are not shown for what is being typed."""
        for field, value in _stored(self._draft.connection).items():
            edited = self.query_one(field, Input).value != value
            self._put_finding(_FIELDS[field], edited=edited)

    def _put_finding(self, where: str, *, edited: bool) -> None:
        sign, text = self._glyphs.incomplete, self._said.get(where, "")
        line = self.query_one(f"#{where.replace('.', '-')}-wrong", TextLine)
        line.put(f"{sign} {plain(text)}" if text and not edited else "")

    def put_unique(self, unique: UniqueCounts | None) -> None:
        """Show the data exchange; None where the ledger cannot be read."""
        self.query_one("#unique", TextLine).put(
            f"Unique profiles are unknown. {plain(self._said.get('ledger', ''))}"
            if unique is None
            else f"Unique profiles imported  {number(unique.imported)}\n"
            f"Unique profiles exported  {number(unique.exported)}"
        )

    def put_running(self, running: bool) -> None:
        """Offer what F5 does now."""
        label = "Watch the run (F5)" if running else "Run now (F5)"
        button = self.query_one("#run-now", Button)
        if str(button.label) != label:
            button.label = label
            button.refresh(layout=True)  # it keeps the width of the other

    def put_schedule(self) -> None:
        """Say when the connection runs, and when next."""
        connection, now = self._draft.connection, self._now()
        message = f"Runs {schedule_words(connection.schedule)}"
        if connection.schedule.type not in ("manual", "times-per-day"):
            message += f" ({connection.timezone})"
        if due := next_run(connection, self._draft.since(now), now):
            message += f"; next {due_words(due, connection.timezone)}"
        self.query_one("#schedule-words", TextLine).put(f"{message}.")

    def put_history(self, runs: Sequence[RunSummary], zone: str) -> None:
        """Show the latest runs; the table is filled anew only when one of them changed."""
        broken = self._said.get("history")
        none = f"The run history cannot be read. {plain(broken)}" if broken else "No run yet."
        self.query_one("#no-run", TextLine).put(none)
        rows: list[tuple[str, ...]] = [
            (run.run, *history_row(run, self._glyphs, zone)) for run in runs
        ]
        if rows == self._rows:
            return
        self._rows = rows
        table = self.query_one("#history", ListTable)
        table.display = bool(rows)
        self.query_one("#no-run").display = not rows
        had = table.chosen
        # a width that the table finds out itself is wrong where it is filled out of sight
        state = max((cell_len(row[2]) for row in rows), default=0)
        table.fill(
            (("Started", 12), ("State", max(state, 5)), ("Took", 12), ("Read", 9)),
            ((key, map(shown, cells)) for key, *cells in rows),
        )
        ids = [row[0] for row in rows]
        if had in ids:
            table.move_cursor(row=ids.index(had))

    def enter(self) -> None:
        """Go to the first thing that can be changed or pressed."""
        first = self.query_one("#activecampaign-url")
        (self.query_one("#test-activecampaign") if first.disabled else first).focus()

    def to_history(self) -> None:
        """Go to data exchange and run history."""
        heading = self.query_one("#exchange")
        self.scroll_to_widget(heading, top=True, animate=False, force=True)
        history = self.query_one("#history")
        # enter there opens a run; on the button it would start one
        (history if history.display else self.query_one("#run-now")).focus(scroll_visible=False)

    def ask_for(self, which: Which) -> None:
        """Go to a secret's field."""
        self.query_one(_SECRET_FIELDS[which], Input).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "run-now":
            self.post_message(self.Run())
        elif event.button.id == "schedule-open":
            self.post_message(self.Schedule())
        elif event.button.id == "test-activecampaign":
            self.post_message(self.Test("activecampaign"))
        elif event.button.id == "test-blueconic":
            self.post_message(self.Test("blueconic"))


def _stored(connection: Connection) -> dict[str, str]:
    """What the fields show as long as nothing is typed."""
    account, tenant = connection.activecampaign, connection.blueconic
    values = (account.url, tenant.url, plain(tenant.client_id))
    return dict(zip(_FIELDS, values, strict=True))


def _field(
    label: str, field: str, value: str, example: str = "", *, secret: bool = False
) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Label(label, markup=False)
        yield Input(value, placeholder=example, password=secret, id=field, compact=True)


def _hint(text: str) -> TextLine:
    """Where a field's value is to be found."""
    return TextLine(text, classes="hint")
