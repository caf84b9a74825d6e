"""Proxies on this machine that lead every host to one server, and that server's certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def certificate_of(host: str, place: Path) -> Path:
    """A key and a certificate that signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = place / "server.pem"
    file.write_bytes(secret + made.public_bytes(pem))
    return file


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that ends with its connections; its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, HERE, 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def service(pem: Path) -> AsyncIterator[int]:
    """A service that answers `{}` by TLS; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()

    async with listening(answer, context) as port:
        yield port


@dataclass
class Seen:
    """A proxy's port, and what it was asked for."""

    port: int = 0
    targets: list[str] = field(default_factory=list)


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, opening: bytes
) -> None:
    there, back = await asyncio.open_connection(HERE, port)
    writer.write(opening)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    try:
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)
    finally:
        back.close()
        with suppress(OSError):
            await back.wait_closed()


@asynccontextmanager
async def http_proxy(leads_to: int) -> AsyncIterator[Seen]:
    """A proxy that takes CONNECT from the user `me` with the password `s3cret`."""
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        seen.targets.append(head.split()[1])
        if "Basic bWU6czNjcmV0" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        await _join(reader, writer, leads_to, b"HTTP/1.1 200 OK\r\n\r\n")

    async with listening(serve) as seen.port:
        yield seen


@asynccontextmanager
async def socks_proxy(leads_to: int) -> AsyncIterator[Seen]:
    """A SOCKS5 proxy that asks for nobody's name."""
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        head = await reader.readexactly(5)
        host = (await reader.readexactly(head[4])).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        seen.targets.append(f"{host}:{port}")
        await _join(reader, writer, leads_to, b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    async with listening(serve) as seen.port:
        yield seen


@asynccontextmanager
async def answering(*replies: bytes) -> AsyncIterator[int]:
    """Something that says these bytes, each after it was spoken to, and hangs up; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            await reader.read(65536)
            writer.write(reply)

    async with listening(serve) as port:
        yield port
