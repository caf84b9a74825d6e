"""Changed rows in little memory: the last ones as objects, the others packed.

A million changed contacts would take gigabytes as objects; packed they take some hundred bytes
each.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args, get_type_hints

LIVE = 2_000
Row = TypeVar("Row")


class Packing(Generic[Row]):
    """A dataclass to bytes and back; its fields hold plain values or dicts of dataclasses."""

    def __init__(self, kind: Callable[..., Row]) -> None:
        self._kind = kind
        names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
        self._values = _getter(names)
        hints = get_type_hints(kind)
        self._nested: list[tuple[int, Any, Callable[[Any], tuple[Any, ...]]]] = []
        for place, name in enumerate(names):
            held = get_args(hints[name])[-1:]
            if held and is_dataclass(held[0]):
                inner = _getter([one.name for one in fields(held[0])])
                self._nested.append((place, held[0], inner))

    def pack(self, row: Row) -> bytes:
        """The row as bytes."""
        values = list(self._values(row))
        for place, _, inner in self._nested:
            values[place] = {key: inner(one) for key, one in values[place].items()}
        return marshal.dumps(values)

    def unpack(self, data: bytes) -> Row:
        """A new object equal to the one that was packed."""
        values = marshal.loads(data)  # noqa: S302  only what `pack` made
        for place, kind, _ in self._nested:
            values[place] = {key: kind(*one) for key, one in values[place].items()}
        return self._kind(*values)


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Always a tuple, where attrgetter gives a single value bare."""
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda row: (single(row),)
    return attrgetter(*names)


class CompactRows(Generic[Row]):
    """Rows by number.

    `get` is for reading. A row from `edit` or `keep` may be changed until `LIVE` others were
    taken to be changed.
    """

    def __init__(self, kind: type[Row]) -> None:
        self._kind = kind
        self._packing = Packing(kind)
        self._live: dict[int, Row] = {}
        self._packed: dict[int, bytes] = {}

    def __getstate__(self) -> tuple[type[Row], dict[int, bytes]]:
        live = {number: self._packing.pack(row) for number, row in self._live.items()}
        return self._kind, self._packed | live

    def __setstate__(self, state: tuple[type[Row], dict[int, bytes]]) -> None:
        self.__init__(state[0])  # type: ignore[misc]
        self._packed = state[1]

    def __contains__(self, number: int) -> bool:
        return number in self._live or number in self._packed

    def get(self, number: int) -> Row | None:
        """A row to read, None where there is none."""
        live = self._live.get(number)
        if live is not None:
            return live
        data = self._packed.get(number)
        return None if data is None else self._packing.unpack(data)

    def edit(self, number: int) -> Row | None:
        """A row to change, None where there is none."""
        row = self.get(number)
        if row is not None:
            self.keep(number, row)
        return row

    def keep(self, number: int, row: Row) -> None:
        """Keep a row from now on."""
        self._live.pop(number, None)
        self._packed.pop(number, None)
        self._live[number] = row
        if len(self._live) > LIVE:
            oldest = next(iter(self._live))
            self._packed[oldest] = self._packing.pack(self._live.pop(oldest))

    def drop(self, number: int) -> None:
        """Forget a row, if it is there."""
        self._live.pop(number, None)
        self._packed.pop(number, None)
