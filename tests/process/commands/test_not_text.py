"""Bytes that are not UTF-8, wherever they come from, end in a sentence, and never in a bug."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from actui import exitcodes
from actui.commands.prompts import ask, ask_hidden
from actui.model.errors import ConfigError
from store.home import Home
from tests.process import forked
from tests.process.commands.news import FILE, KEY, VARIABLE
from tests.ui.screens.terminals import Terminal

ODD = b"Caf\xe9\xff"
EACH = """
import json, sys
from actui.cli import main
for words in json.loads(sys.argv[1]):
    print("ended with", main(words))
"""
ARGUMENTS = (
    [b"run", ODD],
    [b"why", b"News", ODD + b"@example.com"],
    [b"forget", ODD + b"@example.com", b"--yes"],
    [b"preview", b"News", b"--email", ODD],
    [b"apply", ODD + b".yaml"],
    [b"check", ODD],
    [b"export", b"News", b"--to", ODD],
    [b"settings", b"set", b"mail.sender", ODD],
    [b"run", b"News", b"--trigger", ODD],
    [b"outcomes", b"News", b"--goal", ODD],
    [b"audit", ODD],
    [b"secret", b"set", b"News", ODD],
    [b"sandbox", b"--state", ODD],
    [ODD],
    [b"--" + ODD, b"--json"],
)
VARIABLES = (
    "ACTUI_HOME",
    "XDG_STATE_HOME",
    "SUDO_USER",
    "SSH_CONNECTION",
    "SSH_USER_AUTH",
    "USER",
    "LOGNAME",
    "TERM",
    "LANG",
    "TZ",
    "EDITOR",
    "CREDENTIALS_DIRECTORY",
    "NO_PROXY",
    "HTTPS_PROXY",
    "SSL_CERT_FILE",
    "SSLKEYLOGFILE",
    "TMPDIR",
    "PYTHON_KEYRING_BACKEND",
    VARIABLE,
    "ACTUI_SECRET_CAF\udce9",
    "ACTUI_KEYRING_PASSWORD",
)

READ_AT_START = ("TERM", "LANG", "TZ", "TMPDIR", "SSLKEYLOGFILE", "PYTHON_KEYRING_BACKEND")
"""Of these, what the interpreter or a library reads while it starts."""


def command(
    *words: str | bytes, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """A process of the program, with a shell's arguments."""
    given = map(os.fsdecode, words)
    return forked.run_bytes(*given, environ=with_variables(variables), stdin=stdin)


