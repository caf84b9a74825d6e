"""A connection's on/off switch."""

from __future__ import annotations

from textual.widgets import Checkbox


class OnOff(Checkbox):
    """The connection's switch; its word says the state, which a check box shows by colour alone."""

    BUTTON_INNER = " "

    def __init__(self, value: bool) -> None:
        super().__init__(_on_off(value), value, id="enabled", compact=True)

    def watch_value(self) -> None:
        """Say the new state."""
        super().watch_value()
        self.label = _on_off(self.value)


def _on_off(value: bool) -> str:
    return "On  ^o" if value else "Off ^o"
