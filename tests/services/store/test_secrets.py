"""Where secrets come from, in which order, and for whom they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import textwrap
from pathlib import Path

import pytest
from pydantic import SecretStr

from actui.model.errors import CredentialsError
from actui.model.secret import SecretName
from actui.model.settings import Settings
from store import key_store as keystore
from store.home import Home
from store.secrets import Secrets
from tests.process import forked

KEY = SecretName.ACTIVECAMPAIGN_API_KEY
ORIGIN = "https://acme.api-us1.com"
VARIABLE = "ACTUI_SECRET_NEWS_LETTER_ACTIVECAMPAIGN_API_KEY"
BACKENDS = """
import json, os, pathlib, time
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

class Kept(KeyringBackend):
    priority = 1
    place = pathlib.Path(os.environ["KEPT_FILE"])
    def _all(self):
        return json.loads(self.place.read_text()) if self.place.exists() else {}
    def get_password(self, service, entry):
        return self._all().get(service + "/" + entry)
    def set_password(self, service, entry, value):
        self.place.write_text(json.dumps(self._all() | {service + "/" + entry: value}))
    def delete_password(self, service, entry):
        held = self._all()
        held.pop(service + "/" + entry, None)
        self.place.write_text(json.dumps(held))

class Forgetful(Kept):
    def set_password(self, service, entry, value):
        pass

class Locked(Kept):
    def get_password(self, service, entry):
        raise KeyringLocked("nobody is there to unlock it")

class Hanging(Kept):
    def get_password(self, service, entry):
        time.sleep(600)
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose key stores are those of `BACKENDS`; nothing of this machine's."""
    (tmp_path / "somestores.py").write_text(textwrap.dedent(BACKENDS))
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("KEPT_FILE", str(tmp_path / "kept.json"))
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return dict(os.environ)


def secrets(environ: dict[str, str], store: str = "Kept", **settings: object) -> Secrets:
    chosen = Settings.model_validate({"keyring_backend": f"somestores.{store}", **settings})
    return Secrets(Home.open(environ), chosen, environ)


def found(chain: Secrets, origin: str = ORIGIN) -> tuple[str, str] | None:
    held = chain.find("News-letter", "c-1", KEY, origin)
    return None if held is None else (held.value.get_secret_value(), held.source)


def saved(chain: Secrets, value: str = "kept") -> str:
    return chain.save("News-letter", "c-1", KEY, ORIGIN, SecretStr(value))


def test_each_place_comes_before_the_next(environ: dict[str, str], tmp_path: Path) -> None:
    assert found(secrets(environ)) is None
    assert saved(secrets(environ)) == "the key store"
    assert found(secrets(environ)) == ("kept", "the key store")
    command = f"test $ACTUI_SECRET = {VARIABLE} && printf 'asked\\nmore\\n'"
    assert found(secrets(environ, password_command=command)) == ("asked", "the password command")
    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    (tmp_path / VARIABLE).write_text("loaded\n")
    chain = secrets(environ, password_command=command)
    assert found(chain) == ("loaded", "systemd's credentials")
    environ[VARIABLE] = "given"
    chain = secrets(environ, password_command=command)
    assert found(chain) == ("given", f"the environment ({VARIABLE})")


def test_a_secret_is_sent_to_no_other_origin(environ: dict[str, str]) -> None:
    saved(secrets(environ))
    with pytest.raises(CredentialsError, match=r"entered for https://acme\.api-us1\.com"):
        found(secrets(environ), "https://evil.example")


def test_a_deleted_secret_is_gone(environ: dict[str, str]) -> None:
    saved(secrets(environ))
    secrets(environ).delete("c-1", KEY)
    assert found(secrets(environ)) is None


@pytest.mark.parametrize("store", ["Forgetful", "NoSuchStore"])
def test_without_a_usable_key_store_the_other_ways_are_told(
    environ: dict[str, str], store: str
) -> None:
    with pytest.raises(CredentialsError, match=VARIABLE) as told:
        saved(secrets(environ, store))
    assert "secrets_in_file" in told.value.message
    assert found(secrets(environ, "NoSuchStore")) is None


