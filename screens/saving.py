"""Saving a connection: its fields, its secrets, new properties, and what somebody else saved."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import partial

from textual.widgets import Input

from actui.console.draft import Draft, differences, same_but_for_ids
from actui.console.formatting import plain, typed_over
from actui.console.forms.connection_fields import SECRET_WORDS, ConnectionForm
from actui.console.forms.secret_storage import Keeping
from actui.console.ports import Stored, Which
from actui.console.workbench import Workbench
from actui.model.connection import Connection, secret_prefix
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import UNLOCK
from screens.base import ActuiScreen
from screens.dialogs.ask import ask
from screens.dialogs.confirm import ConfirmScreen
from screens.dialogs.schedule import ScheduleScreen
from screens.goal_page import GoalScreen
from screens.goals_panel import GoalsPanel
from screens.setup_panel import SetupPanel
from screens.widgets.form_list import FormList
from screens.widgets.on_off import OnOff

SAVE = "save"
"""The group of the workers that store something."""
_DIFFERENCES = 12


class SavingScreen(ActuiScreen):
    """The part of the connection page that stores what was typed; `stored` is None while new."""

    def __init__(self, workbench: Workbench, connection: Connection, stored: Stored | None) -> None:
        super().__init__()
        self._workbench = workbench
        self._draft = Draft(connection, stored)
        self._seen: tuple[int, bool, int] | None = None

    @property
    def _connection(self) -> Connection:
        return self._draft.connection

    @abstractmethod
    def _look(self) -> None:
        """Show the connection as it is now."""

    @abstractmethod
    def _goals_changed(self) -> None:
        """Show the goals as they are now."""

    async def _show_secrets(self) -> None:
        panel = self.query_one(SetupPanel)
        for which in SECRET_WORDS:
            sentence = "Not stored yet."
            if self._draft.stored is not None:
                sentence = await self._workbench.secret_status(self._connection, which)
            panel.put_stored(which, sentence)
        self._seen = None
        self._look()

    def _form(self) -> ConnectionForm:
        name = typed_over(self.query_one("#name", Input).value, self._connection.name)
        return self.query_one(SetupPanel).form(name, self.query_one(OnOff).value)

    @property
    def is_dirty(self) -> bool:
        """Whether something typed is not stored."""
        return self._draft.is_dirty or self._form() != ConnectionForm.of(self._connection)

    def action_save(self) -> None:
        """Store what was typed."""
        self.attempt(self._save, SAVE)

    def save_from_elsewhere(self) -> None:
        """Store what was typed; what is out of sight and would change an account is asked about."""
        typed = self._form().accounts_typed(self._connection)
        if self._draft.stored is None or not typed:
            self.action_save()
            return
        question = ConfirmScreen(
            f"Typed on Set up and run, not saved: {', '.join(typed)}.\n\n"
            "Save that as well? It takes the place of what is stored.",
            do="Save all",
            keep="Go on editing",
        )
        self.app.push_screen(question, lambda yes: self.action_save() if yes else None)

    async def _save(self) -> None:
        await self._store(self._draft.stored)

    async def _store(self, base: Stored | None) -> None:
        form = self._form()
        expected = base.version if base else None
        try:
            stored = await self._workbench.save(self._connection, form, expected=expected)
            self._draft.adopt(stored)
            await self._workbench.save_secrets(stored.connection, form)
            await self._create_properties(stored.connection)
        except CredentialsError as failure:
            if failure.code == "no-key-store":
                self._ask_where(failure.trouble)
                return
            if failure.code == "other-origin":
                self._ask_again(form)
            self.say(failure.message, severity="error")
            return
        except ConfigError as failure:
            if failure.code != "changed-elsewhere" or base is None:
                raise
            await self._settle(base)
            return
        finally:
            self._seen = None
            self._look()
        self._show_saved()
        self.say("Saved.")
        self.attempt(self._show_secrets, "secrets")

    def _ask_where(self, trouble: str) -> None:
        """Nothing keeps secrets on this machine: let somebody choose what shall."""

        async def saved_elsewhere() -> None:
            await self._create_properties(self._connection)
            self._show_saved()
            self.say("Saved.")
            await self._show_secrets()

        prefix = f"ACTUI_SECRET_{secret_prefix(self._connection.name)}"
        names = [f"{prefix}_ACTIVECAMPAIGN_API_KEY", f"{prefix}_BLUECONIC_CLIENT_SECRET"]
        storage = Keeping(
            self._workbench.change_settings,
            again=self.action_save,
            elsewhere=lambda: self.attempt(saved_elsewhere, SAVE),
            variables=names,
            attempt=lambda: self._workbench.command_gives_secrets(self._connection),
            can_unlock=bool(os.environ.get(UNLOCK)),
        )
        ask(self.app, storage.ask(trouble))

    async def _create_properties(self, connection: Connection) -> None:
        """Make in BlueConic what goals have been given as new."""
        if wanted := self._draft.properties_to_create():
            await self._workbench.create_properties(connection, wanted)
            self._draft.created()

    def _show_saved(self) -> None:
        self.query_one("#name", Input).value = plain(self._connection.name)
        self.query_one(OnOff).value = self._connection.enabled
        self.query_one(SetupPanel).put_fields(self._connection)
        self.query_one("#details", FormList).show()
        self._goals_changed()
        for page in self.app.screen_stack:
            if not page.is_mounted:
                continue  # it looks for itself as it opens
            if isinstance(page, GoalScreen):
                page.saved()
            elif isinstance(page, ScheduleScreen):
                page.show()

    async def _settle(self, base: Stored) -> None:
        """Somebody saved another version: go on where only ids were found, ask otherwise."""
        theirs = self._workbench.stored(self._connection.id)
        if same_but_for_ids(base.connection, theirs.connection):
            await self._store(theirs)
            return
        changed = differences(base.connection, theirs.connection)
        shown = changed[:_DIFFERENCES]
        if len(changed) > len(shown):
            shown.append(f"and {len(changed) - len(shown)} lines more")
        question = ConfirmScreen(
            f"The connection was changed by {plain(theirs.saved_by)} meanwhile:\n\n"
            + "\n".join(shown)
            + "\n\nYours is not saved yet. Saving it now undoes these changes.",
            do="Save mine over it",
            keep="Go on editing",
        )
        self.app.push_screen(
            question,
            lambda yes: self.attempt(partial(self._store, theirs), SAVE) if yes else None,
        )

    def _ask_again(self, form: ConnectionForm) -> None:
        changed: Which = "activecampaign"
        if form.activecampaign_url == self._connection.activecampaign.url:
            changed = "blueconic"
        if changed not in form.secrets:
            self.query_one("#left", GoalsPanel).highlighted = 0
            self.query_one(SetupPanel).ask_for(changed)
