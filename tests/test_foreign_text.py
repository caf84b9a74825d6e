"""No text of another library's exception becomes a message, a log or a record unfiltered.

Such text can quote what the library was given: a header with a key, a person's address.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

from actui.model import errors

ROOT = Path(__file__).resolve().parents[1]
OURS = {name for name in vars(errors) if name.endswith("Error")}
OURS |= {"NoKeyStoreError", "NotReachedError", "_UnsureError"}
TELLING = {"args", "context", "doc", "msg", "object", "output", "problem", "reason", "stderr"}
"""Attributes of exceptions with words, or the very data that was given to a library."""
OF_PYDANTIC = {"msg", "input", "ctx"}
FILTERS = {"redact", "first_problem"}
ENDINGS = ("Error", "Exception")
LOOKS = {"isinstance", "type", "getattr"}


def modules() -> list[Path]:
    found = [
        path for package in ("actui", "screens", "store") for path in (ROOT / package).rglob("*.py")
    ]
    return sorted(path for path in found if "sandbox" not in path.parts)


def names_in(kind: ast.expr | None) -> set[str]:
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(kind or ast.Pass())
        if isinstance(node, ast.Name | ast.Attribute)
    }


def is_told(value: ast.expr, name: str) -> bool:
    """Whether an f-string shows the exception, or what a function makes of it."""
    called = isinstance(value, ast.Call) and not names_in(value.func) & (FILTERS | LOOKS)
    parts = value.args if isinstance(value, ast.Call) and called else [value]
    return any(isinstance(part, ast.Name) and part.id == name for part in parts)


def shown(node: ast.AST, name: str, filtered: bool = False) -> Iterator[int]:
    """Lines on which the exception's own text gets into a text."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        filtered = filtered or node.func.id in FILTERS
        if node.func.id in LOOKS:
            return
        if node.func.id in ("str", "repr", "format", "print") and not filtered:
            yield from (node.lineno for one in node.args if is_told(one, name))
    if isinstance(node, ast.FormattedValue) and not filtered and is_told(node.value, name):
        yield node.lineno
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == name and node.attr in TELLING and not filtered:
            yield node.lineno
        return
    key = node.slice if isinstance(node, ast.Subscript) and not filtered else None
    if isinstance(key, ast.Constant) and key.value in OF_PYDANTIC:
        yield key.lineno
    for child in ast.iter_child_nodes(node):
        yield from shown(child, name, filtered)


def holders(tree: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The names of exceptions that are not actui's own, and the statements that have them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name and not names_in(node.type) <= OURS:
            yield node.name, node.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for parameter in node.args.args:
                kinds = {one for one in names_in(parameter.annotation) if one.endswith(ENDINGS)}
                if kinds and not kinds <= OURS:
                    yield parameter.arg, node.body


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_text_of_a_foreign_exception_is_filtered(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for name, body in holders(tree)
        for statement in body
        for line in shown(statement, name)
    ]
    assert found == []


def test_the_check_finds_what_it_is_for() -> None:
    leaks = (
        'f"{e}"',
        'f"{e.strerror} {e}"',
        "str(e)",
        "e.args",
        "e.errors()[0]['msg']",
        'f"{x(e)}"',
    )
    fine = ('f"{redact(e)}"', "redact(str(e))", 'f"{e.strerror}"', "type(e).__name__", "tell(e)")
    for code in leaks:
        assert list(shown(ast.parse(code), "e")), code
    for code in fine:
        assert not list(shown(ast.parse(code), "e")), code
    assert names_in(ast.parse("(OSError, httpx.HTTPError)", mode="eval").body) >= {"OSError"}
    assert set(vars(builtins)) & OURS == set()
