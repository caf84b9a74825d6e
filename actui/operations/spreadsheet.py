"""Outcomes as a CSV file (RFC 4180) for a spreadsheet; the only CSV that actui writes.

Spreadsheets run cells that begin with certain characters as formulas, and anybody can type such a
text into a web form. Rules for a file that is safe to open:

- UTF-8 with a byte order mark, without which spreadsheets misread accents; CRLF ends each line.
- Terminal escape sequences, control characters, bidi overrides are removed, line breaks are blanks.
- A cell that begins with `= + - @`, their full-width forms, a tab or a line break gets an
  apostrophe before it, also where blanks or invisible characters come first. That includes numbers
  and e-mail addresses such as `+ann@example.org`; programs that read the file ask for it raw.
- Where the list separator is a semicolon, a spreadsheet ends a cell at each: what follows one is
  treated as a cell's beginning.

Raw omits the byte order mark and the apostrophes, nothing else.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from actui.console.formatting import plain
from actui.console.views.outcomes import OUTCOME_COLUMNS, Person, goal_name, omitted_lines
from actui.model.connection import Connection
from actui.model.errors import ConfigError

BOM = "\ufeff"
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
_AS_TYPED = _FORMULA + "\t\r\n"
_IGNORED = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Categories of characters that a spreadsheet may drop at the beginning of a cell."""
_AFTER_SEPARATOR = re.compile(rf'(;[\s"]*)(?=[{re.escape(_FORMULA)}])')
# ECMA-48: control sequences, then strings such as titles and links, then the shorter ones
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)


class _Line:
    """A file for `csv.writer` whose `write` returns the line, which `writerow` returns in turn."""

    def write(self, text: str) -> str:
        return text


def csv_lines(
    connection: Connection, people: Iterable[Person], *, raw: bool = False
) -> Iterator[bytes]:
    """The file's lines in UTF-8, the heading first; `people` is read lazily."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    heading: str = writer.writerow(OUTCOME_COLUMNS)
    yield (heading if raw else BOM + heading).encode()
    for one in people:
        texts: dict[str, str] = {name: getattr(one, name) for name in OUTCOME_COLUMNS}
        texts["goal"] = goal_name(connection, one.goal)
        texts["omitted"] = "; ".join(omitted_lines(one.omitted))
        line: str = writer.writerow([cell(text, raw=raw) for text in texts.values()])
        yield line.encode()


def cell(text: str, *, raw: bool = False) -> str:
    """A cell's text on one line, harmless to terminals and, unless `raw`, to spreadsheets."""
    shown = plain(_ESCAPES.sub("", text))
    if raw:
        return shown
    shown = _AFTER_SEPARATOR.sub(r"\1'", shown)
    first = next((one for one in shown if unicodedata.category(one) not in _IGNORED), "")
    is_formula = text.startswith(tuple(_AS_TYPED)) or first in tuple(_FORMULA)
    return f"'{shown}" if is_formula else shown


def save_csv(
    file: Path, connection: Connection, people: Iterable[Person], *, raw: bool = False
) -> int:
    """Write a new file of mode 0600 and return the number of people in it.

    Raises ConfigError if the file exists or cannot be written.
    """
    written = -1  # the heading is nobody
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            for line in csv_lines(connection, people, raw=raw):
                stream.write(line)
                written += 1
    except FileExistsError:
        raise ConfigError(f"{file} is there already, and no file is replaced.") from None
    except OSError as wrong:
        raise ConfigError(f"{file} cannot be written: {wrong.strerror}.") from wrong
    return written
