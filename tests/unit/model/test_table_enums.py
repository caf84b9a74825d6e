"""Every row of a table is whole, and its columns are what somebody reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actui import sync
from actui.model.mapping import Rule
from actui.model.run import Outcome, Reason
from actui.model.sources import TITLES, PlainSource
from actui.model.tables import TableEnum


@pytest.mark.parametrize("table", [Outcome, Reason, Rule, PlainSource])
def test_a_member_is_its_value(table: type[TableEnum]) -> None:
    for member in table:
        assert member == member.value == str(member)
        assert table.of(member.value) is member
    with pytest.raises(ValueError, match="is no"):
        table.of("nothing")


ENGINE = "".join(
    path.read_text(encoding="utf-8") for path in Path(sync.__file__).parent.rglob("*.py")
)


@pytest.mark.parametrize("member", [*Outcome, *Reason], ids=str)
def test_the_engine_decides_each_outcome_and_reason(member: Outcome | Reason) -> None:
    assert re.search(rf"\b{type(member).__name__}\.{member.name}\b", ENGINE)


@pytest.mark.parametrize(
    "texts",
    [
        [reason.sentence for reason in Reason],
        [rule.label for rule in Rule],
        [rule.note for rule in Rule],
        [rule.strategy for rule in Rule],
        [source.phrase for source in PlainSource],
        list(TITLES.values()),
    ],
)
def test_each_text_stands_for_one_member(texts: list[str]) -> None:
    assert all(texts)
    assert len(set(texts)) == len(texts)