def test_a_file_is_used_only_where_the_user_agreed(environ: dict[str, str]) -> None:
    agreed = secrets(environ, "Forgetful", secrets_in_file=True)
    assert saved(agreed) == "the secrets file"
    assert saved(agreed, "newer") == "the secrets file"
    assert found(agreed) == ("newer", "the secrets file")
    assert found(secrets(environ, "Forgetful")) is None
    files = [path for path in Home.open(environ).root.rglob("*") if path.is_file()]
    holding = [path for path in files if b"newer" in path.read_bytes()]
    assert [path.stat().st_mode & 0o777 for path in holding] == [0o600]
    assert not any(b"kept" in path.read_bytes() for path in files)


@pytest.mark.parametrize("store", ["Locked", "Hanging"])
def test_a_locked_store_is_given_up_on(
    environ: dict[str, str], store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keystore, "SECONDS", 3 if store == "Locked" else 0.5)
    with pytest.raises(CredentialsError) as told:
        found(secrets(environ, store))
    assert told.value.code == "key-store-locked"


@pytest.mark.parametrize(
    ("command", "words"), [("exit 7", "code 7"), ("echo oops >&2; false", "code 1")]
)
def test_a_failing_password_command_is_told(
    environ: dict[str, str], command: str, words: str
) -> None:
    with pytest.raises(CredentialsError, match=words):
        found(secrets(environ, password_command=command))


def test_nothing_that_is_shown_shows_a_secret(environ: dict[str, str]) -> None:
    saved(secrets(environ), "swordfish-c0ffee5ec2e7")
    held = secrets(environ).find("News-letter", "c-1", KEY, ORIGIN)
    assert "swordfish-c0ffee5ec2e7" not in f"{held!r} {secrets(environ)!r}"


def test_the_command_line_takes_secrets_from_stdin_alone(
    environ: dict[str, str], tmp_path: Path
) -> None:
    def command(*words: str, told: str = "") -> subprocess.CompletedProcess[str]:
        return forked.run(*words, environ=environ, stdin=told)

    file = tmp_path / "news.yaml"
    file.write_text(
        "version: 1\nconnection:\n  name: News-letter\n"
        f'  activecampaign: {{url: "{ORIGIN}"}}\n'
        '  blueconic: {url: "https://acme.blueconic.net", client_id: "me"}\n'
    )
    settings = json.dumps({"_default": {"1": {"keyring_backend": "somestores.Kept"}}})
    home = Home.open(environ)
    home.settings_file.write_text(settings)
    assert command("apply", str(file)).returncode == 0
    name = "activecampaign-api-key"
    assert command("secret", "status", "News-letter").returncode == 4
    done = command("secret", "set", "News-letter", name, told="swordfish-c0ffee5ec2e7\n")
    assert done.returncode == 0, done.stderr
    assert "the key store" in done.stdout
    assert ORIGIN in done.stdout
    status = command("secret", "status", "News-letter", name, "--json")
    found = json.loads(status.stdout)
    assert (found["secret"], found["source"]) == (name, "the key store")
    assert "swordfish-c0ffee5ec2e7" not in done.stdout + done.stderr + status.stdout
    assert command("secret", "set", "News-letter", name, told="\n").returncode == 2
    assert command("secret", "delete", "News-letter").returncode == 0
    assert command("secret", "status", "News-letter").returncode == 4


def test_a_password_command_that_leaves_something_behind_is_given_up_on(tmp_path: Path) -> None:
    left = tmp_path / "left"
    command = f"setsid sh -c 'echo $$ > {left}; exec sleep 60' & echo hello"
    secrets = Secrets(Home(tmp_path), Settings(password_command=command), {"PATH": "/usr/bin:/bin"})
    with pytest.raises(CredentialsError, match="did not end within"):
        secrets.find("News", "c-1", KEY, ORIGIN)
    # what left the session goes on and was not waited for: else this fails
    os.kill(int(left.read_text()), signal.SIGKILL)
