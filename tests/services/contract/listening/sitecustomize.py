"""Lets a process that a test starts note what is exchanged with the services, and mark secrets.

Python imports a module of this name by itself when its folder is in PYTHONPATH.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TRANSPORT = "actui.api.http"


class _Finder:
    """Finds the clients' transport as ever, and listens to it once it is there."""

    @classmethod
    def find_spec(cls, name: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if name != TRANSPORT:
            return None
        sys.meta_path.remove(cls)  # type: ignore[arg-type]
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            _listen_after_loading(spec.loader)
        return spec


def _listen_after_loading(loader: Any) -> None:
    load = loader.exec_module

    def execute(module: ModuleType) -> None:
        import exchanges  # noqa: PLC0415  beside this file, and only where it is needed

        load(module)
        exchanges.listen(module)

    loader.exec_module = execute


if "ACTUI_TEST_EXCHANGES" in os.environ:
    import marking  # beside this file

    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
    marking.install()
