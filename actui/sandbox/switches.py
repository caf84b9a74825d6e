"""Named switches for the services' quirks and for what the reference leaves open.

The first reading is the default. Sources are named per switch.
"""

from __future__ import annotations

from collections.abc import Mapping

from actui.sandbox.activecampaign.switches import ACTIVECAMPAIGN_SWITCHES
from actui.sandbox.blueconic.switches import BLUECONIC_SWITCHES
from actui.sandbox.switch import Switch

BOTH: Mapping[str, Switch] = {
    "long-url": Switch(
        ("refused", "taken"),
        "a URL of more than 8,190 bytes, which Apache, nginx and Tomcat refuse unless told "
        "otherwise: 414; neither service documents a limit",
    ),
}
"""What stands in front of either service."""

SWITCHES: Mapping[str, Switch] = {**BOTH, **ACTIVECAMPAIGN_SWITCHES, **BLUECONIC_SWITCHES}


class Switches:
    """The readings in force."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self._chosen = {name: switch.readings[0] for name, switch in SWITCHES.items()}
        self.set(chosen)

    def __setstate__(self, kept: Mapping[str, Mapping[str, str]]) -> None:
        # a state file may come from a version with other switches and readings than this one's
        chosen = kept["_chosen"]
        self._chosen = {
            name: chosen[name] if chosen.get(name) in switch.readings else switch.readings[0]
            for name, switch in SWITCHES.items()
        }

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def set(self, chosen: Mapping[str, str]) -> None:
        """Put readings in force, all or none; an unknown name or reading is a ValueError."""
        for name, reading in chosen.items():
            switch = SWITCHES.get(name)
            if switch is None:
                raise ValueError(f"No switch is called {name!r}.")
            if reading not in switch.readings:
                known = ", ".join(switch.readings)
                raise ValueError(f"Switch {name} has no reading {reading!r}, only: {known}.")
        self._chosen.update(chosen)

    def listing(self) -> dict[str, object]:
        """Every switch with its readings and the one in force."""
        return {
            name: {
                "readings": list(switch.readings),
                "chosen": self._chosen[name],
                "about": switch.about,
                "source": switch.source,
            }
            for name, switch in SWITCHES.items()
        }
