"""What the pages show of a connection, put together from its document, history and ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actui.console.credentials import Credentials
from actui.console.formatting import counted, instant, number, plain
from actui.console.forms.connection_fields import SECRET_LABELS
from actui.console.ports import Services, Stored
from actui.console.views.status_arrows import DAMAGED, Arrow, arrows
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.findings import Finding, findings
from actui.model.run import RETRY, RunSummary, UniqueCounts

HISTORY_ROWS = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """A connection with everything its row or page head shows."""

    stored: Stored
    arrows: tuple[Arrow, Arrow]
    last: RunSummary | None
    running: bool
    found: tuple[Finding, ...] = ()

    @property
    def connection(self) -> Connection:
        return self.stored.connection

    @property
    def why(self) -> str:
        """What keeps the connection from working; an empty text when nothing does."""
        message = (arrow.why for arrow in self.arrows if arrow.why)
        wrong = (plain(one.message) for one in self.found if one.severity == "error")
        return next(message, next(wrong, ""))

    @property
    def has_readable_history(self) -> bool:
        """Whether `last` is None only where there was no run."""
        return all(one.code != DAMAGED or one.where != "history" for one in self.found)


class Overviews:
    """Reads connections with their runs. A damaged ledger or history becomes a finding."""

    def __init__(self, services: Services, credentials: Credentials) -> None:
        self._services = services
        self._credentials = credentials

    def all(self) -> list[Overview]:
        """All connections, favourites first."""
        return [self._overview(stored) for stored in self._services.connections.all()]

    def find(self, connection_id: str) -> Overview:
        """One connection. Raises ConfigError when it is gone."""
        return self._overview(self._services.connections.find(connection_id))

    def _overview(self, stored: Stored) -> Overview:
        connection = stored.connection
        reader = self._services.reader(connection)
        running = reader.is_running()
        damage = {"ledger": reader.damage()}
        try:
            latest = self._services.home.history(connection).all(HISTORY_ROWS)
        except ConfigError as failure:  # the list, and the other connections in it, can be shown
            latest, damage["history"] = (), failure.message
        last = next(iter(latest), None)
        # some people tried again say nothing about a direction
        whole = next((run for run in latest if run.trigger != RETRY), None)
        if whole is not None and _is_mended(whole, stored):
            whole = None
        found = findings(connection)
        found += [Finding(DAMAGED, where, message) for where, message in damage.items() if message]
        for which, label in SECRET_LABELS.items():
            # a run that was, found them wherever they are for runs
            if last is None and self._credentials.is_missing(connection, which):
                found.append(Finding("no-secret", f"{which}.secret", f"Enter the {label}."))
        if message := self._services.schedule_trouble(stored):
            found.append(Finding("no-scheduler", "schedule", message, "warning"))
        pair = arrows(connection, found, whole, running)
        return Overview(stored, pair, last, running, tuple(found))

    async def look_for_secrets(self, overviews: Sequence[Overview]) -> None:
        """Learn whether connections that are on and never ran lack a secret."""
        for overview in overviews:
            if overview.connection.enabled and overview.last is None:
                await self._credentials.look_for_missing(overview.connection)

    def unique(self, connection: Connection) -> UniqueCounts | None:
        """Distinct profiles exchanged through the connection, ever.

        None from a ledger that cannot be read; the overview says why.
        """
        try:
            return self._services.reader(connection).unique()
        except ConfigError:
            return None

    def history(self, connection: Connection) -> Sequence[RunSummary]:
        """The latest runs, newest first; none from a history that cannot be read.

        The overview says why.
        """
        try:
            return self._services.home.history(connection).all(HISTORY_ROWS)
        except ConfigError:
            return ()

    def kept(self, connection: Connection) -> str:
        """What deleting the connection removes, in words with numbers."""
        goals, unique = counted(len(connection.goals), "goal", "goals"), self.unique(connection)
        if unique is None:
            return f"{goals}, its secrets, its run history and its ledger, which cannot be read"
        exported = counted(unique.exported, "exported profile", "exported profiles")
        people = f"{number(unique.imported)} imported and {exported}"
        return f"{goals}, its secrets, its run history and the memory of {people}"


def _is_mended(run: RunSummary, stored: Stored) -> bool:
    """Whether a run failed by a configuration that has been saved anew since."""
    saved, began = instant(stored.saved_at), instant(run.started)
    if run.cause != ConfigError.default_code or saved is None or began is None:
        return False
    return saved > began