def interpreter(
    *words: str | bytes, code: Sequence[str] = ("-m", "actui"), stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """An interpreter of its own, as a shell starts it; the program, or code on it."""
    return subprocess.run(
        [sys.executable, "-P", *code, *words],
        env=with_variables(variables),
        input=stdin,
        capture_output=True,
        check=False,
    )


def with_variables(variables: dict[str, str]) -> dict[str, str]:
    # what a test machine sets itself may not be UTF-8 here on purpose
    environ = {**os.environ, **variables}
    if variables.get("XDG_STATE_HOME"):
        del environ["ACTUI_HOME"]
    return environ


def is_sentence(done: subprocess.CompletedProcess[bytes], *codes: int) -> str:
    said = done.stderr.decode()
    assert done.returncode in codes, said
    assert "Traceback" not in said
    assert "bug" not in said
    return said


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("words", ARGUMENTS, ids=lambda words: ascii(b" ".join(words)))
def test_an_argument(words: list[bytes]) -> None:
    start = interpreter if words[0] in (b"run", ODD) else command
    said = is_sentence(start(*words), exitcodes.USAGE)
    assert "The argument '" in said
    assert "\\xff" in said
    assert said.startswith("actui: ")


@pytest.mark.usefixtures("home")
def test_an_argument_in_utf8_where_the_locale_knows_none() -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = interpreter("run", "Café".encode(), **ascii_only)
    assert "Caf\\xe9" in is_sentence(done, exitcodes.USAGE)
    assert "UTF-8" not in done.stderr.decode()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("variable", VARIABLES, ids=ascii)
def test_a_variable(variable: str, tmp_path: Path) -> None:
    value = os.fsdecode(os.fsencode(tmp_path) + b"/" + ODD)
    for start, words in (
        (command, ["settings", "set", "theme", "nord"]),
        (interpreter if variable in READ_AT_START else command, ["run", "News"]),
        (command, ["doctor"]),
    ):
        done = start(*words, **{variable: value})
        is_sentence(
            done, exitcodes.OK, exitcodes.USAGE, exitcodes.CREDENTIALS, exitcodes.UNREACHABLE
        )


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_output_that_lacks_letters(encoding: str, tmp_path: Path) -> None:
    """A name in several scripts can be listed, exported and applied on any terminal."""
    text = FILE.replace("name: News", "name: Zażółć 新聞").replace("News", "N")
    (tmp_path / "many.yaml").write_text(text)
    output = {"PYTHONIOENCODING": encoding}
    commands = (
        ["apply", str(tmp_path / "many.yaml")],
        ["list"],
        ["list", "--json"],
        ["export", "Zażółć 新聞"],
        ["audit"],
        ["doctor", "--offline"],
    )
    # one interpreter after another would only load the program again
    done = interpreter(code=("-c", EACH, json.dumps(commands)), **output)
    is_sentence(done, exitcodes.OK)
    assert done.stdout.count(b"ended with 0") == len(commands)
    for words in (["--help"], ["run", "--help"]):
        is_sentence(interpreter(*words, **output), exitcodes.OK)
    done = interpreter("apply", "-", "--dry-run", stdin=text.encode(), **output)
    assert b"unchanged" in done.stdout


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (ODD, "stdin is not UTF-8 text"),
        (FILE.encode("utf-16"), "stdin is not UTF-8 text"),
        (FILE.encode().replace(b"News", b"Ne\x00ws"), "stdin:3"),
        (b"\x00", "stdin:1"),
        (FILE.encode().replace(b"News", b'"Ne\\0ws"'), "stdin:3"),
        (FILE.encode().replace(b"News", b'"Ne\\uD800ws"'), "stdin:3"),
        (FILE.encode().replace(b"url: ", b'"\\uDFFF": '), "stdin:5"),
        (FILE.encode().replace(b"client_id: c", b'client_id: "\\0"'), "stdin:6"),
    ],
)
def test_a_file_from_stdin(stdin: bytes, said: str) -> None:
    for words in (["apply", "-"], ["check", "-"]):
        assert said in is_sentence(command(*words, stdin=stdin), exitcodes.USAGE)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("stdin", [ODD, b"ke\x00y", "key".encode("utf-16")])
def test_a_secret_from_stdin(stdin: bytes) -> None:
    done = command("secret", "set", "News", KEY, stdin=stdin)
    is_sentence(done, exitcodes.USAGE, exitcodes.CREDENTIALS)


def test_files_of_a_folder_whose_names_are_no_text(home: Home, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "files")
    (tmp_path / "files").mkdir()
    Path(os.fsdecode(folder + b"/" + ODD + b".yaml")).write_text("nonsense")
    assert "/Caf" in is_sentence(command("apply", folder), exitcodes.USAGE)
    Path(os.fsdecode(folder + b"/" + ODD + b".yaml")).write_text(FILE)
    is_sentence(command("apply", folder), exitcodes.OK)
    is_sentence(command("check", folder), exitcodes.CREDENTIALS)
    is_sentence(command("export", "--to", folder, "--json"), exitcodes.OK)


@pytest.mark.parametrize("words", [["delete", "News"], ["forget", "anna@example.com"]])
def test_an_answer_on_a_terminal(words: list[str], home: Home) -> None:
    with Terminal(dict(os.environ), *words) as terminal:
        terminal.shows("[y/N]")
        terminal.type_bytes(b"\xff\xfe\r")
        assert terminal.ended() == exitcodes.USAGE
        assert "What was typed is not UTF-8 text." in terminal.text


def test_a_secret_on_a_terminal(home: Home) -> None:
    with Terminal(dict(os.environ), "secret", "set", "News", KEY) as terminal:
        terminal.shows("API key:")
        terminal.type_bytes(b"\xff\xfe\r")
        assert terminal.ended() == exitcodes.CREDENTIALS
        assert "not UTF-8" in terminal.text


def test_what_is_typed_into_the_console(home: Home) -> None:
    with Terminal(dict(os.environ)) as terminal:
        terminal.shows("News")
        terminal.press("/")
        terminal.type_bytes(b"\xff\xfe\xc3\x28\xed\xa0\x80")
        terminal.settles()
        terminal.press("\x1b", "\x11")
        assert terminal.ended() == exitcodes.OK


def test_a_library_that_decodes_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(_: str) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "")

    monkeypatch.setattr("getpass.getpass", typed)
    with pytest.raises(ConfigError, match="not UTF-8"):
        ask_hidden("?")
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123
    with pytest.raises(EOFError):
        ask("?")
    sys.stdin.close()
