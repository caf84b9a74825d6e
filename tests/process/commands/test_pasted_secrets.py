"""Secrets with what a copy, an editor or a shell adds to them, on every way into actui."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from actui.cli import main
from actui.context.clients import AccountClients
from actui.context.context import AppContext
from actui.model.errors import CredentialsError
from actui.model.secret import SecretName
from actui.model.settings import MailServer, Settings
from actui.operations.notifying import MAIL_SECRET
from store.home import Home
from store.key_store import KeyStore
from store.settings import SettingsFile
from tests.process.commands.news import KEY, OTHER, VARIABLE

PURE = "5ec2e7c0ffee5ec2e7c0ffee"
AROUND = {
    "blank": f" {PURE}",
    "newline": f"{PURE}\n",
    "windows": f"\t{PURE}\r\n",
    "bom": f"\ufeff{PURE}",
    "zero-width": f"\u200b{PURE}\u2060",
    "nbsp": f"\u00a0{PURE}\u3000",
    "soft-hyphen": f"{PURE}\u00ad\ufe0f",
    "filler": f"\u3164{PURE}\u2800",
    "control": f"{PURE}\x7f\x1b",
    "header": f"Api-Token: {PURE}",
    "header-odd": f" api-token:{PURE} \n",
}
INSIDE = {
    "newline": ("5ec2e7\nc0ffee", "a line break"),
    "return": ("5ec2e7\rc0ffee", "a line break"),
    "separator": ("5ec2e7\u2028c0ffee", "a line break"),
    "zero-width": ("5ec2e7\u200bc0ffee", "an invisible character"),
    "escape": ("5ec2e7\x1b[1mc0ffee", "a control character"),
    "tab": ("5ec2e7\tc0ffee", "a control character"),
    "accent": ("5ec2e7éc0ffee", "not plain ASCII"),
    "nbsp": ("5ec2e7\u00a0c0ffee", "not plain ASCII"),
    "surrogate": ("5ec2e7\udcffc0ffee", "not UTF-8"),
    "long": ("5ec2e7" * 1000, "4,096 characters"),
}


def by_environment(text: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)


def by_credential(text: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    place = home.root.parent / "credentials"
    place.mkdir()
    (place / VARIABLE).write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))


def by_old_file(text: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier version stored it, in the private file."""
    SettingsFile(home).save(Settings(secrets_in_file=True))
    sealed = json.dumps({"origin": "http://127.0.0.1:9", "secret": text})
    connection = AppContext.open().connections.find("News").connection
    row = {"entry": f"{connection.id}:{SecretName.ACTIVECAMPAIGN_API_KEY}", "value": sealed}
    home.secrets_file.write_text(json.dumps({"_default": {"1": row}}))


