"""Enums that are tables: each member is a row with a value and what belongs to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class TableEnum(StrEnum):
    """A text enum whose members carry more columns, set by the `__init__` of each table.

    A row that lacks a column is an error when the module is imported.
    """

    _value_: str

    def __new__(cls, value: str, *_columns: object) -> Self:
        """The member is its value; the columns are for `__init__`."""
        made = str.__new__(cls, value)
        made._value_ = value
        return made

    @classmethod
    def of(cls, value: str) -> Self:
        """The member of a value. Raises ValueError where there is none."""
        for member in cls:
            if member.value == value:
                return member
        raise ValueError(f"'{value}' is no {cls.__name__}")
