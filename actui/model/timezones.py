"""Time zones by their names. UTC needs no data; the others come from the machine or from tzdata."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from actui.model.errors import ConfigError
from actui.model.redaction import brief

NO_DATA = "no-time-zone-data"
_UTC = frozenset(
    {"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_INSTALL = "Install tzdata (apt install tzdata, or pip install tzdata), or use UTC."


def time_zone(name: str) -> tzinfo:
    """The zone of an IANA name. Raises ConfigError, `no-time-zone-data` where the data is missing.

    The second name for a zone (`Etc/UTC`) is as good as the first.
    """
    if name in _UTC:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, ImportError):
        pass
    if _NAME.fullmatch(name) and not has_zone_data():
        trouble = f"{name} cannot be used, because this machine has no time zone data."
        raise ConfigError(trouble, code=NO_DATA, advice=_INSTALL)
    raise ConfigError(
        f"'{brief(name)}' is no time zone, such as Europe/Amsterdam.", code="no-time-zone"
    )


def zone_for_display(name: str) -> tzinfo:
    """The zone, or UTC where this machine cannot tell its times."""
    try:
        return time_zone(name)
    except ConfigError:
        return UTC


def zone_names() -> list[str]:
    """Every zone that can be used here, UTC among them."""
    return sorted(available_timezones() | {"UTC"})


def has_zone_data() -> bool:
    """Whether any zone beside UTC is known here."""
    return bool(available_timezones() - _UTC)
