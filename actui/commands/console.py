"""`actui` without a command: the console."""

from __future__ import annotations

import argparse
import os

from actui.model.errors import ConfigError


def console(args: argparse.Namespace, *, touring: bool = False) -> int:
    """Open the console on the home that the environment names; `touring` marks it as the tour."""
    from actui.app.terminal import drop_unread_output, prepare_terminal

    wrong = prepare_terminal(os.environ)
    if wrong:
        raise ConfigError(wrong)
    from actui.app.console_app import run_console
    from actui.commands.demo import demo
    from actui.context.context import AppContext
    from actui.context.services import ConsoleServices

    def tour() -> int:
        return demo(argparse.Namespace(**vars(args) | {"headless": False, "read_only": False}))

    with ConsoleServices(AppContext.open()) as services:
        code = run_console(
            services,
            tour=tour,
            ascii_only=args.ascii,
            read_only=args.read_only,
            touring=touring,
        )
    drop_unread_output()
    return code