def by_old_keyring(text: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier version stored it, in a key store."""
    sealed = json.dumps({"origin": "http://127.0.0.1:9", "secret": text})
    monkeypatch.setattr(KeyStore, "get", lambda *_: sealed)


ROADS = {
    "environment": by_environment,
    "credential": by_credential,
    "old-file": by_old_file,
    "old-keyring": by_old_keyring,
}
Road = Callable[[str, Home, pytest.MonkeyPatch], None]


def the_key() -> str:
    context = AppContext.open()
    connection = context.connections.find("News").connection
    return context.secret(connection, SecretName.ACTIVECAMPAIGN_API_KEY).get_secret_value()


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS)
def test_what_is_around_a_key_is_taken_off(
    road: Road, text: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    road(text, home, monkeypatch)
    assert the_key() == PURE


def test_what_is_around_the_output_of_a_command_is_taken_off(home: Home) -> None:
    place = home.root.parent / "credentials"
    place.mkdir()
    (place / "printed").write_text(f"\n \ufeffApi-Token: {PURE} \r\nlogin: me\n")
    SettingsFile(home).save(Settings(password_command=f"cat '{place}/printed'"))
    assert the_key() == PURE


@pytest.mark.parametrize(("text", "why"), INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS)
def test_a_key_that_no_header_carries_is_refused_unseen(
    road: Road,
    text: str,
    why: str,
    home: Home,
    *,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    road(text, home, monkeypatch)
    monkeypatch.setenv(OTHER, "hush-c0ffee5ec2e7")
    monkeypatch.setattr("actui.api.http.exchange", None)  # nothing is sent, so it is not called
    capfd.readouterr()
    for words in (["run", "News"], ["run", "News", "--json"], ["check", "News", "--online"]):
        assert main(words) == 4, words
        shown = "".join(capfd.readouterr())
        assert "ActiveCampaign API key" in shown
        assert why in shown
        assert not re.search("5ec2e7|c0ffee", shown)
    context = AppContext.open()
    assert not context.history(context.connections.find("News").connection).all(limit=1)


def test_a_blank_variable_is_as_good_as_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    by_environment(" \n", home, monkeypatch)
    by_old_keyring(PURE, home, monkeypatch)
    assert the_key() == PURE


def test_a_blank_credential_is_as_good_as_none(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    by_credential("\n", home, monkeypatch)
    assert main(["run", "News"]) == 4
    assert "No ActiveCampaign API key is stored" in capsys.readouterr().err


def sets(text: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main(["secret", "set", *(words or ("News", KEY))])


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
def test_what_is_stored_is_clean(text: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True))
    assert sets(text, monkeypatch) == 0
    (row,) = json.loads(home.secrets_file.read_text())["_default"].values()
    assert json.loads(row["value"])["secret"] == PURE


@pytest.mark.parametrize(("text", "why"), INSIDE.values(), ids=INSIDE)
def test_what_no_header_carries_is_not_stored(
    text: str,
    why: str,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True))
    assert sets(text, monkeypatch) == 4
    said = capsys.readouterr().err
    assert why in said
    assert not re.search("5ec2e7|c0ffee", said)
    assert not home.secrets_file.exists()


def test_what_is_typed_at_the_prompt_is_cleaned(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: f"\ufeffApi-Token: {PURE}\u200b")
    assert main(["secret", "set", "News", KEY]) == 0
    assert the_key() == PURE


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pass wörd\u00a0x\r\n", "pass wörd\u00a0x"),
        ("\ufeffApi-Token: x", "Api-Token: x"),
        (" a\u200db ", "a\u200db"),
    ],
)
def test_a_mail_password_keeps_what_is_inside(
    text: str, kept: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True, mail=MailServer(host="mail.example")))
    assert sets(text, monkeypatch, "smtp-password") == 0
    context = AppContext.open()
    found = context.secrets.find(*MAIL_SECRET, context.settings.mail.origin)
    assert found is not None
    assert found.value.get_secret_value() == kept


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\udcffb"])
def test_a_mail_password_of_several_lines_is_refused(
    text: str, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    SettingsFile(home).save(Settings(secrets_in_file=True, mail=MailServer(host="mail.example")))
    assert sets(text, monkeypatch, "smtp-password") == 4
    assert "mail server password" in capsys.readouterr().err
    assert not home.secrets_file.exists()


async def test_a_typed_key_is_cleaned_before_it_is_tried(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = AppContext.open()
    connection = context.connections.find("News").connection
    monkeypatch.setenv("NOTHING", "")
    tried: list[str] = []
    monkeypatch.setattr(
        "actui.context.clients.ActiveCampaignClient",
        lambda url, key, **_: tried.append(key.get_secret_value()),
    )
    monkeypatch.setattr(
        "actui.context.clients.BlueConicClient",
        lambda url, client_id, secret, **_: tried.append(secret.get_secret_value()),
    )
    async with (
        AccountClients(context).activecampaign(connection, SecretStr(f"\ufeffApi-Token: {PURE}\n")),
        AccountClients(context).blueconic(connection, SecretStr(f" {PURE}\u200b")),
    ):
        assert tried == [PURE, PURE]
    clients = AccountClients(context)
    for services in (clients.activecampaign, clients.blueconic):
        with pytest.raises(CredentialsError, match="a line break") as refused:
            async with services(connection, SecretStr("5ec2e7\nc0ffee")):
                pass
        assert "5ec2e7" not in refused.value.message


def test_a_secret_typed_as_an_argument_is_not_repeated(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["News", KEY, PURE],
        ["News", PURE],
        ["News", KEY, "--value", PURE],
        ["News", KEY, f"--json={PURE}"],
    ):
        for more in ([], ["--json"]):
            capsys.readouterr()
            assert main(["secret", "set", *words, *more]) == 2
            shown = "".join(capsys.readouterr())
            assert PURE not in shown
            assert "stdin" in shown


def test_a_status_says_what_is_wrong_with_a_secret(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "5ec2e7\nc0ffee")
    assert main(["secret", "status", "News", KEY]) == 4
    assert "a line break" in "".join(capsys.readouterr())


def test_a_credential_file_of_another_encoding_is_no_bug(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Windows shell's `>` writes UTF-16."""
    (tmp_path / VARIABLE).write_bytes(PURE.encode("utf-16"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv(OTHER, os.environ.get(OTHER, "hush-c0ffee5ec2e7"))
    assert main(["run", "News"]) == 4
    assert "not UTF-8" in capsys.readouterr().err
