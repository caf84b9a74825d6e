"""What an exported file does to the connection it came from, once its name or hosts are changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actui.cli import main
from actui.context.context import AppContext
from actui.model.accounts import account_origins
from actui.model.connection import Connection

FILE = """\
version: 1
connection:
  name: News
  activecampaign: {url: "http://127.0.0.1:9"}
  blueconic: {url: "http://127.0.0.1:8", client_id: c}
"""


@pytest.fixture(autouse=True)
def exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A home with one connection, and its exported file."""
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("news.yaml").write_text(FILE)
    assert main(["apply", "news.yaml"]) == 0
    capsys.readouterr()
    assert main(["export", "News"]) == 0
    file = Path("a.yaml")
    file.write_text(capsys.readouterr().out)
    return file


def stored() -> list[Connection]:
    return [one.connection for one in AppContext.open().connections.all()]


def changed(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text()
    for was, now in pairs:
        assert was in text
        text = text.replace(was, now)
    file.write_text(text)


def test_an_exported_file_says_what_its_id_does(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    above, id_ = exported.read_text().split("  id: ")
    assert "leave the id out" in above
    assert id_.startswith(stored()[0].id)
    assert main(["apply", "a.yaml"]) == 0
    assert capsys.readouterr().out == "News: unchanged\n"
    assert main(["export", "--to", "conf"]) == 0
    assert Path("conf/news.yaml").read_text() == exported.read_text()


def test_a_new_name_and_new_hosts_are_told(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(exported, ("name: News", "name: Slow one"), ("127.0.0.1:9", "127.0.0.1:7"))
    assert main(["apply", "--dry-run", "a.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:2] == [
        "News: would be renamed to Slow one, updated",
        "  ActiveCampaign: http://127.0.0.1:7, until now http://127.0.0.1:9",
    ]
    assert "leave the id out" in shown.err
    assert [one.name for one in stored()] == ["News"]
    assert main(["apply", "a.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "News: renamed to Slow one, updated",
        "  ActiveCampaign: http://127.0.0.1:7, until now http://127.0.0.1:9",
    ]
    assert "the file has the id of 'News'" in shown.err
    assert "has worked with" not in shown.err
    assert [one.name for one in stored()] == ["Slow one"]


def test_a_new_name_alone_is_told_alone(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(exported, ("name: News", "name: Slow one"))
    assert main(["apply", "a.yaml"]) == 0
    assert capsys.readouterr().out == "News: renamed to Slow one\n"


def test_without_the_id_it_is_a_new_connection(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(exported, (f"  id: {stored()[0].id}\n", ""), ("name: News", "name: Slow one"))
    assert main(["apply", "a.yaml"]) == 0
    assert "Slow one: created\n" in capsys.readouterr().out
    assert [one.name for one in stored()] == ["News", "Slow one"]


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["--json"]], ids=" ".join)
def test_other_accounts_than_it_has_worked_with_are_told(
    words: list[str], exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, (connection,) = AppContext.open(), stored()
    with context.ledger(connection) as ledger:
        ledger.accounts.bind(*account_origins(connection))
        ledger.runs.begin("r1", "manual", "2026-11-24T02:00:00Z", 1)
        ledger.batches.journal("r1", "g1", ["p-1"], "[]", 0.0)
    assert main(["apply", "a.yaml"]) == 0
    assert "has worked with" not in capsys.readouterr().err
    changed(exported, ("127.0.0.1:8", "127.0.0.1:7"))
    assert main(["apply", "a.yaml", *words]) == 0
    shown = capsys.readouterr()
    assert (
        "error: 'News' has worked with http://127.0.0.1:9 and http://127.0.0.1:8 until now"
        in shown.err
    )
    assert "--fresh" in shown.err
    if not words:
        assert main(["check", "News"]) == 2
        assert "has worked with" in "".join(capsys.readouterr())
    if words == ["--json"]:
        (change,) = json.loads(shown.out)["changes"]
        assert change["where"] == "blueconic.url"
    else:
        assert "BlueConic: http://127.0.0.1:7, until now http://127.0.0.1:8" in shown.out
