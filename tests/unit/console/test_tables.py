"""Every table of words has a row for each thing that it is about."""

from typing import get_args

import pytest

from actui.console.forms import connection_forms as connectionforms
from actui.console.forms import export_form as exportform
from actui.console.forms import goal_lines as goallines
from actui.console.forms import schedule_form as schedule
from actui.console.views import connection_table as connectiontable
from actui.console.views import notification as notices
from actui.console.views import preview as previewview
from actui.console.views.status_arrows import ArrowState
from actui.model import records, secret, sources
from actui.model.connection import Manual, Monthly, MonthlyWeekday, Notify, TimesPerDay, Weekly
from actui.model.goals import ExportGoal
from actui.model.mapping import READ_ONLY_FIELDS, STANDARD_FIELDS, WhenEmpty
from actui.model.notification_rules import NotificationEvent
from actui.model.run import Outcome
from actui.model.sources import PlainSource
from screens import base

SHAPES = {"property", "segments", "text"}
TYPES = {
    get_args(one.model_fields["type"].annotation)[0]
    for one in (Manual, TimesPerDay, Weekly, Monthly, MonthlyWeekday)
}
TABLES = [
    (sources.TITLES, {*PlainSource, *SHAPES}),
    (exportform._RESUBSCRIBE, set(get_args(ExportGoal.model_fields["resubscribe"].annotation))),
    (exportform._UNSUBSCRIBE, set(get_args(ExportGoal.model_fields["unsubscribe"].annotation))),
    (connectionforms._WHEN, set(get_args(Notify.model_fields["when"].annotation))),
    (previewview._WOULD, set(Outcome)),
    (schedule._KINDS, TYPES),
    (schedule._FIRST, TYPES),
    (goallines._EMPTY_WORDS, set(WhenEmpty)),
    (connectiontable._URGENT, set(ArrowState)),
    (base.COLOURS, set(ArrowState)),
    (notices._HEADLINES, set(get_args(NotificationEvent))),
    (records._ATTRIBUTES, {*STANDARD_FIELDS, *READ_ONLY_FIELDS}),
    (secret._LABELS, set(secret.SecretName)),
    (secret._ADVICE, set(secret.SecretName)),
]


@pytest.mark.parametrize(("table", "members"), TABLES)
def test_a_table_has_a_row_for_each(table, members):
    assert set(table) == members
