"""What holds for every page of the console; a page that `PAGES` leaves out fails here."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import screens
from actui.app import ConsoleApp
from screens.help import key_words
from tests.screens.gallery import PAGES, console, kinds, open_page


def test_every_page_is_in_the_gallery() -> None:
    assert kinds() - {page.kind for page in PAGES.values()} == set()


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_opens_on_a_very_small_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, said = PAGES[name], []
    # a mistake inside a page is told in passing and does not end the console
    monkeypatch.setattr(ConsoleApp, "notify", lambda _, text, **how: said.append(text))
    async with console(page).run_test(size=(40, 12)) as pilot:
        await open_page(pilot, page)
        await pilot.press(page.stays)
        await pilot.pause()
        assert type(pilot.app.screen).__name__ == page.kind
    assert said == []


def with_bindings() -> list[type[DOMNode]]:
    """All pages, parts of pages and the console itself, as far as they have keys of their own."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(screens.__path__, "screens.")
    ]
    found: set[type[DOMNode]] = {ConsoleApp}
    for module in modules:
        found.update(
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, DOMNode)
            and kind.__module__.startswith("screens.")
            and kind.__dict__.get("BINDINGS")
        )
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", with_bindings(), ids=lambda kind: kind.__name__)
def test_every_key_has_an_id_a_description_and_a_tooltip(kind: type[DOMNode]) -> None:
    for binding in kind.BINDINGS:
        assert isinstance(binding, Binding), binding
        assert binding.id, binding
        assert binding.description.strip(), binding
        assert binding.tooltip.strip(), binding
        assert key_words(binding).strip(), binding


def test_no_two_keys_have_the_same_id() -> None:
    ids = [binding.id for kind in with_bindings() for binding in kind.BINDINGS]  # type: ignore[union-attr]
    assert len(ids) == len(set(ids))
