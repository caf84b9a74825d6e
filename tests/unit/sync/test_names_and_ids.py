"""A word that is the name of one thing and the id of another means neither of them."""

import re

import pytest

from actui.model.connection import Connection, goal_called
from actui.model.errors import ConfigError
from actui.model.inherited import as_known
from actui.model.records import ContactList, Lifecycle, Objective, Segment, Stage
from actui.sync.resolve import Accounts, resolve

ACCOUNTS = Accounts(
    fields={},
    lists={
        4: ContactList(4, "Partners"),
        5: ContactList(5, "4"),
        6: ContactList(6, "Twice"),
        7: ContactList(7, "Twice"),
        8: ContactList(8, "8"),
    },
    properties={},
    segments={
        "s1": Segment("s1", "Readers"),
        "s2": Segment("s2", "s1"),
        "s3": Segment("s3", "Fine"),
        "s4": Segment("s4", "Readers"),
    },
    objectives={"o1": Objective("o1", "Mail"), "o2": Objective("o2", "o1")},
    lifecycles={
        "l1": Lifecycle("l1", "Journey", stages=(Stage("t1", "First"), Stage("t2", "t1"))),
        "l2": Lifecycle("l2", "l1"),
    },
)
FINE = {"lists": ["Partners"], "segment": "Fine"}
JOURNEY = {"lifecycle": "Journey", "stage": "First", "events": ["opened"]}


def export(**more):
    goal = {"kind": "export", "name": "G", **FINE, **more}
    return Connection.model_validate({"name": "N", "goals": [goal]})


def imported(*lists):
    choices = [{"list": one} for one in lists]
    goal = {"kind": "import", "name": "G", "contacts": "lists", "lists": choices}
    return Connection.model_validate({"name": "N", "goals": [goal]})


@pytest.mark.parametrize(
    ("connection", "word", "could"),
    [
        (export(lists=["4"]), "list '4'", ["'Partners' (id 4)", "'4' (id 5)"]),
        (imported("4"), "list '4'", ["'Partners' (id 4)", "'4' (id 5)"]),
        (export(segment="s1"), "segment 's1'", ["'Readers' (id s1)", "'s1' (id s2)"]),
        (
            export(mappings=[{"from": {"segments": ["s1"]}, "field": "phone"}]),
            "segment 's1'",
            ["'Readers' (id s1)", "'s1' (id s2)"],
        ),
        (
            export().model_copy(
                update={"objectives": Connection(name="N", objectives=["o1"]).objectives}
            ),
            "objective 'o1'",
            ["'Mail' (id o1)", "'o1' (id o2)"],
        ),
        (
            export(lifecycle={**JOURNEY, "lifecycle": "l1"}),
            "lifecycle 'l1'",
            ["'Journey' (id l1)", "'l1' (id l2)"],
        ),
        (
            export(lifecycle={**JOURNEY, "stage": "t1"}),
            "stage of 'Journey' 't1'",
            ["'First' (id t1)", "'t1' (id t2)"],
        ),
    ],
)
def test_a_name_that_is_another_things_id_is_an_error(connection, word, could):
    resolution = resolve(connection, ACCOUNTS)
    (finding,) = resolution.findings
    with pytest.raises(ConfigError, match=re.escape(finding.message)):
        resolution.usable()
    assert (finding.code, finding.severity) == ("ambiguous-name", "error")
    assert word in finding.message
    assert all(one in finding.message for one in could)


@pytest.mark.parametrize(
    ("word", "id_"), [("Partners", "4"), ("5", "5"), ("8", "8"), ({"name": "4", "id": "5"}, "5")]
)
def test_what_can_only_be_one_thing_is_found(word, id_):
    found = resolve(export(lists=[word]), ACCOUNTS)
    assert not found.findings
    assert found.connection.goals[0].lists[0].id == id_
    assert found.usable().exports[0].list_ids == (int(id_),)
    found = resolve(imported(word), ACCOUNTS)
    assert [one.list.id for one in found.connection.goals[0].lists] == [id_]
    assert [one.list.id for one in found.usable().imports[0].lists] == [int(id_)]


