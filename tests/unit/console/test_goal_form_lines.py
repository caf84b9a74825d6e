"""Every setting of a goal has a line in its form, or a reason why it has none."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from actui.console.choices import Choices
from actui.console.formatting import UNICODE
from actui.console.forms.export_form import ExportForm
from actui.console.forms.form import Form, Key
from actui.console.forms.goal_editor import GoalEditor
from actui.console.forms.import_form import ImportForm
from actui.model.goals import (
    ExportGoal,
    ImportGoal,
    LifecycleThreshold,
    ListChoice,
    NewProfiles,
)
from actui.model.mapping import ExportMapping, IdentifierLink, ImportMapping

BASE: dict[str, Any] = {
    "id": "g-1",
    "name": "Goal",
    "identifiers": [{"field": "email", "property": "email"}],
}
SUM = {"field": "%POINTS%", "property": "score", "rule": "sum"}
TIER = {"from": {"property": "tier"}, "field": "%TIER%"}
THRESHOLD = {"lifecycle": "Welcome", "stage": "First"}
LISTED = [{"list": "Leads", "create_profiles": True}]
IMPORTS = [
    ImportGoal.model_validate({**BASE, **facts, "mappings": [SUM]})
    for facts in ({"create_profiles": True}, {"contacts": "lists", "lists": LISTED})
]
EXPORT = ExportGoal.model_validate(
    {
        **BASE,
        "segment": "Readers",
        "mappings": [TIER],
        "lists": ["Leads"],
        "lifecycle": THRESHOLD,
    }
)
ON_THE_PAGE = {
    "kind": "chosen when the goal is added, and never changed",
    "id": "given by actui",
    "name": "n on the connection page",
    "enabled": "ctrl+o on the goal's page, space on the connection page",
}
BOTH_SIDES = "enter on the link asks for its field and then for the other side"
STAGE = "enter on the threshold's line asks for its lifecycle and then for its stage"
WITHOUT_LINE: dict[type[BaseModel], dict[str, str]] = {
    ImportGoal: ON_THE_PAGE,
    ExportGoal: ON_THE_PAGE,
    ImportMapping: {},
    ExportMapping: {},
    NewProfiles: {},
    IdentifierLink: dict.fromkeys(("field", "property", "profile_id"), BOTH_SIDES),
    ListChoice: {
        "list": "chosen by the line that adds lists",
        "create_profiles": "enter on the list's line switches it",
    },
    LifecycleThreshold: {
        "lifecycle": STAGE,
        "stage": STAGE,
        "events": "a line for each event, named for it",
    },
}
"""Why these fields have no line of their own."""
WHERE: dict[type[BaseModel], tuple[str, int | None]] = {
    ImportMapping: ("mappings", 0),
    ExportMapping: ("mappings", 0),
    NewProfiles: ("new_profiles", None),
    IdentifierLink: ("identifiers", 0),
    ListChoice: ("lists", 0),
    LifecycleThreshold: ("lifecycle", None),
}
"""The goal's field that holds the part, and which item of it is looked at."""
EVENTS = {"opened", "clicked"}


def keys(goal: ImportGoal | ExportGoal) -> list[Key]:
    """The keys of a goal's form with the details of its first mapping."""
    form: Form
    if isinstance(goal, ImportGoal):
        importing = GoalEditor(goal, Choices(), UNICODE, lambda _: ())
        importing.unfold(0)
        form = ImportForm(importing)
    else:
        exporting = GoalEditor(goal, Choices(), UNICODE, lambda _: ())
        exporting.unfold(0)
        form = ExportForm(exporting)
    return [line.key for line in form.lines() if line.key is not None]


def shown(model: type[BaseModel]) -> set[str]:
    """The fields of a goal, or of a part of one, that have a line of their own."""
    importing = {key for goal in IMPORTS for key in keys(goal)}
    exporting = set(keys(EXPORT))
    if model in (ImportGoal, ExportGoal):
        return {key.field for key in (importing if model is ImportGoal else exporting)}
    field, index = WHERE[model]
    found = exporting if model in (ExportMapping, LifecycleThreshold) else importing
    return {key.part for key in found if (key.field, key.index) == (field, index) and key.part}


@pytest.mark.parametrize("model", WITHOUT_LINE, ids=lambda model: model.__name__)
def test_every_field_of_a_goal_has_a_line_or_a_reason(model: type[BaseModel]) -> None:
    with_line, without = shown(model) - EVENTS, set(WITHOUT_LINE[model])
    assert with_line | without == set(model.model_fields)
    assert not with_line & without


@pytest.mark.parametrize("goal", [*IMPORTS, EXPORT])
def test_no_two_lines_have_the_same_key(goal: ImportGoal | ExportGoal) -> None:
    found = keys(goal)
    assert len(found) == len(set(found))
