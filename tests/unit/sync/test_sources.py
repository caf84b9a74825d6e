"""A source, rule or answer that one place forgot is no other one in disguise."""

from dataclasses import replace
from datetime import UTC

import pytest

from actui.api.activecampaign.rows import bulk_row_size
from actui.model.connection import Connection
from actui.model.goals import LIST_STATUSES, ListStatus
from actui.model.mapping import (
    ExportMapping,
    PropertySource,
    SegmentsSource,
    TextSource,
)
from actui.model.records import Profile, StageOfProfile
from actui.model.sources import PlainSource
from actui.sync.exporting.payload import PayloadBuilder
from actui.sync.exporting.sources import Names, needs_of, values_of
from actui.sync.resolve import resolve
from tests.unit.sync.fingerprint_cases import ACCOUNTS, EXPORTS

SOURCES = [
    *PlainSource,
    PropertySource(property="first_name"),
    SegmentsSource(segments="all"),
    TextSource(text="x"),
]


def test_a_source_that_was_forgotten_is_not_exported_as_another():
    connection = resolve(Connection(name="N", goals=[EXPORTS["plain"].export_goal()]), ACCOUNTS)
    (goal,) = connection.usable().exports
    mapping = ExportMapping.model_construct(source="visits", field="phone", when_empty="keep")
    changed = replace(goal, settings=goal.settings.model_copy(update={"mappings": [mapping]}))
    with pytest.raises(AssertionError, match="visits"):
        PayloadBuilder(connection.usable(), changed, ACCOUNTS, UTC, row_size=bulk_row_size).build(
            EXPORTS["plain"].profile, None
        )


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_each_source_has_its_needs_and_its_values(source):
    assert needs_of(source) is not None
    values = values_of(source, Profile("p"), Names())
    unknown = source in ("lifecycles", "viewed_interactions") or bool(getattr(source, "member", ""))
    assert (values is None) is unknown


@pytest.mark.parametrize("source", PlainSource)
def test_a_source_that_names_a_member_is_the_text_of_that_member(source):
    values = values_of(source, Profile("p", texts={source: "x"}), Names())
    assert (values == ("x",)) is bool(source.member)


NAMES = Names(interactions={"d": "Welcome", "v": "Welcome", "e": "Exit"}, segments={"s": "Readers"})


@pytest.mark.parametrize(
    ("seen", "values"),
    [
        ([], []),
        (["d"], ["Welcome"]),
        (["v"], ["Welcome"]),
        (["v", "e", "d"], ["Welcome", "Exit"]),
        (["gone"], [None]),
        (["gone", "d", "lost"], [None, "Welcome", None]),
    ],
)
def test_an_interaction_is_its_dialogue_s_name_once_or_nothing(seen, values):
    profile = Profile("p", properties={"interactions_viewed": tuple(seen)})
    assert values_of("viewed_interactions", profile, NAMES) == values
    assert values_of("viewed_interactions", profile, Names()) is None


@pytest.mark.parametrize(
    ("listed", "values"),
    [
        ([("s", "Read")], ["Read"]),
        # the listing's own name first, then that of all segments, never an id
        ([("s", "")], ["Readers"]),
        ([("gone", "")], [None]),
        ([("gone", ""), ("t", "Old"), ("s", "")], ["Old", "Readers", None]),
    ],
)
def test_a_segment_is_its_name_or_nothing(listed, values):
    profile = Profile("p", segments=tuple(listed))
    assert values_of(SegmentsSource(segments="all"), profile, NAMES) == values


def test_a_lifecycle_without_a_name_is_nothing():
    stages = (StageOfProfile("l", "", "s", "S"), StageOfProfile("m", "Welcome", "s", "S"))
    assert values_of("lifecycles", Profile("p", lifecycle_stages=stages), NAMES) == [
        None,
        "Welcome",
    ]


def test_each_list_status_has_its_letter():
    from actui.api.activecampaign.rows import _STATUS as read
    from store.ledger.contact_index import _LETTERS as kept

    assert set(read.values()) == set(LIST_STATUSES)
    letters = {status: letter for letter, status in read.items()}
    assert kept == {**letters, ListStatus.UNREADABLE: "?"}
