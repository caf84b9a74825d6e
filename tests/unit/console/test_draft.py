"""A draft and what is stored of it, also when a save takes long."""

from __future__ import annotations

import pytest

from actui.console.draft import Draft
from actui.model.errors import ConfigError
from tests.ui.screens.fakes import FakeStored, connection


def test_what_was_changed_while_a_save_went_on_is_kept_and_not_yet_saved() -> None:
    draft = Draft(connection(), FakeStored(connection()))
    draft.put(description="saved")
    sent = draft.connection
    added = draft.add_goal("export")
    draft.put(labels=["later"])
    draft.adopt(FakeStored(sent.model_copy(update={"name": "Typed"}), 2), sent)
    assert draft.connection.name == "Typed"
    assert draft.connection.description == "saved"
    assert draft.connection.labels == ["later"]
    assert draft.goal(added.id) is not None
    assert draft.is_dirty
    assert draft.stored is not None
    assert draft.stored.version == 2


def test_a_save_that_nothing_was_changed_under_leaves_nothing_to_save() -> None:
    draft = Draft(connection(), FakeStored(connection()))
    draft.put(description="saved")
    sent = draft.connection
    draft.adopt(FakeStored(sent.model_copy(update={"name": "Typed"}), 2), sent)
    assert not draft.is_dirty
    assert draft.connection.name == "Typed"


def test_a_property_that_is_given_while_others_are_created_is_still_to_come() -> None:
    draft = Draft(connection(), None)
    draft.coming = {"first": "SELECT"}
    wanted = dict(draft.coming)
    draft.coming["second"] = "SELECT"
    draft.created(wanted)
    assert draft.coming == {"second": "SELECT"}


def test_a_goal_that_is_no_longer_there_cannot_be_changed() -> None:
    draft = Draft(connection(), None)
    goal = draft.add_goal("import")
    draft.remove_goal(goal.id)
    with pytest.raises(ConfigError, match="has been removed"):
        draft.put_goal(goal)
