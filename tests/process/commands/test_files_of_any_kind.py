"""What is given as a connection file may be anything: the command ends soon, with a sentence."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from actui.cli import main
from actui.model.yaml_text import LARGEST

HEAD = "version: 1\nconnection:\n  name: A\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def made(kind: str) -> str:
    path = Path("f.yaml")
    if kind == "nowhere":
        return str(path)
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "empty":
        path.touch()
    elif kind == "huge":
        path.write_text(f"{HEAD}  description: {'x' * LARGEST}\n")
    elif kind == "UTF-16":
        path.write_text(HEAD, encoding="utf-16")
    elif kind == "bytes":
        path.write_bytes(bytes(range(256)))
    else:
        return kind
    return str(path)


KINDS = {
    "nowhere": "f.yaml cannot be read: No such file",
    "named pipe": "f.yaml:1: there is nothing in it",
    "socket": "f.yaml cannot be read: No such device",
    "link to itself": "f.yaml cannot be read: Too many levels",
    "empty": "f.yaml:1: there is nothing in it",
    "huge": "f.yaml is larger than 1,000,000 bytes",
    "UTF-16": "f.yaml is not UTF-8 text",
    "bytes": "f.yaml is not UTF-8 text",
    "/dev/null": "/dev/null:1: there is nothing in it",
    "/dev/zero": "/dev/zero is larger than 1,000,000 bytes",
    "n" * 300: "cannot be read: File name too long",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["apply", "check"])
def test_a_file_of_any_kind_is_a_sentence(
    command: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, made(kind)]) == 2
    said = capsys.readouterr().err
    is_name = command == "check" and kind in ("nowhere", "n" * 300)
    assert ("There is no connection" if is_name else KINDS[kind]) in said


@pytest.mark.parametrize("command", ["apply", "check"])
def test_stdin_is_bounded_too(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x" * 3_000_000))
    assert main([command, "-"]) == 2
    assert "stdin:1: the text is larger than 1,000,000 characters" in capsys.readouterr().err


def test_a_byte_order_mark_is_no_mistake() -> None:
    Path("f.yaml").write_text(HEAD, encoding="utf-8-sig")
    assert main(["apply", "f.yaml"]) == 0


def test_a_pipe_of_the_shell_is_read_to_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, HEAD.encode())
    os.close(writing)
    assert main(["apply", f"/dev/fd/{reading}"]) == 0
    os.close(reading)


@pytest.mark.parametrize(
    "value", ["2001-99-99", "0x_", "&a [*a]", "!!int x", "[" * 3000, "9" * 5000, "", "\x1b", "{"]
)
def test_the_value_of_a_setting_is_read_the_same_way(value: str) -> None:
    assert main(["settings", "set", "requests_per_second", value]) == 2
