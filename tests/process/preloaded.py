"""What a process of the program loads before it does anything; `forked` forks it from here.

Textual is left out: what it reads of the environment it reads while it is loaded.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil

from actui import commands

_LATER = (
    "actui.cli",
    "actui.context.clients",
    "actui.context.run_factory",
    "actui.operations.health",
    "actui.operations.launching",
    "actui.operations.notifying",
    "actui.operations.scheduling",
    "actui.sandbox.server",
)
"""Modules that commands load when they need them."""


def _load() -> None:
    for module in pkgutil.iter_modules(commands.__path__, "actui.commands."):
        importlib.import_module(module.name)
    for name in _LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # forked processes share it as long as nobody touches it


_load()
