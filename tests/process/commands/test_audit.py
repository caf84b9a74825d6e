"""Who did what: recorded where it happens, whoever asked for it, and without a secret."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from actui.model.connection import Connection, Notify
from actui.model.difference import difference
from actui.model.secret import SecretName
from actui.model.settings import Settings
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from store.audit import Audit, who
from store.home import Home as Place
from store.settings import SettingsFile
from tests.process.e2e.processes import Home
from tests.process.e2e.test_main_job import demo_connection

BODY = {
    "name": "News",
    "activecampaign": {"url": "https://a.example"},
    "goals": [
        {"kind": "export", "id": "g-1", "name": "Out", "segment": "Readers"},
        {"kind": "import", "id": "g-2", "name": "In"},
    ],
}


def changed(**update: Any) -> list[tuple[str, Any, Any]]:
    before = Connection.model_validate(BODY)
    found = difference(before, Connection.model_validate(BODY | update))
    return [(one.where, one.before, one.after) for one in found]


def test_the_difference_names_keys_and_goals() -> None:
    first, second = BODY["goals"]
    assert isinstance(first, dict)
    assert changed() == []
    assert changed(description="x") == [("description", "", "x")]
    assert changed(goals=[{**first, "name": "Sent"}, second]) == [
        ("goals.Sent.name", "Out", "Sent")
    ]
    assert changed(goals=[second, first]) == [("goals", ["Out", "In"], ["In", "Out"])]
    ((where, was, now),) = changed(goals=[first])
    assert (where, was["name"], now) == ("goals.In", "In", None)


def test_of_a_webhook_only_the_host_is_told() -> None:
    ((where, _, told),) = changed(notify={"webhook": "https://hooks.example/T0KEN"})
    assert where == "notify.webhook"
    assert "hooks.example" in told
    assert "T0KEN" not in told


def test_who_stands_behind_a_shared_user(tmp_path: Path) -> None:
    key = base64.b64encode(b"a public key")
    proof = tmp_path / "auth"
    proof.write_text(f"publickey ssh-ed25519 {key.decode()}\n")
    found = who(
        {
            "SUDO_USER": "alice",
            "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22",
            "SSH_USER_AUTH": str(proof),
        }
    )
    digest = base64.b64encode(hashlib.sha256(b"a public key").digest()).decode().rstrip("=")
    assert found["behind"].pop("login", None) != found["user"]
    assert found["behind"] == {"sudo": "alice", "ssh": "192.0.2.7", "key": f"SHA256:{digest}"}
    assert "key" not in who({"SSH_USER_AUTH": str(tmp_path / "gone")}).get("behind", {})


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    home = Place.open({"ACTUI_HOME": str(tmp_path)})
    audit = Audit(home, {})
    audit.record("one")
    (file,) = home.audit_dir.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open("a") as torn:
        torn.write('{"action": "tw')
    audit.record("three")
    assert [line["action"] for line in audit.lines()] == ["three", "one"]


def actions(context: AppContext, name: str | None = None) -> list[str]:
    return [str(line["action"]) for line in context.audit.lines(name)][::-1]


def test_the_console_writes_what_commands_write(tmp_path: Path) -> None:
    context = AppContext.open({"ACTUI_HOME": str(tmp_path)})
    services = ConsoleServices(context)
    stored = services.connections.save(Connection.model_validate(BODY), expected=None)
    on = stored.connection.model_copy(update={"enabled": True})
    services.connections.save(on, expected=stored.version)
    services.connections.save(on, expected=None)
    other = on.model_copy(update={"name": "Mail", "notify": Notify(when="failure")})
    services.connections.save(other, expected=None)
    services.home.delete(on)
    assert actions(context) == ["created", "switched on", "changed", "deleted"]
    assert actions(context, on.id) == actions(context)
    assert actions(context, "Mail") == ["changed", "deleted"]


def test_a_secret_is_told_of_but_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    environ = {**os.environ, "ACTUI_HOME": str(tmp_path)}
    SettingsFile(Place.open(environ)).save(Settings(secrets_in_file=True))
    context = AppContext.open(environ)
    services = ConsoleServices(context)
    stored = services.connections.save(Connection.model_validate(BODY), expected=None)
    key = SecretStr("hush-c0ffee5ec2e7")
    services.credentials.save_secret(stored.connection, SecretName.ACTIVECAMPAIGN_API_KEY, key)
    assert actions(context)[-1] == "secret set"
    written = "".join(file.read_text() for file in context.home.audit_dir.iterdir())
    assert "https://a.example" in written
    assert "hush-c0ffee5ec2e7" not in written


async def test_commands_and_runs_are_recorded(tmp_path: Path) -> None:
    async with Sandbox(SandboxOptions(contacts=10, profiles=10, limits="off")) as sandbox:
        home = Home(tmp_path, sandbox.ready, demo_connection())
        home.environ |= {"SUDO_USER": "alice"}
        await home.apply()
        done = await home.run("--limit", "3")
        assert (await home.command("disable", home.name)).returncode == 0
        assert (await home.command("delete", home.name, "--yes")).returncode == 0
        said = await home.command("audit", home.name, "--json")
        shown = await home.command("audit", "--limit", "1")
    lines = [json.loads(line) for line in said.stdout.splitlines()][::-1]
    assert [line["action"] for line in lines if line["action"] != "changed"] == [
        "created",
        "ran",
        "switched off",
        "deleted",
    ]
    ran = next(line for line in lines if line["action"] == "ran")
    assert (ran["run"], ran["trigger"], ran["limit"]) == (done["run"], "manual", 3)
    assert all(line["behind"]["sudo"] == "alice" for line in lines)
    assert "(sudo alice)  deleted Demo" in shown.stdout
    keys = [home.environ[name] for name in home.environ if name.startswith("ACTUI_SECRET")]
    assert not any(key in said.stdout for key in keys)
