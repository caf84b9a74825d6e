"""A number, date or switch where a connection file means a text is refused with its line."""

import pytest

from actui.model.connection import Connection
from actui.model.document import dump, load
from actui.model.errors import ConfigError

FILE = """version: 1
connection:
  name: {name}
  description: {description}
  labels: [{label}]
  objectives: [{objective}]
  timezone: {timezone}
  schedule: {{type: weekly, days: [mon], at: {at}}}
  goals:
    - import:
        id: {id}
        name: Contacts
        contacts: lists
        lists: [{{list: {choice}}}]
        save_lists_to: {property}
        reconcile_days: {days}
    - export:
        name: {goal}
        segment: {segment}
        identifiers: [{{field: email, property: {link}}}]
        mappings:
          - {{from: {source}, field: phone}}
          - {{from: {{text: {text}}}, field: firstName}}
          - {{from: {{segments: [{some}]}}, field: lastName}}
        lists: [{list}]
        lifecycle: {{lifecycle: {lifecycle}, stage: {stage}, events: []}}
"""
FINE = {
    "name": "A",
    "description": "d",
    "label": "a",
    "objective": "o",
    "timezone": "UTC",
    "at": '"10:30"',
    "id": "g-1",
    "choice": "News",
    "property": "p",
    "days": "7",
    "goal": "G",
    "segment": "s",
    "link": "email",
    "source": "profile_id",
    "text": "t",
    "some": "x",
    "list": "News",
    "lifecycle": "l",
    "stage": "s",
}
TEXTS = [place for place in FINE if place != "days"]
NO_TEXTS = [
    "4",
    "007",
    "1_000",
    "0x1F",
    "-7",
    "10:30",
    "1.5",
    "yes",
    "2024-01-01",
    "~",
    "008",
    "09_1",
]


def line_of(place):
    lines = FILE.splitlines()
    return next(n for n, line in enumerate(lines, 1) if f"{{{place}}}" in line)


@pytest.mark.parametrize("place", TEXTS)
@pytest.mark.parametrize("value", NO_TEXTS)
def test_what_is_no_text_is_refused_with_its_line(place, value):
    nothing = value == "~" and place in ("property", "link")
    if nothing:
        return
    with pytest.raises(ConfigError) as refused:
        load(FILE.format(**{**FINE, place: value}), "f.yaml")
    assert all(
        line.startswith(f"f.yaml:{line_of(place)}: ") for line in str(refused.value).splitlines()
    )


@pytest.mark.parametrize("place", TEXTS)
def test_the_sentence_says_what_to_write(place):
    with pytest.raises(ConfigError) as refused:
        load(FILE.format(**{**FINE, place: "007"}), "f.yaml")
    if place != "source":
        assert 'a number where a text is meant; write "007"' in str(refused.value)


@pytest.mark.parametrize("value", ["4", "007", "1_000", "008", "yes", "2024-01-01"])
def test_in_quotes_it_is_the_text_that_it_shows(value):
    read = load(FILE.format(**{**FINE, "segment": f'"{value}"', "list": f"'{value}'"}), "f.yaml")
    goal = read.goals[1]
    assert (goal.segment.name, goal.lists[0].name) == (value, value)
    assert load(dump(read), "f.yaml") == read


def test_a_number_is_fine_where_a_number_is_meant():
    assert load(FILE.format(**{**FINE, "days": "14"}), "f.yaml").goals[0].reconcile_days == 14
    with pytest.raises(ConfigError, match=r"f.yaml:16: 008 is no number"):
        load(FILE.format(**{**FINE, "days": "008"}), "f.yaml")


def test_stored_connections_hold_texts_alone():
    read = load(FILE.format(**{**FINE, "segment": '"7"', "list": '"4"'}), "f.yaml")
    body = read.model_dump(mode="json", by_alias=True)
    for goal, facts in zip(read.goals, body["goals"], strict=True):
        facts["kind"] = goal.kind
    assert Connection.model_validate(body) == read
