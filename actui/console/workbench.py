"""What every page of the console is given: the services of a home and what decides over them."""

from __future__ import annotations

from actui.console.connection_editor import ConnectionEditor
from actui.console.credentials import Credentials
from actui.console.formatting import ASCII, UNICODE, Glyphs
from actui.console.overviews import Overviews
from actui.console.ports import Services
from actui.console.run_control import RunControl


class Workbench:
    """Joins the objects that combine several services; what needs no decision is asked of
    `services` directly.
    """

    def __init__(self, services: Services, *, ascii_only: bool = False) -> None:
        self.services = services
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self.credentials = Credentials(services)
        self.overviews = Overviews(services, self.credentials)
        self.editor = ConnectionEditor(services.connections, self.credentials)
        self.runs = RunControl(services, self.credentials)
