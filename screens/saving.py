"""Saving a connection: its fields, its secrets, new properties, and what somebody else saved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from textual.app import App

from actui.console.draft import Draft, differences, same_but_for_ids
from actui.console.formatting import plain
from actui.console.forms.connection_fields import ConnectionForm
from actui.console.forms.secret_storage import SecretStorageQuestion
from actui.console.ports import Stored, Which
from actui.console.workbench import Workbench
from actui.model.accounts import CONNECTION_SECRETS, secret_variable
from actui.model.connection import Connection
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import UNLOCK
from screens.base import Work
from screens.dialogs.ask import ask
from screens.dialogs.confirm import ConfirmScreen

SAVE = "save"
"""The group of the workers that store something."""
_DIFFERENCES = 12


class SavedPage(Protocol):
    """What saving needs of the page on which a connection is edited."""

    @property
    def app(self) -> App[object]: ...
    @property
    def form(self) -> ConnectionForm:
        """Everything typed on the page."""

    def look_anew(self) -> None:
        """Show the connection as it is now, whatever was shown before."""

    @property
    def fields(self) -> Mapping[str, object]:
        """What each field of the page holds, by its selector."""

    def show_saved(self, before: Mapping[str, object] | None = None) -> None:
        """Show what is stored in place of what was typed.

        A field that no longer holds what it held in `before` has been typed into since, and is
        left as it is.
        """

    async def show_secrets(self) -> None:
        """Show for each secret whether it is stored."""

    def ask_for_secret(self, which: Which) -> None:
        """Lead to the field of a secret that has to be typed again."""

    def attempt(self, work: Work, group: str) -> None: ...
    def say(self, sentence: str, *, severity: str = "information") -> None: ...


class SaveFlow:
    """Stores a connection, its secrets and new properties, and asks where that takes an answer."""

    def __init__(self, page: SavedPage, workbench: Workbench, draft: Draft) -> None:
        self._page = page
        self._workbench = workbench
        self._draft = draft

    def start(self) -> None:
        """Store what was typed."""
        self._page.attempt(self._save, SAVE)

    def start_from_elsewhere(self) -> None:
        """Store what was typed; what is out of sight and would change an account is asked about."""
        typed = self._page.form.accounts_typed(self._draft.connection)
        if self._draft.stored is None or not typed:
            self.start()
            return
        question = ConfirmScreen(
            f"Typed on Set up and run, not saved: {', '.join(typed)}.\n\n"
            "Save that as well? It takes the place of what is stored.",
            do="Save all",
            keep="Go on editing",
        )
        self._page.app.push_screen(question, lambda yes: self.start() if yes else None)

    async def _save(self) -> None:
        await self._store(self._draft.stored)

    async def _store(self, base: Stored | None) -> None:
        # a key store may take seconds: what is typed and changed meanwhile is kept
        form, fields, sent = self._page.form, self._page.fields, self._draft.connection
        expected = base.version if base else None
        try:
            stored = await self._workbench.editor.save(sent, form, expected=expected)
            self._draft.adopt(stored, sent)
            await self._workbench.credentials.save(stored.connection, form)
            await self._create_properties(stored.connection)
        except CredentialsError as failure:
            if failure.code == "no-key-store":
                self._ask_where(failure.trouble)
                return
            if failure.code == "other-origin":
                self._ask_again(form)
            self._page.say(failure.message, severity="error")
            return
        except ConfigError as failure:
            if failure.code != "changed-elsewhere" or base is None:
                raise
            await self._settle(base)
            return
        finally:
            self._page.look_anew()
        self._page.show_saved(fields)
        self._page.say("Saved.")
        self._page.attempt(self._page.show_secrets, "secrets")

    def _ask_where(self, trouble: str) -> None:
        """Ask where to store secrets on a machine without a key store that is safe."""

        async def saved_elsewhere() -> None:
            await self._create_properties(self._draft.connection)
            self._page.show_saved()
            self._page.say("Saved.")
            await self._page.show_secrets()

        name = self._draft.connection.name
        storage = SecretStorageQuestion(
            self._workbench.services.home.change_settings,
            save_again=self.start,
            stored_elsewhere=lambda: self._page.attempt(saved_elsewhere, SAVE),
            variables=[secret_variable(name, one) for one in CONNECTION_SECRETS],
            try_command=lambda: self._workbench.credentials.refuse_silent_command(
                self._draft.connection
            ),
            can_unlock=bool(os.environ.get(UNLOCK)),
        )
        ask(self._page.app, storage.ask(trouble))

    async def _create_properties(self, connection: Connection) -> None:
        """Make in BlueConic what goals have been given as new."""
        if wanted := self._draft.properties_to_create():
            await self._workbench.services.catalog.create_properties(connection, wanted)
            self._draft.created(wanted)

    async def _settle(self, base: Stored) -> None:
        """Save over another's version if it only adds ids that a run looked up; ask otherwise."""
        theirs = self._workbench.services.connections.find(self._draft.connection.id)
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
        self._page.app.push_screen(
            question,
            lambda yes: self._page.attempt(partial(self._store, theirs), SAVE) if yes else None,
        )

    def _ask_again(self, form: ConnectionForm) -> None:
        changed: Which = "activecampaign"
        if form.activecampaign_url == self._draft.connection.activecampaign.url:
            changed = "blueconic"
        if changed not in form.secrets:
            self._page.ask_for_secret(changed)
