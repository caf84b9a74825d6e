"""No setting of the machine is a bug: it is used, or one sentence names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from actui import exitcodes
from actui.cli import main
from store.home import Home
from tests.process.commands.news import FILE

KEYS = ("ACTUI_SECRET_NEWS_ACTIVECAMPAIGN_API_KEY", "ACTUI_SECRET_NEWS_BLUECONIC_CLIENT_SECRET")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
UNUSABLE = {
    "ALL_PROXY": "socks5://me:s3cret@127.0.0.1:1",
    "HTTPS_PROXY": "socks4://me:s3cret@proxy.example",
    "https_proxy": "http://me:s3cret/x@proxy.example:3128",
    "SSL_CERT_FILE": "/nonexistent/cacert.pem",
    "SSL_CERT_DIR": "/nonexistent/certs",
    "SSLKEYLOGFILE": "/nonexistent/keys",
}
COMMANDS = (
    ["check", "News", "--online"],
    ["run", "News"],
    ["run", "News", "--dry-run"],
    ["run", "News", "--json"],
    ["preview", "News"],
    ["forget", "anna@example.com", "--yes"],
    ["doctor"],
)


@pytest.fixture
def away(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home whose services are elsewhere, on a machine without settings."""
    for name in (*VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in KEYS:
        monkeypatch.setenv(name, "key")
    text = FILE.replace("http://127.0.0.1:9", "https://acme.invalid")
    (tmp_path / "news.yaml").write_text(text)
    assert main(["apply", str(tmp_path / "news.yaml")]) == exitcodes.OK
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("variable", UNUSABLE)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_setting_that_cannot_be_used_is_named(
    words: list[str],
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, UNUSABLE[variable])
    capsys.readouterr()
    code = main(words)
    out, err = capsys.readouterr()
    assert code in (exitcodes.USAGE, exitcodes.UNREACHABLE), out + err
    assert variable in out + err
    assert "s3cret" not in out + err
    assert "bug" not in out + err
    assert "Traceback" not in out + err


@pytest.mark.usefixtures("away")
def test_the_doctor_lists_what_the_machine_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = tmp_path / "0a1b2c3d.0"
    authority.touch()
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cret@127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,[::1,::1")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/x.pem")
    capsys.readouterr()
    main(["doctor", "--offline"])
    out = capsys.readouterr().out
    assert "ok      proxy: HTTPS_PROXY is http://127.0.0.1:3128." in out
    assert "WARNING proxy: NO_PROXY: [::1 names no host and has no effect." in out
    assert (
        f"ok      certificates: 1 authorities are trusted, those of SSL_CERT_DIR {tmp_path}" in out
    )
    assert "certificates: REQUESTS_CA_BUNDLE /x.pem is not used" in out
    assert "s3cret" not in out


def test_the_doctor_of_a_home_on_this_machine_only_warns(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in UNUSABLE.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    assert main(["doctor", "--offline"]) == exitcodes.OK
    out = capsys.readouterr().out
    assert "WARNING certificates: SSL_CERT_FILE names /nonexistent/cacert.pem" in out
    assert "WARNING proxy: https_proxy (http://proxy.example:3128)" in out


def test_a_check_that_stumbles_hides_no_other(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stumble(*_: object) -> None:
        raise KeyError("anna@example.com")

    monkeypatch.setattr("actui.operations.health.of_permissions", stumble)
    capsys.readouterr()
    assert main(["doctor", "--offline"]) == exitcodes.USAGE
    out = capsys.readouterr().out
    assert "ERROR   permissions: This could not be looked at: KeyError." in out
    assert "anna@" not in out
    assert "certificates:" in out


def test_a_demonstration_needs_nothing_of_the_machine_and_leaves_no_folder(
    tmp_path: Path,
) -> None:
    environ = os.environ | UNUSABLE | {"TMPDIR": str(tmp_path), "NO_PROXY": "::1,[fd00::/8,*.x"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "actui", "demo", "--headless"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exitcodes.OK, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_demonstration_that_meets_a_bug_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    (tmp_path / "tmp").mkdir()

    def stumble(*_: object, **__: object) -> int:
        raise KeyError

    monkeypatch.setattr("actui.commands.runs.carry_out", stumble)
    assert main(["demo", "--headless"]) == exitcodes.BUG
    assert list((tmp_path / "tmp").iterdir()) == []
    assert os.environ["ACTUI_HOME"] == str(tmp_path / "home")
