"""Marks the secrets that sandboxes make, so that they are known wherever they turn up.

Like `exchanges` it is loaded into the processes that tests start, and stands alone.
"""

from __future__ import annotations

import importlib.util
import secrets
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

MARK = "c0ffee5ec2e7"
"""In every key, secret, token and password of the suite, as far as tests do not say otherwise."""
_MAKERS = ("actui.sandbox.world", "actui.sandbox.blueconic.access_tokens")
"""The modules of the sandbox that make secrets."""


def _marked(make: Any) -> Any:
    return lambda size: MARK + make(size)[len(MARK) :]


def mark(module: ModuleType) -> None:
    """From now on the secrets that the module makes hold the mark; they are as long as ever."""
    vars(module)["secrets"] = SimpleNamespace(
        token_hex=_marked(secrets.token_hex), token_urlsafe=_marked(secrets.token_urlsafe)
    )


class _Finder:
    """Finds the makers of secrets as ever, and marks them once they are there."""

    looking: set[str] = set()

    @classmethod
    def find_spec(cls, name: str, _path: object, _target: object = None) -> ModuleSpec | None:
        if name not in _MAKERS or name in cls.looking:
            return None
        cls.looking.add(name)
        spec = importlib.util.find_spec(name)
        cls.looking.discard(name)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            load = loader.exec_module

            def execute(module: ModuleType) -> None:
                load(module)
                mark(module)

            loader.exec_module = execute
        return spec


def install() -> None:
    """Mark the makers of secrets, loaded or still to be loaded, in this process."""
    for name in _MAKERS:
        if name in sys.modules:
            mark(sys.modules[name])
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
