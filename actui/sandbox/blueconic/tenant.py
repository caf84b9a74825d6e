"""The tenant: what is configured and who is known."""

from __future__ import annotations

from actui.sandbox.blueconic.connections import seeded_connections
from actui.sandbox.blueconic.profile_events import ProfileEvents
from actui.sandbox.blueconic.profile_store import ProfileStore
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.blueconic.tenant_catalogue import (
    DIALOGUES,
    OBJECTIVES,
    WELCOME,
    WIN_BACK,
    seeded_properties,
    seeded_segments,
)
from actui.sandbox.clock import SandboxClock
from actui.sandbox.switches import Switches


class Tenant:
    """One BlueConic tenant."""

    def __init__(self, population: Population, clock: SandboxClock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.url = "http://127.0.0.1"
        self.properties = seeded_properties()
        indexed = (one.id for one in self.properties.values() if one.indexed)
        self.profiles = ProfileStore(population, indexed)
        self.segments = seeded_segments()
        self.objectives = dict(OBJECTIVES)
        self.lifecycles = {one.id: one for one in (WELCOME, WIN_BACK)}
        self.dialogues = {one.id: one for one in DIALOGUES}
        self.connections = seeded_connections()
        self.deleted_properties: set[str] = set()
        self.events = ProfileEvents()
