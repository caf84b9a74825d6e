"""Settings of a home: what is not about one connection."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from actui.model.connection import is_loopback
from actui.model.errors import ConfigError
from actui.model.mapping import Strict
from actui.model.web_url import host_trouble

PUBLISHED_RATE = 5.0
"""Requests per second and account that ActiveCampaign allows (activecampaign.md §1.3)."""

ENCRYPTED_FILE = "encrypted-file"
"""The `keyring_backend` that means a file of this home, opened by a password."""
UNLOCK = "ACTUI_KEYRING_PASSWORD"
"""The variable, or systemd credential, with that password."""


class SecretPlace(StrEnum):
    """Where secrets can be stored on a machine without a key store (store/README.md §5)."""

    ENCRYPTED_FILE = "encrypted"
    PRIVATE_FILE = "file"
    PASSWORD_COMMAND = "command"  # noqa: S105  not a password


def settings_of(place: SecretPlace, command: str = "") -> dict[str, object]:
    """The settings that choose a place; `command` is the password command, for that place alone."""
    match place:
        case SecretPlace.ENCRYPTED_FILE:
            return {"keyring_backend": ENCRYPTED_FILE, "secrets_in_file": False}
        case SecretPlace.PRIVATE_FILE:
            return {"keyring_backend": None, "secrets_in_file": True}
        case SecretPlace.PASSWORD_COMMAND:
            return {"password_command": command or None}


_MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def usable_mail_host(host: str) -> str:
    """A mail server's name or address as sockets take it; IPv6 without brackets.

    Raises ConfigError. Stored settings open with whatever an earlier version took.
    """
    if trouble := host_trouble(f"[{host}]" if ":" in host else host):
        raise ConfigError(f"The mail server cannot be used: {trouble}.", code="bad-host")
    return host


class MailServer(Strict):
    """The mail server that notifications go through; its password is in the secret store.

    `security` is `starttls` (the usual one, port 587), `tls` (465) or `none` (25), which is for a
    mail server on this machine: a password is never sent over the network without encryption.
    """

    host: str = Field(default="", pattern=r"^[^\s/@]*$")
    port: int | None = Field(default=None, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    sender: str = ""

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> MailServer:
        if self.security == "none" and self.username and not is_loopback(self.host):
            raise ValueError("a user name needs security: starttls or tls")
        return self

    @property
    def service_port(self) -> int:
        """The port, by default the usual one of its security."""
        return self.port or _MAIL_PORTS[self.security]

    @property
    def origin(self) -> str:
        """What the password is bound to."""
        return f"smtp://{self.host.lower()}:{self.service_port}" if self.host else ""

    @property
    def from_address(self) -> str:
        """Who the messages are from."""
        host = f"[IPv6:{self.host}]" if ":" in self.host else self.host
        return self.sender or (self.username if "@" in self.username else f"actui@{host}")


class Settings(Strict):
    """Preferences and limits of one home, kept in settings.json.

    `requests_per_second` is ActiveCampaign's per-account budget (activecampaign.md §1.3); a higher
    figure is honoured for accounts on this machine alone, which is to say the sandbox.
    `request_seconds` is how long a service may take to answer one request; `settle_seconds` is how
    long a Sum whose answer was lost is waited for before it may be sent again (sync/README.md §4).
    """

    theme: str = "textual-dark"
    requests_per_second: float = Field(default=PUBLISHED_RATE, gt=0, le=10_000)
    request_seconds: float = Field(default=60.0, ge=1, le=600)
    settle_seconds: float = Field(default=60.0, ge=1, le=3_600)
    blueconic_requests_at_once: int = Field(default=2, ge=1, le=16)
    password_command: str | None = None
    secrets_in_file: bool = False
    keyring_backend: str | None = None
    mail: MailServer = MailServer()
    colour: Literal["auto", "never"] = "auto"

    def rate_of(self, url: str) -> float:
        """Requests per second that an account is sent: never more than it allows."""
        wanted = self.requests_per_second
        return wanted if is_loopback(urlsplit(url).hostname) else min(wanted, PUBLISHED_RATE)
