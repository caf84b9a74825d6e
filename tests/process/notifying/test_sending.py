"""Messages through real servers, and servers that do not work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.settings import MailServer, Settings
from actui.operations.notifying import Notifier
from store.settings import SettingsFile
from tests.process.notifying.servers import (
    HERE,
    PASSWORD,
    USER,
    certificate,
    endless_server,
    free_port,
    mail_server,
    silent_server,
    webhook,
)
from tests.process.notifying.test_news import DOWN, FINE

TO = ["ops@example.com", "boss@example.com"]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


class Office:
    """A home with a mail server in its settings and a connection that notifies."""

    def __init__(self, place: Path) -> None:
        self.environ = {"ACTUI_HOME": str(place), "ACTUI_SECRET_SMTP_PASSWORD": PASSWORD}
        self.seconds = 20.0
        self.mail: dict[str, Any] = {}
        self.notify: dict[str, Any] = {"when": "failure", "recipients": TO}

    async def send(self, run: Any) -> str:
        context = AppContext.open(self.environ)
        SettingsFile(context.home).save(Settings(mail=MailServer(**{"host": HERE, **self.mail})))
        connection = Connection.model_validate({"id": "c-1", "name": "News", "notify": self.notify})
        return await Notifier(AppContext.open(self.environ), connection, self.seconds).send(run)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the port is TLS
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_message_arrives_encrypted_and_signed_in(
    security: str, office: Office, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with mail_server(security, pem) as box:
        office.mail = {"port": box.port, "security": security, "username": USER}
        assert await office.send(DOWN) == ""
        assert await office.send(DOWN) == ""
        assert await office.send(FINE) == ""
        assert await office.send(FINE) == ""
    assert box.subjects == ["actui: News failed", "actui: News works again"]
    recipients, message = box.received[0]
    assert recipients == TO
    assert (message["From"], message["To"]) == (USER, ", ".join(TO))
    assert message.get_content_type() == "text/plain"
    assert "Nobody answers." in message.get_content()
    assert f", ACTUI_HOME={office.environ['ACTUI_HOME']}:" in message.get_content()


async def test_a_wrong_password_is_told_and_never_shown(
    office: Office, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    office.environ["ACTUI_SECRET_SMTP_PASSWORD"] = "battery staple"
    with mail_server("starttls", pem) as box:
        office.mail = {"port": box.port, "username": USER}
        said = await office.send(DOWN)
        assert f"{HERE}:{box.port} refused user name or password" in said
        assert "battery" not in said
        # what could not be told is told as soon as it can be
        office.environ["ACTUI_SECRET_SMTP_PASSWORD"] = PASSWORD
        assert await office.send(DOWN) == ""
    assert box.subjects == ["actui: News failed"]


async def test_a_certificate_of_nobody_is_not_trusted(office: Office, pem: Path) -> None:
    with mail_server("starttls", pem) as box:
        office.mail = {"port": box.port, "username": USER}
        assert "its certificate or TLS is wrong" in await office.send(DOWN)
    assert box.received == []


async def test_no_password_goes_to_a_server_without_encryption(office: Office) -> None:
    with mail_server() as box:
        office.mail = {"port": box.port, "username": USER}
        assert "does not offer what the settings ask for" in await office.send(DOWN)
    assert box.received == []


async def test_a_refused_connection_and_a_missing_password_are_told(office: Office) -> None:
    office.mail = {"port": free_port(), "security": "none"}
    assert "could not be reached" in await office.send(DOWN)
    office.mail = {"port": free_port(), "username": USER}
    del office.environ["ACTUI_SECRET_SMTP_PASSWORD"]
    assert "actui secret set smtp-password" in await office.send(DOWN)
    office.mail = {"host": ""}
    assert "name no mail server" in await office.send(DOWN)


async def test_a_slow_server_is_given_up_on_and_the_webhook_told_meanwhile(office: Office) -> None:
    office.seconds = 0.5
    with silent_server() as port, webhook() as (url, posted):
        office.mail = {"port": port, "security": "none"}
        office.notify = {"when": "failure", "recipients": TO, "webhook": url}
        assert "No mail was sent" in await office.send(DOWN)
        assert [one["event"] for one in posted] == ["failed"]
        # the webhook knows already; only the mail is still to be sent
        assert "No mail was sent" in await office.send(DOWN)
        assert len(posted) == 1
    assert posted[0]["run"]["code"] == "unreachable"


async def test_a_server_that_never_comes_to_the_point_is_given_up_on(office: Office) -> None:
    office.seconds = 0.5
    with endless_server() as port:
        office.mail = {"port": port, "security": "none"}
        assert "No mail was sent" in await office.send(DOWN)


async def test_a_webhook_that_fails_is_named_by_its_host_alone(office: Office) -> None:
    with webhook(500) as (url, _):
        office.notify = {"when": "every-run", "webhook": url}
        said = await office.send(FINE)
    assert said == f"The webhook was not called: The webhook at {HERE} answered 500."
    said = await office.send(FINE)
    assert "could not be reached" in said
    assert "secret-path" not in said
    office.notify = {"when": "every-run", "webhook": "http://example.com/secret-path"}
    assert "must be reached by https" in await office.send(FINE)


async def test_a_recipient_that_is_not_taken_does_not_keep_the_others_from_it(
    office: Office,
) -> None:
    with mail_server() as box:
        box.refuses = {TO[0]}
        office.mail = {"port": box.port, "security": "none"}
        assert f"takes no mail for {TO[0]}" in await office.send(DOWN)
        assert [recipients for recipients, _ in box.received] == [TO[1:]]
        box.refuses = set(TO)
        assert "for none of the recipients" in await office.send(FINE)


async def test_an_address_that_is_none_harms_nothing(office: Office) -> None:
    with mail_server() as box:
        office.mail = {"port": box.port, "security": "none"}
        office.notify = {"when": "every-run", "recipients": ["a@b.c\r\nBcc: x@y.z"]}
        assert "is not an e-mail address" in await office.send(FINE)
    assert box.received == []


async def test_switching_it_off_forgets_what_was_told(office: Office) -> None:
    with webhook() as (url, posted):
        office.notify = {"when": "failure", "webhook": url}
        await office.send(DOWN)
        office.notify = {"when": "never", "webhook": url}
        await office.send(DOWN)
        office.notify = {"when": "failure", "webhook": url}
        await office.send(FINE)
    assert [one["event"] for one in posted] == ["failed"]
    assert json.loads(json.dumps(posted[0]))["place"].count("@") == 1
