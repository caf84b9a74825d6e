"""A goal's digest: what changes it, what never does, and digests of version 0.1.0."""

import types
import typing
from typing import Literal

import pytest
from pydantic import BaseModel

from actui.model.config_hash import BASELINES, FIRST_SPELLINGS, NOT_SENT
from actui.model.goals import ExportGoal, ImportGoal, Mode
from tests.unit.model.goal_cases import EXPORTS, IMPORTS

GOALS = {
    **{f"import {name}": (ImportGoal, facts) for name, facts in IMPORTS.items()},
    **{f"export {name}": (ExportGoal, facts) for name, facts in EXPORTS.items()},
}
FIRST = {
    "import smallest": "423bcfb85c47daa3",
    "import linked": "d6760b31083be11a",
    "import everything chosen": "ae4b6a44c632f22c",
    "export smallest": "2716a382849abd25",
    "export resolved": "5738566d18771744",
    "export everything chosen": "416275903422bb87",
}
"""As version 0.1.0 computed them: they are on people's disks."""

CHANGED_DEFAULTS: dict[str, object] = {}
"""Settings whose default was changed after their row in BASELINES was written, with the new one."""


class LaterImport(ImportGoal):
    """An import goal with a setting of a later version."""

    greeting: str = "hello"


class LaterExport(ExportGoal):
    """An export goal with a setting of a later version."""

    unknown_stage: Literal["skip", "export"] = "skip"


LATER = {ImportGoal: (LaterImport, {"greeting": "bye"}), ExportGoal: (LaterExport, {})}


def made(name, **more):
    kind, facts = GOALS[name]
    return kind(name="G", **{**facts, **more})


@pytest.mark.parametrize("name", GOALS)
def test_a_digest_of_the_first_version_is_accepted(name):
    assert made(name).is_configured_as(FIRST[name])
    assert not any(made(name).is_configured_as(d) for n, d in FIRST.items() if n != name)
    assert not made(name).is_configured_as("")


@pytest.mark.parametrize("name", GOALS)
def test_a_setting_added_with_a_default_changes_no_digest(name):
    kind, facts = GOALS[name]
    later = LATER[kind][0](name="G", **facts)
    assert later.config_hash() == made(name).config_hash()
    assert later.is_configured_as(FIRST[name])


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("import linked", {"greeting": "bye"}), ("export resolved", {"unknown_stage": "export"})],
)
def test_a_new_setting_that_was_chosen_is_a_change_also_from_the_first_version(name, chosen):
    kind, facts = GOALS[name]
    later = LATER[kind][0](name="G", **facts, **chosen)
    assert later.config_hash() != made(name).config_hash()
    assert not later.is_configured_as(FIRST[name])


def test_a_default_that_changes_later_counts_as_a_change():
    class Later(ImportGoal):
        create_profiles: bool = True

    class Fuller(ExportGoal):
        mode: Mode = Mode.FULL

    assert Later(name="G").config_hash() != ImportGoal(name="G").config_hash()
    assert not Later(name="G").is_configured_as(FIRST["import smallest"])
    assert (
        Later(name="G", create_profiles=False).config_hash()
        == made("import smallest").config_hash()
    )
    assert (
        Fuller(name="G", segment="Readers").config_hash() != made("export smallest").config_hash()
    )


@pytest.mark.parametrize(
    ("today", "first", "digest_of_first", "digest"),
    [
        ("never", False, "5738566d18771744", "2:018c9ba85778df50"),
        ("own", True, "6b94a8d0bce21d26", "2:1634194f143bf002"),
    ],
)
def test_both_spellings_of_unsubscribe_have_the_digests_of_the_first(
    today, first, digest_of_first, digest
):
    for spelled in (today, first):
        goal = made("export resolved", unsubscribe=spelled)
        assert goal.unsubscribe == today
        assert goal.config_hash() == digest
        assert goal.is_configured_as(digest)
        assert goal.is_configured_as(digest_of_first)
    covering_all = made("export resolved", unsubscribe="all")
    assert covering_all.config_hash() != digest
    assert not covering_all.is_configured_as(digest_of_first)


