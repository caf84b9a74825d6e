"""What is stored is found again under the names and digests of version 0.1.0.

Renaming in the code is fine where an alias keeps the stored name.
"""

import json
import sqlite3
from contextlib import closing

import pytest

from actui.api.rate import RateLimiter
from actui.model import connection as shapes
from actui.model.connection import Connection
from actui.model.difference import Change
from actui.model.goals import ExportGoal, ImportGoal, Mode
from actui.model.run import (
    GoalProgress,
    GoalSummary,
    ListCounts,
    Outcome,
    Problem,
    RequestCounts,
    RunSnapshot,
    RunState,
    RunSummary,
    UniqueCounts,
)
from actui.model.secret import SecretName
from actui.model.settings import MailServer, Settings
from store.forgotten import Forgotten
from store.home import Home

NAMES = {
    RunSummary: "run connection connection_id state ok code message cause notice trigger started "
    "ended goals unique",
    GoalSummary: "goal goal_id kind ok code message read created updated unchanged skipped "
    "rejected unknown reasons warnings warned leavers lists requests seconds",
    ListCounts: "subscribed resubscribed unsubscribed left",
    RequestCounts: "activecampaign blueconic throttled",
    UniqueCounts: "imported exported",
    RunSnapshot: "run connection_id state pid started updated message elapsed requests problems "
    "goals",
    GoalProgress: "summary phase expected done",
    Problem: "goal who outcome reason detail",
    Connection: "id name description labels favorite enabled timezone notify activecampaign "
    "blueconic objectives consent_where_needed schedule goals",
    shapes.Notify: "when recipients webhook",
    shapes.TimesPerDay: "type times",
    shapes.Weekly: "type days at",
    shapes.Monthly: "type day at",
    shapes.MonthlyWeekday: "type week weekday at",
    ImportGoal: "id name enabled identifiers mode reconcile_days contacts lists statuses "
    "create_profiles new_profiles save_lists_to recheck_requests mappings",
    ExportGoal: "id name enabled identifiers mode reconcile_days segment mappings lists "
    "resubscribe unsubscribe automations recreate_deleted lifecycle unknown_stage",
    Settings: "theme requests_per_second request_seconds settle_seconds "
    "blueconic_requests_at_once password_command secrets_in_file keyring_backend mail colour",
    MailServer: "host port security username sender",
}
VALUES = {
    RunState: "STARTING RUNNING FINISHED FAILED STOPPING STOPPED",
    Outcome: "created updated unchanged skipped rejected unknown",
    Mode: "changed full",
    SecretName: "ACTIVECAMPAIGN_API_KEY BLUECONIC_CLIENT_SECRET SMTP_PASSWORD",
}


@pytest.mark.parametrize("model", NAMES, ids=lambda one: one.__name__)
def test_a_stored_name_stays(model):
    stored = {field.alias or name for name, field in model.model_fields.items()}
    assert set(NAMES[model].split()) <= stored


@pytest.mark.parametrize("enum", VALUES, ids=lambda one: one.__name__)
def test_a_stored_word_stays(enum):
    assert set(VALUES[enum].split()) <= {one.value for one in enum}


def test_the_names_in_the_audit_log_stay():
    assert list(Change.__dataclass_fields__) == ["where", "before", "after"]


def test_who_was_forgotten_stays_forgotten(tmp_path):
    """The marks are keyed hashes of `address …`, `contact …` and `profile …`."""
    home = Home(tmp_path)
    (tmp_path / "forgotten.key").write_text("00" * 32)
    origins = ("https://acme.api-us1.com", "https://acme.blueconic.net")
    marks = {
        "address zoë@example.com": "ca46baf5b0866e1e1a7bae2780f1ea1f",
        "contact 7": "92f487fbc8840ee16e7dbc8538109e6b",
        "profile p7": "8d5b15d5ee1d2f7b6332c30f19bb3976",
    }
    with closing(sqlite3.connect(tmp_path / "forgotten.db")) as database, database:
        database.execute("CREATE TABLE forgotten (mark BLOB PRIMARY KEY) WITHOUT ROWID")
        rows = [(bytes.fromhex(mark),) for mark in marks.values()]
        database.executemany("INSERT INTO forgotten VALUES (?)", rows)
    assert Forgotten(home).among([*marks, "contact 8"], origins) == set(marks)


def test_the_pace_file_of_another_version_is_shared(tmp_path):
    text = '{"sends": [1.5, 2.25], "trips": {"1.5": 0.125}, "paused_until": 0.0, "speed": 0.5, '
    text += '"strikes": 1}'
    path = tmp_path / "pace"
    path.write_text(text)
    pace = RateLimiter(path, clock=lambda: 9.0)
    with pace._state() as state:
        assert (state.sends, state.speed, state.trips) == ([1.5, 2.25], 0.5, {1.5: 0.125})
        state.strikes = 2
    assert json.loads(path.read_text()) == {**json.loads(text), "strikes": 2}
