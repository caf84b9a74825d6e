"""A file of which nobody can say whether it is there is not one that is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from actui.model.errors import ConfigError
from store.forgotten import Forgotten
from store.home import Home, is_there
from store.locks import RunLock


def looping(path: Path) -> Path:
    """A link to itself: whatever is asked of it fails."""
    path.symlink_to(path)
    return path


def test_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert not is_there(file)
    file.touch()
    assert is_there(file)
    assert is_there(tmp_path)
    assert not is_there(file / "below")
    for unknown in (looping(tmp_path / "loop"), tmp_path / ("x" * 300)):
        with pytest.raises(OSError):  # noqa: PT011  its words are the system's
            is_there(unknown)


@pytest.mark.parametrize("name", ["forgotten.db", "forgotten.key"])
def test_forgotten_people_are_not_taken_for_others_where_they_cannot_be_read(
    tmp_path: Path, name: str
) -> None:
    home = Home(tmp_path)
    forgotten = Forgotten(home)
    words = ["address anna@example.com"]
    forgotten.add(words, ("", ""))
    assert forgotten.among(words, ("", "")) == set(words)
    (tmp_path / name).unlink()
    looping(tmp_path / name)
    with pytest.raises(ConfigError, match=name):
        forgotten.among(words, ("", ""))


def test_a_lock_that_cannot_be_looked_at_is_not_a_free_one(tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011  its words are the system's
        RunLock(looping(tmp_path / "lock")).is_held()
