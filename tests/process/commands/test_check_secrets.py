"""`actui check` tells which secrets a run would miss, as a run does, and touches nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from actui.cli import main
from actui.model.settings import Settings
from store.home import Home
from store.settings import SettingsFile
from tests.process.commands.news import FILE, KEY, OTHER, VARIABLE

SECRET = "blueconic-client-secret"  # noqa: S105


def stores(monkeypatch: pytest.MonkeyPatch, which: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO("hush-c0ffee5ec2e7\n"))
    return main(["secret", "set", "News", which])


def kept(home: Home) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("as_file", [False, True], ids=["name", "file"])
def test_each_missing_secret_is_told_with_its_command(
    as_file: bool,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True))
    name = str(tmp_path / "news.yaml") if as_file else "News"
    before = kept(home)
    capsys.readouterr()
    assert main(["check", name]) == 4
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines() == [
        f"error: No ActiveCampaign API key is stored for 'News': actui secret set 'News' {KEY}",
        f"error: No BlueConic client secret is stored for 'News': actui secret set 'News' {SECRET}",
    ]
    assert kept(home) == before
    assert stores(monkeypatch, KEY) == 0
    capsys.readouterr()
    assert main(["check", name, "--json"]) == 4
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (told["code"], told["where"]) == ("no-secret", f"secrets.{SECRET}")
    assert stores(monkeypatch, SECRET) == 0
    capsys.readouterr()
    assert main(["check", name]) == 0
    assert capsys.readouterr().out == "News: nothing wrong\n"


def test_what_keeps_a_run_from_starting_anyhow_comes_first(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(FILE.replace("client_id: c", "client_id: ''"))
    assert main(["apply", str(file)]) == 0
    capsys.readouterr()
    assert main(["check", "News"]) == main(["run", "News"]) == 2
    assert "No BlueConic client secret is stored" in capsys.readouterr().out


def test_a_file_of_no_connection_yet_misses_no_secret(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(FILE.replace("News", "Other"))
    capsys.readouterr()
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "Other: nothing wrong\n"


def test_what_only_this_shell_has_is_told_where_a_schedule_runs(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, "hush-c0ffee5ec2e7")
    monkeypatch.setenv(OTHER, "hush-c0ffee5ec2e7")
    capsys.readouterr()
    assert main(["check", "News"]) == 0
    assert "secret" not in capsys.readouterr().out
    file = tmp_path / "news.yaml"
    file.write_text(f"{FILE}  schedule: {{type: weekly, days: [mon], at: '01:30'}}\n")
    assert main(["apply", str(file)]) == 0
    capsys.readouterr()
    assert main(["check", "News"]) == 0
    out = capsys.readouterr().out
    assert f"actui secret set 'News' {KEY} stores it" in out
    assert f"actui secret set 'News' {SECRET} stores it" in out
    assert out.count("warning: A scheduled run would not find") == 2


def test_a_locked_key_store_is_waited_for_once(
    asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["check", "News"]) == 4
    assert capsys.readouterr().out.count("it is locked") == 2
    assert asked.read_text() == "asked\n"
