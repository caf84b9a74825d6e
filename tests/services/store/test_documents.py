"""Documents: other processes' changes are seen, a crash leaves a whole file, modes are private."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from actui.model.connection import Connection
from actui.model.errors import BusyError, ConfigError
from actui.model.run import GoalSummary, RunState, RunSummary
from actui.model.settings import Settings
from store.connections import Connections
from store.history import MOST_RUNS, History
from store.home import Home
from store.json_file import backup_of, documents
from store.locks import RunLock
from store.settings import SettingsFile


@pytest.fixture
def home(tmp_path):
    return Home.open({"ACTUI_HOME": str(tmp_path / "home")})


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_private(home):
    Connections(home).save(Connection(name="A"))
    assert mode(home.root) == 0o700
    assert mode(home.connections_file) == 0o600


def test_a_connection_is_found_by_name_and_id_and_named_when_it_is_not(home):
    connections = Connections(home)
    saved = connections.save(Connection(name="Newsletter"))
    assert saved.connection.id.startswith("c-")
    assert connections.find("Newsletter") == connections.find(saved.connection.id) == saved
    with pytest.raises(ConfigError, match="Did you mean Newsletter"):
        connections.find("Newsleter")


def test_saving_again_replaces_by_id_then_by_name(home):
    connections = Connections(home)
    first = connections.save(Connection(name="A"))
    renamed = first.connection.model_copy(update={"name": "B"})
    assert connections.save(renamed).version == 2
    assert connections.save(Connection(name="B", description="x")).connection.id == renamed.id
    assert [s.connection.name for s in connections.all()] == ["B"]


def test_two_consoles_do_not_overwrite_each_other(home):
    connections = Connections(home)
    first = connections.save(Connection(name="A"))
    connections.save(first.connection, expected=first.version)
    with pytest.raises(ConfigError, match="was changed by") as caught:
        connections.save(first.connection, expected=first.version)
    assert caught.value.code == "changed-elsewhere"


def test_names_whose_secrets_would_be_one_are_refused(home):
    connections = Connections(home)
    connections.save(Connection(name="News letter"))
    with pytest.raises(ConfigError, match="too much like"):
        connections.save(Connection(name="news-letter"))


def test_an_id_cannot_leave_the_home(home):
    with pytest.raises(ConfigError):
        Connections(home).save(Connection(name="A", id="../../etc"))


def test_a_broken_file_is_named_with_its_last_good_copy(home):
    connections = Connections(home)
    connections.save(Connection(name="A"))
    connections.save(Connection(name="B"))
    home.connections_file.write_text('{"broken')
    with pytest.raises(ConfigError, match="last good copy"):
        connections.all()
    backup_of(home.connections_file).replace(home.connections_file)
    assert [s.connection.name for s in connections.all()] == ["A"]


def test_a_newer_file_is_refused(home):
    Connections(home).save(Connection(name="A"))
    whole = json.loads(home.connections_file.read_text())
    whole["_schema"]["version"] = 99
    home.connections_file.write_text(json.dumps(whole))
    with pytest.raises(ConfigError, match="newer actui"):
        Connections(home).all()


def test_settings_come_back(home):
    settings = SettingsFile(home)
    assert settings.load() == Settings()
    settings.save(Settings(theme="nord"))
    assert SettingsFile(home).load().theme == "nord"


def test_history_is_newest_first_and_bounded(home):
    history = History(home, "c-1")
    goal = GoalSummary(goal="G", goal_id="g-1", kind="import", read=3, created=3)
    with documents(home.history_file("c-1")) as database:
        database.insert_multiple(
            RunSummary(run=f"r{n:04}", connection="C", started=f"2026-01-01T00:{n:04}").model_dump(
                mode="json"
            )
            for n in range(MOST_RUNS)
        )
    newest = RunSummary(run="r9999", connection="C", started="2026-02-01", goals=[goal])
    history.save(newest)
    history.save(newest.model_copy(update={"state": RunState.FINISHED}))
    runs = history.all()
    assert len(runs) == MOST_RUNS
    assert runs[0].state is RunState.FINISHED
    assert runs[0].goals[0].goal_id == "g-1"
    assert history.find("r0000") is None
    assert "goal_id" not in runs[0].line()


_INSERTER = """
import sys
from pathlib import Path
from store.json_file import documents
for n in range(int(sys.argv[2])):
    with documents(Path(sys.argv[1])) as database:
        database.insert({"by": sys.argv[3], "n": n})
    print(n, flush=True)
"""


def inserter(path, count, name):
    words = [sys.executable, "-c", _INSERTER, str(path), str(count), name]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_several_processes_insert_without_losing_a_document(tmp_path):
    path = tmp_path / "many.json"
    workers = [inserter(path, 25, name) for name in "abc"]
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    with documents(path) as database:
        rows = database.all()
    assert len(rows) == len({row.doc_id for row in rows}) == 75


def test_a_kill_during_writes_leaves_a_whole_file(tmp_path):
    path = tmp_path / "killed.json"
    for _ in range(5):
        worker = inserter(path, 10_000, "k")
        for _ in range(3):
            worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        with documents(path) as database:
            rows = database.all()
        assert len(rows) >= 3


_HOLDER = """
import sys
from pathlib import Path
from store.locks import RunLock
with RunLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_run_at_a_time_and_the_lock_dies_with_its_process(tmp_path):
    path = tmp_path / "run.lock"
    lock = RunLock(path)
    assert not lock.is_held()
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    assert lock.is_held()
    assert lock.holder().pid == process.pid
    with pytest.raises(BusyError, match=f"process {process.pid}"), lock.held():
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not lock.is_held()
    with lock.held():
        assert lock.is_held()


def test_settings_changed_by_two_keep_both_changes_and_refuse_a_bad_one(home):
    one, other = SettingsFile(home), SettingsFile(home)
    one.change({"theme": "nord"})
    other.change({"request_seconds": "90"})
    with pytest.raises(ConfigError, match="request seconds"):
        one.change({"request_seconds": "soon"})
    assert (one.load().theme, one.load().request_seconds) == ("nord", 90.0)
