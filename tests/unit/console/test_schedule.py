"""The schedule dialog's lines and answers, and the next run as a cell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from actui.console.draft import Draft
from actui.console.forms.form import Ask, Choose, Key, Type, line_of
from actui.console.forms.schedule_form import ScheduleForm, next_run_cell, schedule_words
from actui.model.connection import Connection
from actui.model.errors import ConfigError

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday


def draft(**changes: Any) -> Draft:
    return Draft(Connection.model_validate({"name": "N", "enabled": True} | changes), None)


def form_on(made: Draft) -> ScheduleForm:
    return ScheduleForm(made, lambda: NOW)


def text(form: ScheduleForm) -> str:
    return "\n".join(line.text for line in form.lines())


def enter(form: ScheduleForm, key: Key) -> Ask | None:
    line = line_of(form, key)
    assert line is not None
    assert line.on_enter is not None
    return line.on_enter()


def typed(form: ScheduleForm, key: Key, answer: str) -> None:
    ask = enter(form, key)
    assert isinstance(ask, Type)
    ask.then(answer)


def chosen(form: ScheduleForm, key: Key, *answers: str) -> None:
    ask = enter(form, key)
    assert isinstance(ask, Choose)
    assert set(answers) <= {option.id for option in ask.options()}
    ask.then(answers)


def test_each_kind_is_made_and_shows_its_next_three_times() -> None:
    made = draft(timezone="Europe/Amsterdam")
    form = form_on(made)
    assert "Next due" not in text(form)
    enter(form, Key("type", part="weekly"))
    chosen(form, Key("days"), "fri", "mon")
    typed(form, Key("at"), "1:30")
    assert made.connection.schedule.model_dump() == {
        "type": "weekly",
        "days": ["mon", "fri"],
        "at": "01:30",
    }
    shown = text(form)
    times = ["Fri 27 Nov 01:30 CET", "Mon 30 Nov 01:30 CET", "Fri 4 Dec 01:30 CET"]
    assert [at for at in times if at in shown] == times
    enter(form, Key("type", part="monthly"))
    typed(form, Key("day"), "31")
    assert "Thu 31 Dec 01:30" in text(form)
    assert "Sun 31 Jan 01:30" in text(form)
    assert "without this day" in text(form)
    enter(form, Key("type", part="monthly-weekday"))
    chosen(form, Key("week"), "last")
    chosen(form, Key("weekday"), "tue")
    assert "Tue 29 Dec 01:30" in text(form)
    enter(form, Key("type", part="times-per-day"))
    typed(form, Key("times"), "8")
    shown = text(form)
    assert "every 3 h 00 min" in shown
    assert "Tue 24 Nov 11:00 CET" in shown
    assert "Tue 24 Nov 14:00 CET" in shown


def test_the_time_zone_moves_the_times() -> None:
    made = draft(schedule={"type": "weekly", "days": ["wed"], "at": "09:00"})
    form = form_on(made)
    assert "Wed 25 Nov 09:00 UTC" in text(form)
    chosen(form, Key("timezone"), "Asia/Kolkata")
    assert "Wed 25 Nov 09:00 IST" in text(form)
    ask = enter(form, Key("timezone"))
    assert isinstance(ask, Choose)
    with pytest.raises(ConfigError, match="is no time zone"):
        ask.then(("Mars/Olympus",))


def test_what_was_set_for_a_kind_is_there_when_it_is_chosen_again() -> None:
    made = draft(schedule={"type": "weekly", "days": ["sun"], "at": "23:05"})
    form = form_on(made)
    enter(form, Key("type", part="manual"))
    assert made.connection.schedule.type == "manual"
    enter(form, Key("type", part="weekly"))
    assert schedule_words(made.connection.schedule) == "Sun at 23:05"


@pytest.mark.parametrize(
    ("kind", "key", "answer"),
    [
        ("times-per-day", "times", "481"),
        ("times-per-day", "times", "often"),
        ("monthly", "day", "32"),
        ("monthly", "at", "24:00"),
        ("monthly", "at", "9.30"),
        ("monthly", "at", "9:3"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(kind: str, key: str, answer: str) -> None:
    made = draft()
    form = form_on(made)
    enter(form, Key("type", part=kind))
    before = made.connection
    with pytest.raises(ConfigError):
        typed(form, Key(key), answer)
    assert made.connection is before


@pytest.mark.parametrize(
    ("schedule", "enabled", "cell"),
    [
        ({"type": "manual"}, True, "by hand"),
        ({"type": "weekly", "days": ["fri"], "at": "01:30"}, True, "Fri 01:30"),
        ({"type": "weekly", "days": ["fri"], "at": "01:30"}, False, "off"),
        ({"type": "monthly", "day": 15, "at": "01:30"}, True, "15 Dec"),
        ({"type": "times-per-day", "times": 480}, True, "Tue 10:03"),
    ],
)
def test_the_next_run_as_a_cell(schedule: dict[str, Any], enabled: bool, cell: str) -> None:
    assert next_run_cell(draft(schedule=schedule, enabled=enabled).connection, NOW, NOW) == cell
