"""What every page looks like, as text; `ACTUI_WRITE_GOLDENS=1` writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.ui.screens.gallery import PAGES, console, open_page, settled

GOLDEN = Path(__file__).parents[1] / "golden"
SIZES = [(80, 24), (60, 20), (200, 60)]


def own_lines(text: str) -> str:
    """The lines of the palette between its edges: what lies behind it is the terminal's luck."""
    lines = text.splitlines()
    top = next((i for i, line in enumerate(lines) if line.startswith("▔")), 0)
    bottom = next((i for i, line in enumerate(lines) if line.startswith("▁")), len(lines))
    return "\n".join(lines[top : bottom + 1])


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_looks_as_it_did(name: str) -> None:
    page, different = PAGES[name], []
    async with console(page).run_test(size=SIZES[0]) as pilot:
        await open_page(pilot, page)
        for columns, rows in SIZES:
            await pilot.resize_terminal(columns, rows)
            text = own_lines(await settled(pilot)) + "\n"
            assert page.shows in text
            file = GOLDEN / f"{columns}x{rows}" / f"{name}.txt"
            if os.environ.get("ACTUI_WRITE_GOLDENS") == "1":
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            if text != file.read_text(encoding="utf-8"):
                different.append(f"{file.parent.name}\n{text}")
    assert not different, "\n".join(different)


def test_no_golden_is_left_of_a_page_that_is_gone() -> None:
    kept = {str(file.relative_to(GOLDEN).with_suffix("")) for file in GOLDEN.rglob("*.txt")}
    assert kept == {f"{columns}x{rows}/{name}" for name in PAGES for columns, rows in SIZES}
