"""A connection: two accounts, a schedule, and goals (actui/README.md §4)."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from actui.model.errors import ConfigError
from actui.model.goals import AnyGoal, ExportGoal, ImportGoal, Named, as_named
from actui.model.mapping import Strict
from actui.model.timezones import NO_DATA, time_zone
from actui.model.web_url import url_trouble

_LOOPBACK_V4, _LOOPBACK_V6 = IPv4Network("127.0.0.0/8"), IPv6Address("::1")

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Manual(Strict):
    """Runs only when somebody starts it."""

    type: Literal["manual"] = "manual"


class TimesPerDay(Strict):
    """A number of runs spread over the day; up to one every three minutes (blueconic.md §2)."""

    type: Literal["times-per-day"]
    times: int = Field(ge=1, le=480)


class Weekly(Strict):
    """Chosen days of the week at one clock time."""

    type: Literal["weekly"]
    days: list[Weekday] = Field(min_length=1)
    at: Clock


class Monthly(Strict):
    """One day of the month at a clock time; a month without that day has no run."""

    type: Literal["monthly"]
    day: int = Field(ge=1, le=31)
    at: Clock


class MonthlyWeekday(Strict):
    """The first to fourth, or last, given weekday of the month at a clock time."""

    type: Literal["monthly-weekday"]
    week: Literal[1, 2, 3, 4, "last"]
    weekday: Weekday
    at: Clock


Schedule = Annotated[
    Manual | TimesPerDay | Weekly | Monthly | MonthlyWeekday, Field(discriminator="type")
]


class Notify(Strict):
    """Who hears about a run, and when."""

    when: Literal["never", "failure", "every-run"] = "never"
    recipients: list[str] = Field(default_factory=list)
    webhook: str | None = None


def origin(url: str) -> str:
    """Scheme, host and port of a service's URL: what a secret and a ledger are bound to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8 or ::1, never asked of the DNS.

    Nothing else is, on any version of Python: no address of IPv4 in IPv6, no zone, no subdomain.
    """
    name = (host or "").lower().removesuffix(".")
    if name == "localhost":
        return True
    try:
        address = ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return address in _LOOPBACK_V4 if address.version == 4 else address == _LOOPBACK_V6


def service_url(value: str) -> str:
    """A service's base URL made whole: a bare host becomes https, plain http is loopback's alone.

    Raises ValueError with a sentence for the user (sync/README.md §9).
    """
    text = value.strip().rstrip("/")
    if not text:
        return ""
    if "://" not in text:
        text = f"https://{text}"
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{value}' is no web address")
    if parts.username or parts.password:
        raise ValueError("a web address must not hold a user name or password")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is refused, except on this machine: use https")
    if parts.query or parts.fragment:
        raise ValueError(f"'{value}' has more than a host and a path")
    for tail in ("/api/3", "/rest/v2"):
        text = text.removesuffix(tail)
    return text


def usable_url(url: str) -> str:
    """A service's URL, as `service_url` leaves it, to which requests can be sent.

    Raises ValueError with a sentence. Stored connections open with whatever an earlier version
    took, so this is asked where a URL is entered and before the first request.
    """
    if url and (trouble := url_trouble(url)):
        raise ValueError(f"the web address cannot be used: {trouble}")
    return url


def webhook_url(value: str) -> str:
    """A webhook's address: https, or plain http to this machine. Raises ValueError with words."""
    url = value.strip()
    if trouble := url_trouble(url, takes_query=True):
        raise ValueError(f"the webhook cannot be used: {trouble}")
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("the webhook must be reached by https")
    return url


class ActiveCampaignAccount(Strict):
    """Where the ActiveCampaign account answers; the key lives in the secret store."""

    url: str = ""

    _url = field_validator("url")(service_url)


class BlueConicAccount(Strict):
    """Where the BlueConic tenant answers and which client speaks; its secret is stored apart."""

    url: str = ""
    client_id: str = ""

    _url = field_validator("url")(service_url)


def secret_prefix(name: str) -> str:
    """The connection's part of its secrets' environment variables (store/README.md §5)."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def new_id(letter: str) -> str:
    """A fresh identity for a connection (`c`) or a goal (`g`)."""
    return f"{letter}-{secrets.token_hex(4)}"


class Connection(Strict):
    """Everything a user configures about one pair of accounts."""

    id: str = ""
    name: str = Field(min_length=1, max_length=120)
    description: str = ""
    labels: list[str] = Field(default_factory=list)
    favorite: bool = False
    enabled: bool = False
    timezone: str = "UTC"
    notify: Notify = Notify()
    activecampaign: ActiveCampaignAccount = ActiveCampaignAccount()
    blueconic: BlueConicAccount = BlueConicAccount()
    objectives: list[Named] = Field(default_factory=list)
    consent_where_needed: bool = False
    schedule: Schedule = Manual()
    goals: list[AnyGoal] = Field(default_factory=list)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            time_zone(value)
        except ConfigError as wrong:
            # a home must open also where the data is missing; `findings` keeps it from running
            if wrong.code != NO_DATA:
                raise ValueError(wrong.message.removesuffix(".")) from None
        return value

    @field_validator("objectives", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return [as_named(item) for item in value] if isinstance(value, list) else value

    @field_validator("goals")
    @classmethod
    def _distinct(cls, goals: list[AnyGoal]) -> list[AnyGoal]:
        for what, seen in (
            ("name", [g.name for g in goals]),
            ("id", [g.id for g in goals if g.id]),
        ):
            doubled = sorted(item for item, times in Counter(seen).items() if times > 1)
            if doubled:
                raise ValueError(f"two goals have the {what} '{doubled[0]}'")
        return goals

    @property
    def timing(self) -> tuple[bool, Schedule, str]:
        """All that decides when it runs by itself; where it changes, what is due starts anew."""
        return self.enabled, self.schedule, self.timezone

    def with_ids(self) -> Connection:
        """The same connection in which it and each goal have an id."""
        goals = [g if g.id else g.model_copy(update={"id": new_id("g")}) for g in self.goals]
        return self.model_copy(update={"id": self.id or new_id("c"), "goals": goals})

    def imports(self) -> list[ImportGoal]:
        """The active import goals, in the user's order."""
        return [g for g in self.goals if isinstance(g, ImportGoal) and g.enabled]

    def exports(self) -> list[ExportGoal]:
        """The active export goals, in the user's order."""
        return [g for g in self.goals if isinstance(g, ExportGoal) and g.enabled]


def goal_called(goals: Sequence[AnyGoal], word: str) -> AnyGoal | None:
    """The goal of this name or id, None where there is none.

    Raises ConfigError where the word is the name of one and the id of another.
    """
    found = [goal for goal in goals if word in (goal.name, goal.id)]
    if len(found) > 1:
        could = " or ".join(f"'{goal.name}' (id {goal.id})" for goal in found)
        raise ConfigError(f"The goal '{word}' could be {could}: rename one.", code="ambiguous-name")
    return found[0] if found else None
