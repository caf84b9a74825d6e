"""Both services' rows with everything else that a restart brings back."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.batches import Batches
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.clock import SandboxClock
from actui.sandbox.options import CONTACTS, PROFILES, SEED, SandboxOptions
from actui.sandbox.switches import Switches


@dataclass(slots=True)
class World:
    """The rows, the time and the readings of one sandbox, and what it is reached with."""

    contacts: int
    profiles: int
    seed: int
    api_key: str
    client_id: str
    client_secret: str
    clock: SandboxClock
    switches: Switches
    account: Account
    batches: Batches
    tenant: Tenant
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def control_token(self) -> str:
        """What the control port's URL holds: as secret as the keys, and the same after a restart.

        Derived, so that a state's file of an earlier version has one too.
        """
        return hmac.new(self.client_secret.encode(), b"control port", "sha256").hexdigest()[:32]

    def must_fit(self, options: SandboxOptions) -> None:
        """Numbers asked for other than these are a ValueError."""
        for name in ("contacts", "profiles", "seed"):
            asked, own = getattr(options, name), getattr(self, name)
            if asked is not None and asked != own:
                raise ValueError(
                    f"{options.state} was made with --{name} {own}: leave --{name} out, "
                    "or name another file."
                )


def new_world(options: SandboxOptions) -> World:
    """A world nobody has written to yet, with a key and a secret of its own."""
    contacts = CONTACTS if options.contacts is None else options.contacts
    profiles = PROFILES if options.profiles is None else options.profiles
    seed = SEED if options.seed is None else options.seed
    clock, switches = SandboxClock(), Switches(options.switches)
    account = Account(seed, contacts, clock, switches)
    return World(
        contacts,
        profiles,
        seed,
        secrets.token_hex(32),
        "sandbox-client",
        secrets.token_urlsafe(32),
        clock,
        switches,
        account,
        Batches(account),
        Tenant(Population(seed, contacts, profiles), clock, switches),
    )
