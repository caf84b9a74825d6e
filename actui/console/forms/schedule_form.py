"""A schedule as text, and its form: manual, or one of the four kinds of BlueConic's page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from actui.console.draft import Draft
from actui.console.formatting import counted, duration, plain
from actui.console.forms.form import Ask, Choose, Key, Line, Option, Page, Type, labelled, radio
from actui.model.connection import (
    Connection,
    Manual,
    Monthly,
    MonthlyWeekday,
    Schedule,
    TimesPerDay,
    Weekly,
)
from actui.model.due_times import next_due, upcoming
from actui.model.errors import ConfigError
from actui.model.findings import findings
from actui.model.timezones import zone_for_display, zone_names

_DAY_SECONDS = 86_400
_SHOWN = 3
_SOON = timedelta(days=6)
"""Below this the name of the day is unambiguous."""
_MOMENT = timedelta(microseconds=1)
_KINDS = {
    "manual": "by hand: only when somebody starts it",
    "times-per-day": "a number of times per day",
    "weekly": "days of the week",
    "monthly": "a day of the month",
    "monthly-weekday": "a weekday of the month",
}
_FIRST: dict[str, Schedule] = {
    "manual": Manual(),
    "times-per-day": TimesPerDay(type="times-per-day", times=4),
    "weekly": Weekly(type="weekly", days=["mon"], at="01:30"),
    "monthly": Monthly(type="monthly", day=1, at="01:30"),
    "monthly-weekday": MonthlyWeekday(type="monthly-weekday", week=1, weekday="mon", at="01:30"),
}
_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_WEEKS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "last": "last"}


def schedule_words(schedule: Schedule) -> str:
    """When a connection runs, as a short text."""
    if isinstance(schedule, Manual):
        return "by hand"
    if isinstance(schedule, TimesPerDay):
        return counted(schedule.times, "time per day", "times per day")
    if isinstance(schedule, Weekly):
        return f"{_day_names(schedule)} at {schedule.at}"
    if isinstance(schedule, Monthly):
        return f"day {schedule.day} of the month at {schedule.at}"
    if isinstance(schedule, MonthlyWeekday):
        week = _WEEKS[str(schedule.week)]
        return f"{week} {_DAYS[schedule.weekday]} of the month at {schedule.at}"
    assert_never(schedule)


def _day_names(schedule: Weekly) -> str:
    if len(set(schedule.days)) == len(_DAYS):
        return "every day"
    return ", ".join(name[:3] for day, name in _DAYS.items() if day in schedule.days)


def due_words(at: datetime, zone: str) -> str:
    """An instant in a time zone, as `Mon 30 Nov 01:30 CET`."""
    local = at.astimezone(zone_for_display(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def next_run(connection: Connection, since: datetime, now: datetime) -> datetime | None:
    """When a connection is due next; None while it is off or manual, or has an unknown time zone.

    `since` is when its schedule was switched on or last changed.
    """
    if not connection.enabled:
        return None
    try:
        return next_due(connection.schedule, connection.timezone, now, since)
    except ConfigError:
        return None  # what is wrong with the zone is a finding


def next_run_cell(connection: Connection, since: datetime, now: datetime) -> str:
    """The next run in at most nine characters."""
    schedule = connection.schedule
    if isinstance(schedule, Manual):
        return "by hand"
    if not connection.enabled:
        return "off"
    due = next_run(connection, since, now)
    if due is None:
        return "never"
    local = due.astimezone(zone_for_display(connection.timezone))
    return f"{local:%a %H:%M}" if due - now < _SOON else f"{local.day} {local:%b}"


class ScheduleForm:
    """The schedule of the connection in `draft`, with the next times that it gives.

    A kind of schedule keeps its values while another kind is tried.
    """

    def __init__(self, draft: Draft, now: Callable[[], datetime]) -> None:
        self._draft = draft
        self._now = now
        self._last = dict(_FIRST) | {self._schedule.type: self._schedule}

    @property
    def _schedule(self) -> Schedule:
        return self._draft.connection.schedule

    def lines(self) -> list[Line]:
        """The kinds, what the chosen one needs, the time zone and the next three times."""
        connection, schedule, page = self._draft.connection, self._schedule, Page()
        for kind, label in _KINDS.items():
            page.line(
                Key("type", part=kind),
                f"{radio(schedule.type == kind)} {label}",
                partial(self._put, self._last[kind]),
                0,
            )
            if schedule.type == kind:
                self._details(page, schedule)
        page.line(Key("timezone"), f"time zone: {connection.timezone}", self._ask_zone, 0)
        for finding in findings(connection):
            if finding.where in ("schedule", "timezone"):
                page.wrong(finding.message, warning=finding.severity == "warning")
        self._due(page, connection)
        return page.lines

    def _details(self, page: Page, schedule: Schedule) -> None:
        if isinstance(schedule, TimesPerDay):
            each = duration(_DAY_SECONDS / schedule.times)
            text = f"{schedule_words(schedule)}: every {each}"
            page.line(Key("times"), text, partial(self._ask_times, schedule), 2)
        elif isinstance(schedule, Weekly):
            text = f"on {_day_names(schedule)}"
            page.line(Key("days"), text, partial(self._ask_days, schedule), 2)
        elif isinstance(schedule, Monthly):
            page.line(Key("day"), f"on day {schedule.day}", partial(self._ask_day, schedule), 2)
            if schedule.day > 28:
                page.hint("A month without this day has no run.", 2)
        elif isinstance(schedule, MonthlyWeekday):
            text = f"in the {_WEEKS[str(schedule.week)]} week that has it"
            page.line(Key("week"), text, partial(self._ask_week, schedule), 2)
            text = f"on {_DAYS[schedule.weekday]}"
            page.line(Key("weekday"), text, partial(self._ask_weekday, schedule), 2)
        elif not isinstance(schedule, Manual):
            assert_never(schedule)
        if not isinstance(schedule, Manual | TimesPerDay):
            page.line(Key("at"), f"at {schedule.at}", partial(self._ask_at, schedule.at), 2)

    def _due(self, page: Page, connection: Connection) -> None:
        schedule, now = connection.schedule, self._now()
        if isinstance(schedule, Manual):
            return
        page.heading("Next due" if connection.enabled else "Due, once the connection is on")
        since, after = self._draft.since(now), now
        if isinstance(schedule, TimesPerDay) and since == now:
            page.hint("The first run begins as soon as this is saved and on; from then on:")
            after = now - _MOMENT
        try:
            times = upcoming(schedule, connection.timezone, after, since, _SHOWN)
        except ConfigError:
            times = []  # the finding above says why
        for due in times:
            page.hint(due_words(due, connection.timezone))

    # changing

    def _put(self, schedule: Schedule) -> None:
        self._draft.put(schedule=schedule)
        self._last[schedule.type] = schedule

    def _change(self, **changes: object) -> None:
        schedule = self._schedule
        self._put(type(schedule).model_validate(dict(schedule) | changes))

    # questions

    def _ask_times(self, schedule: TimesPerDay) -> Ask:
        def put(typed: str) -> None:
            self._change(times=_whole(typed, 1, 480, "Type a number of times from 1 to 480."))

        return Type("How many times per day?", str(schedule.times), put, "1 to 480")

    def _ask_days(self, schedule: Weekly) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            if not chosen:
                raise ConfigError("Choose at least one day.")
            self._change(days=[day for day in _DAYS if day in chosen])

        return Choose(
            "On which days of the week?",
            labelled(_DAYS.items()),
            put,
            many=True,
            chosen=tuple(day for day in _DAYS if day in schedule.days),
        )

    def _ask_day(self, schedule: Monthly) -> Ask:
        def put(typed: str) -> None:
            self._change(day=_whole(typed, 1, 31, "Type a day from 1 to 31."))

        return Type("On which day of the month?", str(schedule.day), put, "1 to 31")

    def _ask_week(self, schedule: MonthlyWeekday) -> Ask:
        def put(chosen: tuple[str, ...]) -> None:
            self._change(week=int(chosen[0]) if chosen[0].isdigit() else chosen[0])

        return Choose(
            "Which one of the month?", labelled(_WEEKS.items()), put, chosen=(str(schedule.week),)
        )

    def _ask_weekday(self, schedule: MonthlyWeekday) -> Ask:
        return Choose(
            "On which day of the week?",
            labelled(_DAYS.items()),
            lambda chosen: self._change(weekday=chosen[0]),
            chosen=(schedule.weekday,),
        )

    def _ask_at(self, now: str) -> Ask:
        return Type("At what time?", now, self._put_at, "For instance 01:30, 00:00 to 23:59")

    def _put_at(self, typed: str) -> None:
        hours, colon, minutes = typed.strip().partition(":")
        if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2:
            hour, minute = int(hours), int(minutes)
            if hour < 24 and minute < 60:
                self._change(at=f"{hour:02}:{minute:02}")
                return
        raise ConfigError("Type a time such as 01:30.")

    def _ask_zone(self) -> Ask:
        now = self._draft.connection.timezone

        def zones() -> Sequence[Option]:
            found = dict.fromkeys([now, "UTC", *zone_names()])
            return [Option(zone, zone) for zone in found]

        offered = zones()
        return Choose(
            "On which time zone's clocks?",
            lambda: offered,
            lambda chosen: self._draft.put(timezone=plain(chosen[0])),
            chosen=(now,),
            typed="a zone such as Europe/Amsterdam",
        )


def _whole(typed: str, least: int, most: int, otherwise: str) -> int:
    text = typed.strip()
    if not (text.isdecimal() and least <= int(text) <= most):
        raise ConfigError(otherwise)
    return int(text)
