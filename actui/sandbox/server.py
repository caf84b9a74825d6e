"""Both services and the control port, each a server on loopback, in one event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.app import ActiveCampaignApp
from actui.sandbox.activecampaign.batches import Batches
from actui.sandbox.activecampaign.dump import contact_records
from actui.sandbox.activecampaign.outside_changes import AccountChanges
from actui.sandbox.activecampaign.rate_limit import AccountLimits
from actui.sandbox.blueconic.access_tokens import AccessTokens
from actui.sandbox.blueconic.app import BlueConicApp
from actui.sandbox.blueconic.dump import profile_records
from actui.sandbox.blueconic.outside_changes import TenantChanges
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.control_app import ControlApp, Levers
from actui.sandbox.faults import FaultBook
from actui.sandbox.gate import Delays, Gate
from actui.sandbox.local_only import LoopbackHost, SecretPath
from actui.sandbox.open_connections import OpenConnections
from actui.sandbox.options import SandboxOptions
from actui.sandbox.outside_changes import OutsideChanges
from actui.sandbox.request_log import RequestLog
from actui.sandbox.saving import Saver, opened
from actui.sandbox.uvicorn_internals import QuietServer

LOOPBACK = "127.0.0.1"


class Listener:
    """One application on one port; 0 is one that is free. A port in use is a ValueError."""

    def __init__(self, app: ASGIApp, connections: OpenConnections, port: int = 0) -> None:
        self._connections = connections
        # asyncio turns Nagle's algorithm off only for sockets that name their protocol.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((LOOPBACK, port))
        except OSError as taken:
            self._socket.close()
            raise ValueError(
                f"Port {port} of the kept sandbox is in use: another one is running."
            ) from taken
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._server = QuietServer(
            uvicorn.Config(
                LoopbackHost(app),
                http=connections.protocol_class(),
                ws="none",
                loop="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                # Answers are dated by the sandbox's own clock.
                date_header=False,
                server_header=False,
                timeout_keep_alive=60,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, and return once connections are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                await self._task
                raise RuntimeError("A server of the sandbox did not start.")
            await asyncio.sleep(0.005)

    def disconnect_all(self) -> None:
        """Break every connection off."""
        self._connections.reset_all()

    async def stop(self) -> None:
        """Stop at once, whoever is connected."""
        self._server.ended.set()
        self._connections.reset_all()
        if self._task is None:
            self._socket.close()
        else:
            await self._task


class Sandbox:
    """`async with Sandbox(options) as sandbox:` runs both services until the block ends."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._listeners: list[Listener] = []
        self._gates: list[Gate] = []
        self._world = opened(options)
        self.clock, self.switches = self._world.clock, self._world.switches
        self.account = self._world.account
        self._log = RequestLog()
        self._saver: Saver | None = None
        self.ready: dict[str, dict[str, str]] = {}

    async def __aenter__(self) -> Sandbox:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def _start(self) -> None:
        world = self._world
        tokens = AccessTokens(self.clock, self.switches, world.client_id, world.client_secret)
        levers = self._levers(world.account, world.batches, world.tenant, tokens)
        limits = AccountLimits(real=self._options.limits == "real")
        campaign_app = ActiveCampaignApp(world.account, world.batches, limits, world.api_key)
        campaign = self._listen("activecampaign", campaign_app, levers)
        blueconic = self._listen("blueconic", BlueConicApp(world.tenant, tokens), levers)
        control_port = world.ports.get("control", 0)
        token = world.control_token
        control_app = SecretPath(ControlApp(levers).build(), token)
        control = Listener(control_app, OpenConnections(), control_port)
        self._listeners.append(control)
        world.account.url, world.tenant.url = campaign.url, blueconic.url
        world.ports = {
            "activecampaign": campaign.port,
            "blueconic": blueconic.port,
            "control": control.port,
        }
        for listener in self._listeners:
            await listener.start()
        self.ready = {
            "activecampaign": {"url": campaign.url, "api_key": world.api_key},
            "blueconic": {
                "url": blueconic.url,
                "client_id": world.client_id,
                "client_secret": world.client_secret,
            },
            "control": {"url": f"{control.url}/{token}"},
        }
        if self._options.state is not None:
            self._saver = Saver(world, self._options.state, lambda: self._log.arrived)
            self._saver.start()

    def _levers(
        self, account: Account, batches: Batches, tenant: Tenant, tokens: AccessTokens
    ) -> Levers:
        options = self._options

        def contacts() -> Iterator[dict[str, object]]:
            batches.settle()
            return contact_records(account)

        return Levers(
            clock=self.clock,
            switches=self.switches,
            log=self._log,
            faults=FaultBook(),
            delays=Delays(options.latency_ms, options.jitter_ms, self._world.seed),
            changes=OutsideChanges(
                {
                    "activecampaign": AccountChanges(account, batches.settle).operations,
                    "blueconic": TenantChanges(tenant).operations,
                }
            ),
            contacts=contacts,
            profiles=lambda: profile_records(tenant),
            expire_tokens=tokens.expire_all,
        )

    def _listen(self, service: str, app: ASGIApp, levers: Levers) -> Listener:
        connections = OpenConnections()
        gate = Gate(
            service,
            app,
            clock=levers.clock,
            log=levers.log,
            faults=levers.faults,
            delays=levers.delays,
            connections=connections,
            arrived=levers.changes.arrived,
            switches=levers.switches,
        )
        self._gates.append(gate)
        listener = Listener(gate, connections, self._world.ports.get(service, 0))
        self._listeners.append(listener)
        return listener

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        for listener in self._listeners:
            listener.disconnect_all()
        # One turn of the loop tells the servers that those connections are gone; a request
        # cancelled before that would still be answered, with a 500.
        await asyncio.sleep(0)
        for gate in self._gates:
            await gate.stop()
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        if self._saver is not None:
            await self._saver.stop()
