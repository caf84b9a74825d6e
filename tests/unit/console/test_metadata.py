"""The metadata of a connection as lines: who is told of runs."""

import pytest

from actui.console.draft import Draft
from actui.console.forms.connection_forms import MetadataForm
from actui.console.forms.form import Key, line_of
from actui.model.connection import Connection
from actui.model.errors import ConfigError

WEBHOOK = Key("notify", part="webhook")
STORED = Connection.model_validate({"id": "c-1", "name": "N", "notify": {"when": "failure"}})


@pytest.fixture
def draft():
    return Draft(STORED, None)


def texts(draft):
    return [line.text for line in MetadataForm(draft, dict).lines()]


def test_nobody_to_tell_is_said_until_there_is_a_webhook(draft):
    said = "Notifications have no recipient and no webhook: add one."
    assert any(said in text for text in texts(draft))
    form = MetadataForm(draft, dict)
    with pytest.raises(ConfigError, match=r"^The webhook must be reached by https\.$"):
        line_of(form, WEBHOOK).on_enter().then("http://example.com/hook")
    line_of(form, WEBHOOK).on_enter().then(" https://example.com/token-1 ")
    assert draft.connection.notify.webhook == "https://example.com/token-1"
    shown = texts(draft)
    assert not any(said in text for text in shown)
    # the rest of the address is as good as a password
    assert any("webhook: example.com" in text for text in shown)
    assert not any("token-1" in text for text in shown)
    line_of(form, WEBHOOK).item.remove()
    assert draft.connection.notify.webhook is None
