"""A mail server and a webhook that keep what they are sent."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.canary import check
from tests.services.contract.listening.marking import MARK

HERE = "127.0.0.1"
USER, PASSWORD = "actui@example.com", f"correct horse {MARK}"


def certificate(place: Path) -> Path:
    """A key and a certificate for this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = place / "server.pem"
    file.write_bytes(secret + made.public_bytes(pem))
    return file


class Mailbox:
    """What a mail server received: (envelope recipients, message)."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.refuses: set[str] = set()
        self.port = 0

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for _, message in self.received]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuses:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        check(envelope.content, "a mail")
        message = message_from_bytes(envelope.content, policy=default)
        check(message.get_content(), "a mail")  # lines of the encoding may cut a word
        self.received.append((list(envelope.rcpt_tos), message))
        return "250 OK"


def _answer(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


class _Tls(Controller):
    """TLS from the first byte."""


@contextmanager
def mail_server(security: str = "none", pem: Path | None = None) -> Iterator[Mailbox]:
    """A mail server on this machine; with TLS of either kind it wants USER and PASSWORD."""
    box, options, context = Mailbox(), {}, None
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        options = {"authenticator": _answer, "auth_required": True}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    elif security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    box.port = free_port()
    controller = _Tls(box, hostname=HERE, port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as asked:
        asked.bind((HERE, 0))
        return int(asked.getsockname()[1])


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind((HERE, 0))
        listening.listen()
        yield listening.getsockname()[1]


@contextmanager
def endless_server() -> Iterator[int]:
    """A port that greets whoever connects, and goes on greeting until they leave."""
    with socket.socket() as listening:
        listening.bind((HERE, 0))
        listening.listen()

        def greet() -> None:
            caller, _ = listening.accept()
            with caller, suppress(OSError):
                while True:
                    caller.sendall(b"220-welcome\r\n")
                    # slow enough to be no flood, fast enough to be no silence
                    caller.settimeout(0.02)
                    with suppress(TimeoutError):
                        if not caller.recv(1):
                            return

        thread = Thread(target=greet)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@contextmanager
def webhook(status: int = 204) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web address and the JSON that was posted to it."""
    posted: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            check(body, "the webhook's body")
            posted.append(json.loads(body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of the tests."""

    server = ThreadingHTTPServer((HERE, 0), Hook)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://{HERE}:{server.server_port}/secret-path", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
