"""The settings of a home as lines to change; each change is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from actui.console.forms import Ask, Choose, Line, Page, Type, box, labelled, name
from actui.console.words import plain
from actui.model.settings import PUBLISHED_RATE, Settings

_COLOURS = {"auto": "as the terminal can", "never": "never"}


@dataclass(frozen=True, slots=True)
class _Typed:
    """A setting that is typed: what stands before it, and what may be typed."""

    key: str
    words: str
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
        "Prints a secret as its first line, for instance: pass show actui",
        "none",
    ),
    _Typed(
        "keyring_backend",
        "key store",
        "The name of a keyring backend; empty: the one of this machine.",
        "the one of this machine",
    ),
)
_TYPED = {one.key: one for one in (*_SPEED, *_SECRETS)}


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
        page.heading("Secrets")
        self._typed(page, settings, _SECRETS)
        allowed = box(settings.secrets_in_file)
        page.line("secrets_in_file", f"{allowed} Keep secrets in a file where no key store works")
        if settings.secrets_in_file:
            page.hint("In plain text; only your own Unix user can read the file.", 3)
        return page.lines

    def _typed(self, page: Page, settings: Settings, rows: Sequence[_Typed]) -> None:
        for row in rows:
            page.line(row.key, f"{row.words}: {name(_value(settings, row)) or row.none}")

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
        elif key in _TYPED:
            row = _TYPED[key]
            now = "" if getattr(settings, key) is None else _value(settings, row)
            title = f"{row.words[:1].upper()}{row.words[1:]}"
            return Type(title, now, lambda typed: self._take(row, typed), row.hint)
        return None

    def _take(self, row: _Typed, typed: str) -> None:
        text = plain(typed).strip()
        self._put(**{row.key: (text or None) if row.none else text})

    def _put(self, **changes: object) -> None:
        self._change(changes)

    def remove(self, key: str) -> None:
        """Go back to what a setting is by itself."""
        if key in Settings.model_fields:
            self._put(**{key: Settings.model_fields[key].default})

    def add(self, key: str) -> Ask | None:
        """There is one of each."""
        return None

    def move(self, key: str, by: int) -> str:
        """Settings have no order."""
        return key


def _value(settings: Settings, row: _Typed) -> str:
    value = getattr(settings, row.key)
    if value is None:
        return row.none
    return f"{value:g}" if isinstance(value, float) else str(value)
