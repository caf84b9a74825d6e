"""Conventions of the code base: modules, key bindings, reasons for dependencies."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import screens
from actui.app import console_app as app

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("actui", "screens", "store")
LINES = 400
"""Lines of a module; most have far fewer, and a longer one says why."""


def modules() -> dict[str, str]:
    """The source of every module of the product, by its path."""
    found = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    assert found
    return found


def borrowed(text: str) -> Iterator[str]:
    """The underscore names of the product's other modules, and of what they define, in a module."""
    tree = ast.parse(text)
    ours: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            path = (node.module or "").split(".")
            if path[0] in PACKAGES:
                ours |= {one.asname or one.name for one in node.names}
                names = [*path, *(one.name for one in node.names)]
                yield from (name for name in names if is_private(name))
        elif isinstance(node, ast.Import):
            for one in node.names:
                path = one.name.split(".")
                if path[0] in PACKAGES:
                    ours.add(one.asname or path[0])
                    yield from (name for name in path if is_private(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = node.value
            while isinstance(owner, ast.Attribute):
                owner = owner.value
            if isinstance(owner, ast.Name) and owner.id in ours:
                yield ast.unparse(node)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from actui.sync.limits import _SMALL", ["_SMALL"]),
        ("from store._files import read", ["_files"]),
        ("import actui.sync._limits", ["_limits"]),
        ("import actui.sync.limits\nactui.sync.limits._SMALL", ["actui.sync.limits._SMALL"]),
        ("from actui.sync import limits as known\nknown._SMALL", ["known._SMALL"]),
        ("from screens.form import Form\nForm._draw()", ["Form._draw"]),
        ("from actui import __version__\nself._own = _own", []),
        ("import os\nos._exit(1)", []),
    ],
)
def test_a_borrowed_name_is_seen(text: str, found: list[str]) -> None:
    assert list(borrowed(text)) == found


def test_no_module_uses_the_underscore_names_of_another() -> None:
    found = {name: list(borrowed(text)) for name, text in modules().items()}
    assert {name: names for name, names in found.items() if names} == {}


def test_a_long_module_says_why() -> None:
    found = modules()
    long = {name: text for name, text in found.items() if len(text.splitlines()) > LINES}
    reasons = {name: ast.get_docstring(ast.parse(text)) or "" for name, text in long.items()}
    assert [name for name, text in reasons.items() if "Long because" not in text] == []


def pages() -> list[type[DOMNode]]:
    """Every class of the console that binds keys."""
    modules = [app]
    modules += [
        importlib.import_module(m.name) for m in pkgutil.walk_packages(screens.__path__, "screens.")
    ]
    found = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and issubclass(kind, DOMNode)
    }
    return sorted((kind for kind in found if "BINDINGS" in vars(kind)), key=lambda k: k.__name__)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.__name__)
def test_every_key_can_be_changed_and_explains_itself(page: type[DOMNode]) -> None:
    for binding in page.BINDINGS:
        assert isinstance(binding, Binding), binding
        assert binding.id, binding
        assert binding.tooltip, binding


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    reasons = [line for line in text.splitlines() if line.strip().startswith('"')]
    for dependency in wanted:
        (line,) = [line for line in reasons if line.strip().startswith(f'"{dependency}"')]
        assert len(line.partition("#")[2].strip()) > 10, line


def test_every_dependency_has_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(
            one
            for several in project["project"]["optional-dependencies"].values()
            for one in several
        ),
    ]
    assert not [one for one in known if "<" not in one and "==" not in one]
