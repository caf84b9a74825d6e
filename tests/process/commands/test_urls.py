"""Addresses that cannot be used: refused where entered, a sentence where they are stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actui.cli import main
from actui.console.forms.connection_fields import ConnectionForm
from actui.context.context import AppContext
from actui.model.connection import Connection, webhook_url
from actui.model.errors import ConfigError
from store.json_file import documents
from tests.unit.model.test_weburl import NOT_FINE

BAD = ["https://acme:abc", "https://xn--", "https://acme:65536", "https://acme..example"]
FILE = """\
version: 1
connection:
  name: A
  enabled: true
  activecampaign: {{url: "{campaign}"}}
  blueconic: {{url: "{blueconic}", client_id: c}}
  notify: {{when: failure, webhook: "{webhook}"}}
  goals:
    - import: {{name: G, contacts: all, identifiers: [{{field: email, property: email}}]}}
"""
GOOD = {
    "campaign": "https://acme.example",
    "blueconic": "https://blue.example",
    "webhook": "https://hooks.example/x",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def apply(**urls: str) -> int:
    Path("f.yaml").write_text(FILE.format(**{**GOOD, **urls}))
    return main(["apply", "f.yaml"])


def store(url: str) -> None:
    """Keep a URL that an earlier version took."""
    assert apply() == 0
    with documents(AppContext.open().home.connections_file) as database:
        (kept,) = database.all()
        body = kept["connection"]
        body["activecampaign"]["url"] = body["blueconic"]["url"] = url
        database.update({"connection": body})


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize(("key", "line"), [("campaign", 5), ("blueconic", 6), ("webhook", 7)])
def test_a_file_with_such_an_address_is_refused_with_its_line(
    key: str, line: int, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(**{key: url}) == 2
    assert f"f.yaml:{line}: " in capsys.readouterr().err
    assert AppContext.open().connections.all() == []


@pytest.mark.parametrize("url", [url for url in NOT_FINE if "secret" in url])
def test_a_password_in_an_address_is_refused_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(campaign=url) == 2
    assert "secret" not in capsys.readouterr().err


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize(
    "words",
    [
        ["run", "A"],
        ["run", "A", "--dry-run"],
        ["check"],
        ["check", "--online"],
        ["list"],
        ["doctor"],
        ["doctor", "--offline"],
        ["preview", "A"],
        ["export", "A"],
        ["enable", "A"],
        ["secret", "status", "A"],
        ["why", "A", "ann@example.org"],
        ["outcomes", "A"],
        ["runs", "A"],
    ],
    ids=" ".join,
)
def test_a_stored_one_is_a_sentence_in_every_command(
    words: list[str],
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store(url)
    for name in ("ACTIVECAMPAIGN_API_KEY", "BLUECONIC_CLIENT_SECRET"):
        monkeypatch.setenv(f"ACTUI_SECRET_A_{name}", "something-secret")
    code = main(words)
    out, err = capsys.readouterr()
    quiet = ("export", "secret", "why", "outcomes", "runs")
    assert code == (0 if words[0] in (*quiet, "list", "enable") else code)
    assert code in (0, 1, 2)
    assert ("the web address cannot be used" in out + err) == (words[0] not in quiet)


@pytest.mark.parametrize("url", BAD)
def test_the_console_refuses_one_and_leaves_a_stored_one_to_be_corrected(url: str) -> None:
    store(url)
    held: Connection = AppContext.open().connections.find("A").connection
    form = ConnectionForm.of(held)
    assert form.onto(held) == held
    with pytest.raises(ConfigError, match="ActiveCampaign host name: the web address cannot"):
        form.__class__("A", True, "https://b:x", url, "c").onto(held)
    with pytest.raises(ValueError, match="the webhook cannot be used"):
        webhook_url(url)


@pytest.mark.parametrize("host", ["xn--", "a..b", "mail:x", "a" * 64, "[::1]"])
def test_a_mail_server_without_a_usable_name_is_refused(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "set", "mail.host", host]) == 2
    assert "mail server cannot be used" in capsys.readouterr().err


def test_a_stored_mail_server_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with documents(AppContext.open().home.settings_file) as database:
        database.insert({"mail": {"host": "xn--"}})
    assert main(["settings", "set", "colour", "never"]) == 0
    assert main(["doctor", "--json"]) == 2
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "about" in line]
    assert any("mail server cannot be used" in str(row) for row in rows)


@pytest.mark.parametrize(
    "proxy", ["http://xn--:3128", "http://acme:abc", "http://a..b:1", "http://[::1", "http://a:0"]
)
def test_a_proxy_without_a_usable_address_is_a_sentence(
    proxy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply() == 0
    monkeypatch.setenv("https_proxy", proxy)
    for name in ("ACTIVECAMPAIGN_API_KEY", "BLUECONIC_CLIENT_SECRET"):
        monkeypatch.setenv(f"ACTUI_SECRET_A_{name}", "something-secret")
    assert main(["check", "--online"]) == 2
    assert "https_proxy" in "".join(capsys.readouterr())
    assert main(["doctor", "--offline"]) != 70
    assert main(["run", "A"]) in (2, 6)
