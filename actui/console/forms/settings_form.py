"""The form of a home's settings; each change is stored at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from actui.console.formatting import plain
from actui.console.forms.form import (
    Ask,
    Choose,
    Enter,
    Item,
    Key,
    Line,
    Page,
    Type,
    box,
    labelled,
    name,
)
from actui.model.settings import PUBLISHED_RATE, MailServer, Settings

_COLOURS = {"auto": "as the terminal can", "never": "never"}


def _mail(part: str) -> Key:
    return Key("mail", part=part)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A setting that is typed; `none` is what is shown while it is not set."""

    key: Key
    label: str
    hint: str
    none: str = ""


_SPEED = (
    _Typed(
        Key("requests_per_second"),
        "ActiveCampaign requests per second",
        f"At most {PUBLISHED_RATE:g}: more counts only for a sandbox on this machine.",
    ),
    _Typed(
        Key("blueconic_requests_at_once"), "BlueConic requests at once", "A number from 1 to 16."
    ),
    _Typed(Key("request_seconds"), "seconds to wait for an answer", "A number from 1 to 600."),
    _Typed(
        Key("settle_seconds"),
        "seconds before a Sum without an answer may be sent again",
        "A number from 1 to 3600.",
    ),
)
_SECRETS = (
    _Typed(
        Key("password_command"),
        "password command",
        'Prints the secret that it is asked for: pass show "$ACTUI_SECRET"',
        "none",
    ),
    _Typed(
        Key("keyring_backend"),
        "key store",
        "encrypted-file, or a keyring backend; empty: the one of this machine.",
        "the one of this machine",
    ),
)
_MAIL = (
    _Typed(_mail("host"), "server", "A host name; empty: nothing is sent by e-mail.", "none"),
    _Typed(
        _mail("port"),
        "port",
        "Empty: the usual one of the security chosen.",
        "the usual one",
    ),
    _Typed(_mail("username"), "user name", "Empty: the server asks for none.", "none"),
    _Typed(_mail("sender"), "sender", "Who the messages are from.", "the user name"),
)
_MAIL_SECURITY = _mail("security")
_SECURITY = {
    "starttls": "STARTTLS, port 587",
    "tls": "TLS, port 465",
    "none": "none, port 25: only for a server on this machine",
}


class SettingsForm:
    """Shows what `read` returns; `change` stores changes and raises ConfigError for a bad value.

    A line's key is the setting's field; one of the mail server is a part of `mail`.
    """

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
        self._line(page, Key("theme"), f"theme: {name(settings.theme)}", self._ask_theme)
        colour = "never" if settings.colour == "auto" else "auto"
        self._line(
            page,
            Key("colour"),
            f"colour: {_COLOURS[settings.colour]}",
            partial(self._put, Key("colour"), colour),
        )
        page.hint("Colour changes with the next start; NO_COLOR is heeded as well.")
        page.heading("Speed")
        self._typed(page, settings, _SPEED)
        page.heading("E-mail notifications")
        self._typed(page, settings, _MAIL)
        security = f"security: {_SECURITY[settings.mail.security]}"
        self._line(page, _MAIL_SECURITY, security, self._ask_security)
        if settings.mail.username:
            page.hint("Its password is typed to: actui secret set smtp-password")
        page.heading("Secrets")
        self._typed(page, settings, _SECRETS)
        self._line(
            page,
            Key("secrets_in_file"),
            f"{box(settings.secrets_in_file)} Keep secrets in a file where no key store works",
            partial(self._put, Key("secrets_in_file"), not settings.secrets_in_file),
        )
        if settings.secrets_in_file:
            page.hint("In plain text; only your own Unix user can read the file.", 3)
        return page.lines

    def _typed(self, page: Page, settings: Settings, rows: Sequence[_Typed]) -> None:
        for row in rows:
            value = _value(settings, row.key)
            text = f"{row.label}: {name(value) if value else row.none}"
            self._line(page, row.key, text, partial(self._ask_typed, row, value))

    def _line(self, page: Page, key: Key, text: str, on_enter: Enter) -> None:
        """One setting; removing it puts back its default."""
        default = partial(self._put, key, _default(key))
        page.line(key, text, on_enter, item=Item(remove=default))

    # changing

    def _put(self, key: Key, value: object) -> None:
        if key.part:
            kept = self._read().mail.model_dump() | {key.part: value}
            self._change({"mail": {part: one for part, one in kept.items() if one is not None}})
        else:
            self._change({key.field: value})

    # questions

    def _ask_theme(self) -> Ask:
        return Choose(
            "Which theme?",
            labelled((theme, theme) for theme in self._themes),
            lambda chosen: self._put(Key("theme"), chosen[0]),
            chosen=(self._read().theme,),
        )

    def _ask_security(self) -> Ask:
        return Choose(
            "How is the mail server reached?",
            labelled(_SECURITY.items()),
            lambda chosen: self._put(_MAIL_SECURITY, chosen[0]),
            chosen=(self._read().mail.security,),
        )

    def _ask_typed(self, row: _Typed, now: str) -> Ask:
        def put(typed: str) -> None:
            text = plain(typed).strip()
            self._put(row.key, (text or None) if row.none else text)

        return Type(f"{row.label[:1].upper()}{row.label[1:]}", now, put, row.hint)


def _value(settings: Settings, key: Key) -> str:
    """A setting as it would be typed."""
    value = getattr(settings.mail, key.part) if key.part else getattr(settings, key.field)
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _default(key: Key) -> object:
    """The value of a setting that was never changed."""
    fields = MailServer.model_fields if key.part else Settings.model_fields
    return fields[key.part or key.field].default