def test_a_name_that_two_things_have_is_an_error_still():
    (finding,) = resolve(export(lists=["Twice"]), ACCOUNTS).findings
    assert finding.message == ("2 things are a ActiveCampaign list 'Twice': name it by id (6, 7).")


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (export(lists=["Gone"]), "There is no ActiveCampaign list 'Gone'."),
        (export(lists=["Partners", {"name": "Old", "id": "9"}]), "(id 9) does not exist any more."),
        (imported("Gone"), "There is no ActiveCampaign list 'Gone'."),
        (export(segment="Gone"), "There is no BlueConic segment 'Gone'."),
        (export(lifecycle={**JOURNEY, "lifecycle": "Gone"}), "BlueConic lifecycle 'Gone'."),
        (export(lifecycle={**JOURNEY, "stage": "Gone"}), "There is no stage of 'Journey' 'Gone'."),
    ],
)
def test_what_is_not_found_reaches_no_run(goal, message):
    resolution = resolve(goal, ACCOUNTS)
    assert resolution.resolved is None
    with pytest.raises(ConfigError, match=re.escape(message)):
        resolution.usable()


def test_a_goal_that_is_off_may_name_what_is_gone():
    connection = export(enabled=False, segment="Gone", lists=["Gone"])
    resolution = resolve(connection, ACCOUNTS)
    assert not resolution.findings
    assert resolution.connection == connection
    assert not resolution.usable().goals


def test_a_run_works_with_the_things_that_are_named():
    lists = [{"list": {"name": "4", "id": "5"}, "create_profiles": True}]
    goals = [
        {"kind": "export", "name": "E", **FINE, "lifecycle": JOURNEY},
        {"kind": "import", "name": "I", "contacts": "lists", "lists": lists},
        {"kind": "import", "name": "A", "lists": [{"list": "Gone"}]},
    ]
    connection = {"name": "N", "objectives": ["Mail"], "goals": goals}
    found = resolve(Connection.model_validate(connection), ACCOUNTS).usable()
    assert [goal.settings.name for goal in found.goals] == ["I", "A", "E"]
    assert found.objective_ids == ["o1"]
    (chosen,) = found.imports[0].lists
    assert (chosen.list, chosen.create_profiles) == (ACCOUNTS.lists[5], True)
    assert not found.imports[1].lists, "whoever takes all contacts looks at no list"
    (export_goal,) = found.exports
    assert export_goal.segment is ACCOUNTS.segments["s3"]
    assert export_goal.threshold.key == ("l1", "t1")
    assert export_goal.threshold.events == ["opened"]


def test_what_is_known_settles_nothing_that_the_accounts_must_tell():
    both = [{"name": "Partners", "id": "4"}, {"name": "4", "id": "5"}, {"name": "News", "id": "3"}]
    known = as_known(export(lists=["4", "News", "3", "Partners"]), export(lists=both))
    assert [one.id for one in known.goals[0].lists] == [None, "3", "3", "4"]
    known = as_known(export(lists=["4"]), export(lists=both[1:]))
    assert known.goals[0].lists[0].id is None
    segments = export(segment={"name": "s1", "id": "s2"})
    lists = [{"name": "s1", "id": "s2"}]
    assert as_known(export(segment="s1"), segments).goals[0].segment.id == "s2"
    assert as_known(export(segment="s1"), export(lists=lists)).goals[0].segment.id is None


def test_a_goal_is_called_by_its_name_or_its_id_and_by_nothing_that_two_have():
    goals = Connection.model_validate(
        {
            "name": "N",
            "goals": [
                {"kind": "import", "id": "g-1", "name": "Contacts"},
                {"kind": "import", "id": "g-2", "name": "g-1"},
                {"kind": "import", "id": "g-3", "name": "g-3"},
            ],
        }
    ).goals
    assert goal_called(goals, "Contacts") is goals[0]
    assert goal_called(goals, "g-2") is goals[1]
    assert goal_called(goals, "g-3") is goals[2]
    assert goal_called(goals, "nobody") is None
    with pytest.raises(ConfigError, match="could be 'Contacts'"):
        goal_called(goals, "g-1")
