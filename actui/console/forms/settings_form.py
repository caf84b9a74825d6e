"""The settings of a home as lines to change; each change is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from actui.console.formatting import plain
from actui.console.forms.form import Ask, Choose, Line, Page, Type, box, labelled, name
from actui.model.settings import PUBLISHED_RATE, MailServer, Settings

_COLOURS = {"auto": "as the terminal can", "never": "never"}


@dataclass(frozen=True, slots=True)
class _Typed:
    """A setting that is typed: what stands before it, and what may be typed."""

    key: str
    label: str
    hint: str
    none: str = ""


_SPEED = (
    _Typed(
        "requests_per_second",
        "ActiveCampaign requests per second",
        f"At most {PUBLISHED_RATE:g}: more counts only for a sandbox on this machine.",
    ),
    _Typed("blueconic_requests_at_once", "BlueConic requests at once", "A number from 1 to 16."),
    _Typed("request_seconds", "seconds to wait for an answer", "A number from 1 to 600."),
    _Typed(
        "settle_seconds",
        "seconds before a Sum without an answer may be sent again",
        "A number from 1 to 3600.",
    ),
)
_SECRETS = (
    _Typed(
        "password_command",
        "password command",
        'Prints the secret that it is asked for: pass show "$ACTUI_SECRET"',
        "none",
    ),
    _Typed(
        "keyring_backend",
        "key store",
        "encrypted-file, or a keyring backend; empty: the one of this machine.",
        "the one of this machine",
    ),
)
_MAIL = (
    _Typed("mail.host", "server", "A host name; empty: nothing is sent by e-mail.", "none"),
    _Typed("mail.port", "port", "Empty: the usual one of the security chosen.", "the usual one"),
    _Typed("mail.username", "user name", "Empty: the server asks for none.", "none"),
    _Typed("mail.sender", "sender", "Who the messages are from.", "the user name"),
)
_SECURITY = {
    "starttls": "STARTTLS, port 587",
    "tls": "TLS, port 465",
    "none": "none, port 25: only for a server on this machine",
}
_TYPED = {one.key: one for one in (*_SPEED, *_SECRETS, *_MAIL)}


class SettingsForm:
    """Shows what `read` answers; `change` keeps a change and raises ConfigError for a bad one."""

    def __init__(
        self,
        read: Callable[[], Settings],
        change: Callable[[Mapping[str, object]], Settings],
        themes: Sequence[str],
    ) -> None:
        self._read = read
        self._change = change
        self._themes = themes

    def lines(self) -> list[Line]:
        """One line a setting."""
        settings, page = self._read(), Page()
        page.heading("Looks")
        page.line("theme", f"theme: {name(settings.theme)}")
        page.line("colour", f"colour: {_COLOURS[settings.colour]}")
        page.hint("Colour changes with the next start; NO_COLOR is heeded as well.")
        page.heading("Speed")
        self._typed(page, settings, _SPEED)
        page.heading("E-mail notifications")
        self._typed(page, settings, _MAIL)
        page.line("mail.security", f"security: {_SECURITY[settings.mail.security]}")
        if settings.mail.username:
            page.hint("Its password is typed to: actui secret set smtp-password")
        page.heading("Secrets")
        self._typed(page, settings, _SECRETS)
        allowed = box(settings.secrets_in_file)
        page.line("secrets_in_file", f"{allowed} Keep secrets in a file where no key store works")
        if settings.secrets_in_file:
            page.hint("In plain text; only your own Unix user can read the file.", 3)
        return page.lines

    def _typed(self, page: Page, settings: Settings, rows: Sequence[_Typed]) -> None:
        for row in rows:
            value = _value(settings, row)
            page.line(row.key, f"{row.label}: {name(value) if value else row.none}")

    # changing

    def enter(self, key: str) -> Ask | None:
        """Change at once, or ask."""
        settings = self._read()
        if key == "theme":
            return Choose(
                "Which theme?",
                labelled((theme, theme) for theme in self._themes),
                lambda chosen: self._put(theme=chosen[0]),
                chosen=(settings.theme,),
            )
        if key == "colour":
            self._put(colour="never" if settings.colour == "auto" else "auto")
        elif key == "secrets_in_file":
            self._put(secrets_in_file=not settings.secrets_in_file)
        elif key == "mail.security":
            return Choose(
                "How is the mail server reached?",
                labelled(_SECURITY.items()),
                lambda chosen: self._put(**{key: chosen[0]}),
                chosen=(settings.mail.security,),
            )
        elif key in _TYPED:
            row = _TYPED[key]
            now = _value(settings, row)
            title = f"{row.label[:1].upper()}{row.label[1:]}"
            return Type(title, now, lambda typed: self._take(row, typed), row.hint)
        return None

    def _take(self, row: _Typed, typed: str) -> None:
        text = plain(typed).strip()
        self._put(**{row.key: (text or None) if row.none else text})

    def _put(self, **changes: object) -> None:
        mail = {key[5:]: value for key, value in changes.items() if key.startswith("mail.")}
        if mail:
            kept = self._read().mail.model_dump() | mail
            self._change({"mail": {key: value for key, value in kept.items() if value is not None}})
        else:
            self._change(changes)

    def remove(self, key: str) -> None:
        """Go back to what a setting is by itself."""
        fields = {**Settings.model_fields}
        fields |= {f"mail.{name}": one for name, one in MailServer.model_fields.items()}
        if key in fields:
            self._put(**{key: fields[key].default})

    def add(self, key: str) -> Ask | None:
        """There is one of each."""
        return None

    def move(self, key: str, by: int) -> str:
        """Settings have no order."""
        return key


def _value(settings: Settings, row: _Typed) -> str:
    """A setting as it would be typed."""
    part = row.key.removeprefix("mail.")
    value = getattr(settings if part == row.key else settings.mail, part)
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
