"""Send notifications of ended runs. A failure becomes a message, never a failed run."""

from __future__ import annotations

import asyncio
import shlex
import socket
from collections.abc import Awaitable, Sequence

from pydantic import SecretStr

from actui.api.mail import send_mail
from actui.api.webhook import post_facts
from actui.console.views.notification import facts, letter
from actui.context.context import AppContext
from actui.model.connection import Connection, webhook_url
from actui.model.errors import ActuiError, ConfigError, CredentialsError
from actui.model.mailbox import parse_address
from actui.model.notification_rules import NotificationEvent, failure_signature, notification_event
from actui.model.redaction import redact
from actui.model.run import RunState, RunSummary
from actui.model.secret import SecretName
from actui.sync.run.unfinished import CUT_OFF
from store.user import user_name

SECONDS = 20.0
"""The limit for all notifications of a run together; the run's lock is free by then."""
MAIL_SECRET = ("", "settings", SecretName.SMTP_PASSWORD)
"""The mail server's password in the secret store: it belongs to the settings, not to a connection.
"""
_MAIL, _WEBHOOK = "mail", "webhook"


class Notifier:
    """Sends the notifications of one connection's runs by e-mail and webhook.

    Create it before the run begins, inside an event loop: it sends at once that the run before was
    cut off, and looks up the password at once, because systemd's credentials are gone if the
    scheduler that has them ends during the run.
    """

    def __init__(
        self, context: AppContext, connection: Connection, seconds: float = SECONDS
    ) -> None:
        self._context = context
        self._connection = connection
        self._seconds = seconds
        self._notify = connection.notify
        self._server = context.settings.mail
        wanted = self._notify.when != "never" and bool(self._notify.recipients)
        self._password: asyncio.Task[SecretStr | ActuiError | None] | None = None
        if wanted and self._server.username:
            self._password = asyncio.create_task(asyncio.to_thread(self._find_password))
        self._cut_off = self._last_cut_off()
        self._earlier = asyncio.create_task(self._send_cut_off())

    def _find_password(self) -> SecretStr | ActuiError | None:
        try:
            found = self._context.secrets.find(*MAIL_SECRET, self._server.origin)
        except ActuiError as failure:
            return failure
        return found.value if found else None

    def _last_cut_off(self) -> RunSummary | None:
        """The last run if its process was killed, so that it could send no notification."""
        if self._notify.when == "never":
            return None
        last = next(iter(self._context.history(self._connection).all(limit=1)), None)
        return last if last is not None and last.code == CUT_OFF else None

    async def _send_cut_off(self) -> None:
        if self._cut_off is not None:
            await self._send_safely(self._cut_off)

    async def send(self, run: RunSummary) -> str:
        """Send what the settings ask for; a sentence about what could not be sent, else ""."""
        await self._earlier
        return await self._send_safely(run)

    async def _send_safely(self, run: RunSummary) -> str:
        try:
            return await self._send_all(run)
        except ActuiError as failure:
            return f"No notification was sent: {failure.message}"
        except Exception as bug:  # a notification must never turn a run that went well into a crash
            return f"No notification was sent: actui met a bug ({type(bug).__name__})."

    async def _send_all(self, run: RunSummary) -> str:
        kept, notices = self._connection.id, self._context.notices
        if self._notify.when == "never":
            notices.forget(kept)
            return ""
        channels = [_MAIL] if self._notify.recipients else []
        channels += [_WEBHOOK] if self._notify.webhook else []
        last = notices.last_sent(kept)
        found = {
            name: notification_event(self._notify.when, run, last.get(name, ""))
            for name in channels
        }
        events = {name: item for name, item in found.items() if item is not None}
        tried = await asyncio.gather(*(self._try(name, run, events[name]) for name in events))
        failed = {name for name, (done, _) in zip(events, tried, strict=True) if not done}
        if run.state is not RunState.STOPPED:
            # what could not be sent is sent by the next run, if it still holds then
            now = {name: failure_signature(run) for name in channels if name not in failed}
            notices.keep(kept, last | now)
        return " ".join(message for _, message in tried if message)

    async def _try(
        self, channel: str, run: RunSummary, event: NotificationEvent
    ) -> tuple[bool, str]:
        """Whether it was sent, and a sentence about the result."""
        work: Awaitable[str] = (
            self._mail(run, event) if channel == _MAIL else self._post(run, event)
        )
        try:
            return True, await work
        except ActuiError as failure:
            what = "No mail was sent" if channel == _MAIL else "The webhook was not called"
            return False, f"{what}: {failure.message}"

    async def _mail(self, run: RunSummary, event: NotificationEvent) -> str:
        server = self._server
        if not server.host:
            raise ConfigError("the settings name no mail server.")
        password = await self._password if self._password else None
        if isinstance(password, ActuiError):
            raise password
        if server.username and password is None:
            raise CredentialsError("its password is not stored: actui secret set smtp-password")
        written = letter(run, event, _place(self._context))
        recipients, unusable = _addresses(self._notify.recipients)
        refused = await send_mail(
            server, password, recipients, written.subject, written.text, seconds=self._seconds
        )
        trouble = [f"{server.host} takes no mail for {', '.join(refused)}."] if refused else []
        return " ".join([*trouble, *unusable])

    async def _post(self, run: RunSummary, event: NotificationEvent) -> str:
        try:
            url = webhook_url(self._notify.webhook or "")
        except ValueError as wrong:
            raise ConfigError(f"{redact(wrong)}.") from None
        await post_facts(url, facts(run, event, _place(self._context)), seconds=self._seconds)
        return ""


def _addresses(recipients: Sequence[str]) -> tuple[list[str], list[str]]:
    """The usable recipients, and what is wrong with the others.

    Raises ConfigError if none is usable.
    """
    found, unusable = [], []
    for recipient in recipients:
        try:
            found.append(parse_address(recipient))
        except ConfigError as failure:
            unusable.append(failure.message)
    if not found:
        raise ConfigError(" ".join(unusable), code="no-address")
    return found, unusable


def _place(context: AppContext) -> str:
    """Where to type the commands: user, host, and the home unless it is the usual one."""
    who = f"{user_name()}@{socket.gethostname()}"
    named = "ACTUI_HOME" in context.environ
    return f"{who}, ACTUI_HOME={shlex.quote(str(context.home.root))}" if named else who
