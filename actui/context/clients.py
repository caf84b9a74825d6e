"""The clients of a connection's two accounts, and what is asked of them outside a run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.blueconic.client import BlueConicClient
from actui.api.blueconic.read_rights import proof, what_may_be_read
from actui.api.http import http_client
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from actui.context.context import AppContext
from actui.model.connection import Connection, origin, usable_url
from actui.model.errors import ConfigError
from actui.model.findings import BAD_URL, OnlineCheck
from actui.model.redaction import redact
from actui.model.secret import SecretName, needed_secret
from actui.sync.resolve import available_for_export, read_accounts, resolve

PROBE = RetryPolicy(attempts=2, seconds=15.0)
"""Short, because somebody waits for the result of a test."""


class AccountClients:
    """Creates clients with the stored secrets, the settings and the shared rate limits."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    @asynccontextmanager
    async def activecampaign(
        self,
        connection: Connection,
        key: SecretStr | None = None,
        *,
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> AsyncIterator[ActiveCampaignClient]:
        """ActiveCampaign's client, with the stored key unless another is given."""
        key = self._secret(connection, SecretName.ACTIVECAMPAIGN_API_KEY, key)
        url = _sendable("ActiveCampaign", connection.activecampaign.url)
        sleep = policy.waits.sleep if policy.waits is not None else asyncio.sleep
        async with http_client(answer_seconds=self._context.settings.request_seconds) as http:
            yield ActiveCampaignClient(
                url,
                key,
                pace=RateLimiter(
                    self._pace_file(url, "requests"),
                    rate=self._context.settings.rate_of(url),
                    sleep=sleep,
                ),
                bulk_pace=BulkRateLimiter(self._pace_file(url, "imports"), sleep=sleep),
                http=http,
                policy=policy,
            )

    @asynccontextmanager
    async def blueconic(
        self,
        connection: Connection,
        client_secret: SecretStr | None = None,
        *,
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> AsyncIterator[BlueConicClient]:
        """BlueConic's client, with the stored client secret unless another is given."""
        client_secret = self._secret(connection, SecretName.BLUECONIC_CLIENT_SECRET, client_secret)
        account = connection.blueconic
        url = _sendable("BlueConic", account.url)
        async with http_client(answer_seconds=self._context.settings.request_seconds) as http:
            yield BlueConicClient(
                url,
                account.client_id,
                client_secret,
                http=http,
                at_once=self._context.settings.blueconic_requests_at_once,
                policy=policy,
            )

    def _pace_file(self, url: str, kind: str) -> Path:
        """The rate limiter's file of an account and kind of request; connections share it."""
        account = hashlib.sha256(origin(url).encode()).hexdigest()[:16]
        return self._context.home.pace_dir / f"{account}-{kind}"

    async def check_online(self, connection: Connection) -> OnlineCheck:
        """Ask both accounts whether everything that the connection names exists."""
        async with (
            self.activecampaign(connection) as activecampaign,
            self.blueconic(connection) as blueconic,
        ):
            await activecampaign.me()
            accounts = await read_accounts(connection, activecampaign, blueconic)
        resolution = resolve(connection, accounts)
        available = available_for_export(resolution.connection, accounts)
        return OnlineCheck(resolution.findings, available)

    async def probe_activecampaign(self, connection: Connection, key: SecretStr | None) -> str:
        """Test a key; returns the host and the key's user in a sentence."""
        async with self.activecampaign(connection, key, policy=PROBE) as service:
            user = await service.me()
            lists = await service.lists()
        who = user.name or user.email
        host = urlsplit(connection.activecampaign.url).netloc
        return f"{host} knows the key as {who}; {len(lists)} lists can be read."

    async def probe_blueconic(self, connection: Connection, client_secret: SecretStr | None) -> str:
        """Test a client secret; returns the host and what may be read, in sentences.

        Raises CredentialsError `right-missing` if a right is missing that the connection needs.
        """
        async with self.blueconic(connection, client_secret, policy=PROBE) as service:
            return proof(connection, await what_may_be_read(service))

    def _secret(
        self, connection: Connection, name: SecretName, typed: SecretStr | None
    ) -> SecretStr:
        return (
            self._context.secret(connection, name) if typed is None else needed_secret(name, typed)
        )


def _sendable(service: str, url: str) -> str:
    try:
        return usable_url(url)
    except ValueError as wrong:
        raise ConfigError(f"{service}: {redact(wrong)}.", code=BAD_URL) from None
