"""A source, rule or answer that one place forgot is no other one in disguise."""

from typing import get_args

import pytest

from actui.api.activecampaign_rows import bulk_row_size
from actui.model.connection import Connection
from actui.model.goals import ListStatus
from actui.model.mapping import (
    ExportMapping,
    PlainSource,
    PropertySource,
    Rule,
    SegmentsSource,
    TextSource,
)
from actui.model.people import Profile
from actui.sync.entries import STRATEGIES
from actui.sync.sources import needs_of, values_of
from tests.sync.fingerprint_cases import EXPORTS

SOURCES = [
    *get_args(PlainSource),
    PropertySource(property="first_name"),
    SegmentsSource(segments="all"),
    TextSource(text="x"),
]


def test_a_source_that_was_forgotten_is_not_exported_as_another():
    builder = EXPORTS["every source"].builder()
    mapping = ExportMapping.model_construct(source="visits", field="phone", when_empty="keep")
    goal = builder._goal.model_copy(update={"mappings": [mapping]})
    with pytest.raises(AssertionError, match="visits"):
        builder.__class__(
            Connection(name="N"), goal, builder._accounts, builder._zone, row_size=bulk_row_size
        ).build(EXPORTS["every source"].profile, None)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_each_source_has_its_needs_and_its_values(source):
    assert needs_of(source) is not None
    values = values_of(source, Profile("p"), {})
    unknown = source in ("lifecycles", "permission_level")
    assert (values is None) is unknown


def test_each_rule_has_its_strategy():
    assert set(STRATEGIES) == set(Rule)


def test_each_list_status_has_its_letter():
    from actui.api.activecampaign_rows import _STATUS as read
    from store.ledger.exports import _LETTERS as kept

    assert set(kept) == set(read.values()) == set(ListStatus)
    assert kept == {status: letter for letter, status in read.items()}