@pytest.mark.parametrize("name", GOALS)
@pytest.mark.parametrize(
    "change", [{"id": "g-9"}, {"name": "H"}, {"enabled": False}, {"reconcile_days": 3}]
)
def test_what_does_not_decide_what_is_sent_is_in_no_digest(name, change):
    assert made(name).model_copy(update=change).config_hash() == made(name).config_hash()


def test_the_budget_of_rechecks_is_in_no_digest():
    goal = made("import everything chosen")
    other = goal.model_copy(update={"recheck_requests": 7})
    assert other.config_hash() == goal.config_hash()
    assert other.is_configured_as(FIRST["import everything chosen"])


@pytest.mark.parametrize("name", GOALS)
def test_every_other_setting_counts(name):
    goal = made(name)
    others = {
        "mode": Mode.CHANGED if goal.mode is Mode.FULL else Mode.FULL,
        "identifiers": [],
        "mappings": [],
        "lists": [],
        "statuses": [],
        "contacts": "all",
        "create_profiles": not getattr(goal, "create_profiles", False),
        "save_lists_to": "other",
        "segment": {"name": "Others"},
        "resubscribe": "all",
        "unsubscribe": "all",
        "automations": not getattr(goal, "automations", False),
        "recreate_deleted": not getattr(goal, "recreate_deleted", False),
        "lifecycle": None,
        "unknown_stage": "export",
    }
    for setting, value in others.items():
        if setting not in type(goal).model_fields:
            continue
        other = type(goal).model_validate({**goal.model_dump(by_alias=True), setting: value})
        same = getattr(other, setting) == getattr(goal, setting)
        assert (other.config_hash() == goal.config_hash()) is same, setting
        assert other.is_configured_as(FIRST[name]) is same, setting


def test_things_count_by_id_and_not_by_name():
    one, other = (
        ExportGoal(name="G", segment={"name": name, "id": "s1"}, lists=[{"name": name, "id": "4"}])
        for name in ("Readers", "Renamed")
    )
    assert one.config_hash() == other.config_hash()
    assert one.config_hash() != one.model_copy(update={"lists": []}).config_hash()


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("import smallest", "2:7e57178feb3cf904"),
        ("import everything chosen", "2:08cb05d751dca614"),
        ("export everything chosen", "2:3329fa7087aaa284"),
    ],
)
def test_digests_of_today_stay_as_they_are(name, digest):
    assert made(name).config_hash() == digest
    assert made(name).is_configured_as(digest)


def settings(model, path):
    """Every setting of a model with its path and its default."""
    for name, field in model.model_fields.items():
        where = f"{path}.{field.alias or name}"
        if where in ("import.kind", "export.kind"):
            continue  # hashed as itself, whatever its value
        inner = [one for one in models(field.annotation) if one.__name__ != "Named"]
        plain = not inner or not field.is_required()
        if plain:
            yield where, field
        for one in inner:
            yield from settings(one, where)


def models(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, list, typing.Annotated):
        return [m for one in typing.get_args(annotation) for m in models(one)]
    return []


@pytest.mark.parametrize(("kind", "model"), [("import", ImportGoal), ("export", ExportGoal)])
def test_every_setting_is_hashed_against_a_baseline_or_said_not_to_be_sent(kind, model):
    """A new setting: add it to BASELINES with its default, or to NOT_SENT where it is a budget."""
    found = {}
    for where, field in settings(model, kind):
        if where in NOT_SENT or field.is_required():
            continue
        default = field.get_default(call_default_factory=True)
        if not isinstance(default, BaseModel):
            spellings = FIRST_SPELLINGS.get(where)
            found[where] = spellings[default] if spellings else default
    mine = {path: value for path, value in BASELINES.items() if path.startswith(f"{kind}.")}
    assert found == mine | {p: v for p, v in CHANGED_DEFAULTS.items() if p in mine}


def test_a_setting_is_placed_once():
    assert not NOT_SENT & BASELINES.keys()
