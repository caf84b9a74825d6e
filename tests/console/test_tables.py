"""Every table of words has a row for each thing that it is about."""

from typing import get_args

import pytest

from actui.console import (
    connectionforms,
    connectiontable,
    exportform,
    goalform,
    goalwords,
    importmappings,
    notices,
    people,
    previewview,
    schedule,
)
from actui.console.arrows import ArrowState
from actui.model import secret
from actui.model.connection import Manual, Monthly, MonthlyWeekday, Notify, TimesPerDay, Weekly
from actui.model.goals import ExportGoal
from actui.model.mapping import PlainSource, Rule, WhenEmpty
from actui.model.notices import News
from actui.model.run import Outcome, Reason
from screens import base

SHAPES = {"property", "segments", "text"}
TYPES = {
    get_args(one.model_fields["type"].annotation)[0]
    for one in (Manual, TimesPerDay, Weekly, Monthly, MonthlyWeekday)
}
TABLES = [
    (importmappings.RULE_WORDS, set(Rule)),
    (importmappings._RULE_NOTES, set(Rule)),
    (goalwords._RULES, set(Rule)),
    (goalwords._PLAIN_SOURCES, set(get_args(PlainSource))),
    (exportform.SOURCE_WORDS, {*get_args(PlainSource), *SHAPES}),
    (exportform._RESUBSCRIBE, set(get_args(ExportGoal.model_fields["resubscribe"].annotation))),
    (exportform._UNSUBSCRIBE, set(get_args(ExportGoal.model_fields["unsubscribe"].annotation))),
    (connectionforms._WHEN, set(get_args(Notify.model_fields["when"].annotation))),
    (previewview._WOULD, set(Outcome)),
    (people.REASON_WORDS, set(Reason)),
    (schedule._KINDS, TYPES),
    (schedule._FIRST, TYPES),
    (goalform._EMPTY_WORDS, set(WhenEmpty)),
    (connectiontable._URGENT, set(ArrowState)),
    (base.COLOURS, set(ArrowState)),
    (notices._HEADLINES, set(get_args(News))),
    (secret._WORDS, set(secret.SecretName)),
    (secret._ADVICE, set(secret.SecretName)),
]


@pytest.mark.parametrize(("table", "members"), TABLES)
def test_a_table_has_a_row_for_each(table, members):
    assert set(table) == members
