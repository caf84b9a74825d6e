"""Send one message to a mail server within a time that the caller sets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any

import aiosmtplib
from pydantic import SecretStr

from actui.api.network import system_tls_context
from actui.model.errors import (
    ActuiError,
    CredentialsError,
    RefusedError,
    ServiceError,
    UnreachableError,
)
from actui.model.mailbox import parse_address
from actui.model.settings import MailServer, usable_mail_host


async def send_mail(
    server: MailServer,
    password: SecretStr | None,
    recipients: Sequence[str],
    subject: str,
    text: str,
    *,
    seconds: float,
) -> list[str]:
    """Send a plain text and return the recipients that the server refused.

    The certificate is verified, also after STARTTLS; nothing is sent if the settings require
    encryption and the server has none. Raises an ActuiError with one sentence.
    """
    try:
        message = _message(server, recipients, subject, text)
        async with asyncio.timeout(seconds):
            refused, _ = await aiosmtplib.send(
                message,
                sender=parse_address(server.from_address),
                recipients=list(recipients),
                **_way(server, password, seconds),
            )
    except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
        raise _sorted(failure, _where(server), seconds) from None
    return list(refused)


async def try_mail_server(
    server: MailServer, password: SecretStr | None, *, seconds: float
) -> None:
    """Connect, encrypt and sign in as for a message, and send none. Raises as `send_mail`."""
    try:
        async with asyncio.timeout(seconds):
            await _sign_in(_way(server, password, seconds))
    except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
        raise _sorted(failure, _where(server), seconds) from None


async def _sign_in(way: dict[str, Any]) -> None:
    username, password = way.pop("username"), way.pop("password")
    client = aiosmtplib.SMTP(**way)
    await client.connect()
    line = client.transport
    try:
        if username:
            await client.login(username, password or "")
        await client.quit()
    finally:
        client.close()
        # TLS would wait for the server's word, and whoever asked may end before it comes
        if isinstance(line, asyncio.Transport):
            line.abort()
        await asyncio.sleep(0)


def _where(server: MailServer) -> str:
    return f"The mail server {server.host}:{server.service_port}"


def _way(server: MailServer, password: SecretStr | None, seconds: float) -> dict[str, Any]:
    """The options with which aiosmtplib connects to the server."""
    return {
        "hostname": usable_mail_host(server.host),
        "port": server.service_port,
        "username": server.username or None,
        "password": password.get_secret_value() if password else None,
        "use_tls": server.security == "tls",
        "start_tls": server.security == "starttls",
        "tls_context": None if server.security == "none" else system_tls_context(),
        # never looked up in the DNS, which may take longer than the message
        "local_hostname": socket.gethostname(),
        "timeout": seconds,
    }


def _message(
    server: MailServer, recipients: Sequence[str], subject: str, text: str
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = server.from_address
    message["To"] = ", ".join(recipients)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=socket.gethostname())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _sorted(failure: Exception, where: str, seconds: float) -> ActuiError:
    code = getattr(failure, "code", "no code")
    known: tuple[tuple[type[Exception], type[ActuiError], str], ...] = (
        (ssl.SSLError, UnreachableError, "could not be trusted: its certificate or TLS is wrong"),
        (TimeoutError, UnreachableError, f"did not answer within {seconds:.0f} s"),
        (aiosmtplib.SMTPAuthenticationError, CredentialsError, "refused user name or password"),
        (aiosmtplib.SMTPRecipientsRefused, RefusedError, "takes mail for none of the recipients"),
        (aiosmtplib.SMTPResponseException, RefusedError, f"refused the message with {code}"),
        (ConnectionError, UnreachableError, "could not be reached"),
        (aiosmtplib.SMTPException, RefusedError, "does not offer what the settings ask for"),
        (ValueError, ServiceError, "got nothing: an address in the message is not valid"),
    )
    # TLS that failed comes wrapped in the connection that failed with it
    causes = [cause for cause in (failure.__cause__, failure.__context__, failure) if cause]
    for kind, sort, problem in known:
        if any(isinstance(cause, kind) for cause in causes):
            return sort(f"{where} {problem}.")
    return UnreachableError(f"{where} could not be reached.")
