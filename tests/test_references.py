"""Every reference in code and documents leads to something that is in the repository."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("actui", "screens", "store", "tests", ".github")
DOCUMENTS = {
    "activecampaign.md": "actui/api/activecampaign/activecampaign.md",
    "blueconic.md": "actui/api/blueconic/blueconic.md",
    "sync/README.md": "actui/sync/README.md",
    "store/README.md": "store/README.md",
    "screens/README.md": "screens/README.md",
    "actui/README.md": "actui/README.md",
}
"""How code cites a document, and where it is."""
TOKEN = re.compile(rf"(?P<document>{'|'.join(map(re.escape, DOCUMENTS))})|§(?P<number>[\d.]*\d)")
HEADING = re.compile(r"^#{2,4} §?(\d+(?:\.\d+)*)\b", re.MULTILINE)
FILE = re.compile(r"`((?:actui|screens|store|tests|\.github|\.ci)/[\w./-]+)`")


def sections(document: str) -> set[str]:
    """The numbers of a document's headings."""
    return set(HEADING.findall((ROOT / DOCUMENTS[document]).read_text(encoding="utf-8")))


def passages(file: Path) -> Iterator[tuple[int, str]]:
    """Docstrings and other texts of a module, and its comments, with their lines."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        lines = enumerate(text.splitlines(), start=1)
        yield from ((number, line) for number, line in lines if not line.startswith("#"))
        return
    block: list[str] = []
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            # the lines of one comment are one passage
            if token.start[0] != last + 1:
                yield last, "\n".join(block)
                block = []
            block.append(token.string)
            last = token.start[0]
        elif token.type == tokenize.STRING:
            yield token.start[0], token.string
    yield last, "\n".join(block)


def named_in(module: Path) -> str | None:
    """The one document that a module's docstring names; None where it names none, or several."""
    text = module.read_text(encoding="utf-8") if module.exists() else ""
    about = ast.get_docstring(ast.parse(text)) or ""
    named = {name for name in DOCUMENTS if name in about}
    return named.pop() if len(named) == 1 else None


def cited(file: Path) -> Iterator[tuple[int, str | None, str]]:
    """Each reference: its line, the document (None where nothing names one), the section.

    A section without a document belongs to the one named before it in the same text, else to the
    one that the docstring of the module names, or that of its package; in a document to itself.
    """
    own = next((name for name, place in DOCUMENTS.items() if ROOT / place == file), None)
    if file.suffix == ".py":
        own = named_in(file) or named_in(file.with_name("__init__.py"))
    for line, passage in passages(file):
        document = own
        for found in TOKEN.finditer(passage):
            if found["document"]:
                document = found["document"]
            else:
                yield line + passage[: found.start()].count("\n"), document, found["number"]


def files() -> list[Path]:
    """Every module and document of the project."""
    found = [path for place in PLACES for path in (ROOT / place).rglob("*")]
    kinds = [path for path in found if path.suffix in (".py", ".md") and path.is_file()]
    return sorted([*kinds, ROOT / "README.md"])


def test_every_cited_section_exists() -> None:
    known = {document: sections(document) for document in DOCUMENTS}
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {document} §{number}"
        for file in files()
        if file != Path(__file__)
        for line, document, number in cited(file)
        if document is None or number not in known[document]
    ]
    assert wrong == []


def test_every_named_file_exists() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in files()
        for name in FILE.findall(file.read_text(encoding="utf-8"))
        if "…" not in name and not (ROOT / name).exists()
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""A (activecampaign.md §1.2, §13)."""', [("activecampaign.md", "1.2"), (None, "13")]),
        ('"""A."""\n# as §4 says', [(None, "4")]),
        ('"""A (sync/README.md)."""\n# as §4 says', [("sync/README.md", "4")]),
    ],
)
def test_a_section_belongs_to_the_document_named_before_it(
    tmp_path: Path, text: str, expected: list[tuple[str | None, str]]
) -> None:
    file = tmp_path / "module.py"
    file.write_text(text, encoding="utf-8")
    found = [(document, number) for _, document, number in cited(file)]
    assert found == [(d or found[0][0], n) for d, n in expected] or found == expected
