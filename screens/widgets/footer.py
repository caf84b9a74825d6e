"""The keys at the bottom of a page."""

from __future__ import annotations

from typing import Any

from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widgets import Footer

Offered = list[tuple[Binding, bool, str]]


class KeyFooter(Footer):
    """Textual's footer, which is made anew only when the page offers other keys.

    Textual makes it anew whenever the focus moves, which costs more than drawing the page.
    """

    _made_for: Offered | None = None

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show what the page offers now; called by Textual whenever that may be something else."""
        if self.is_attached and screen is self.screen and screen.app.app_focus:
            offered = self._offered(screen.active_bindings)
            if offered == self._made_for:
                return
            self._made_for = offered
        super().bindings_changed(screen)

    def _offered(self, active: dict[str, ActiveBinding]) -> Offered:
        palette = self.app.COMMAND_PALETTE_BINDING
        return [
            (one.binding, one.enabled, one.tooltip)
            for key, one in active.items()
            if one.binding.show or key == palette
        ]
