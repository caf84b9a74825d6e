"""The settings of a home."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from tinydb import TinyDB

from actui.model.difference import HIDDEN, Change, changes
from actui.model.errors import ConfigError
from actui.model.redaction import first_problem
from actui.model.settings import Settings
from store.audit import Audit
from store.home import Home
from store.json_file import damaged_documents, documents


class SettingsFile:
    """Reads and writes settings.json; what `change` changes is recorded in `audit`."""

    def __init__(self, home: Home, audit: Audit | None = None) -> None:
        self._path = home.settings_file
        self._audit = audit

    def load(self) -> Settings:
        """The settings, defaults for what is not set. Raises ConfigError if one is not valid."""
        with documents(self._path) as database:
            return self._read(database)

    def _read(self, database: TinyDB) -> Settings:
        found = database.all()
        try:
            return Settings.model_validate(dict(found[0]) if found else {})
        except ValidationError as wrong:
            trouble = f"the setting {_first_key(wrong) or 'file'} is not valid"
            raise damaged_documents(self._path, trouble) from wrong

    def change(self, wanted: Mapping[str, object]) -> Settings:
        """Change these settings and no others, and return all of them as stored.

        Raises ConfigError with a sentence for a value that is not valid.
        """
        with documents(self._path) as database:
            before = self._read(database)
            try:
                settings = Settings.model_validate(before.model_dump() | dict(wanted))
            except ValidationError as wrong:
                label = _first_key(wrong).replace("_", " ")
                raise ConfigError(f"{label}: {first_problem(wrong)}.") from wrong
            self._write(database, settings)
        found = changes(before.model_dump(mode="json"), settings.model_dump(mode="json"))
        if found and self._audit is not None:
            self._audit.record("set", changes=[_for_audit(one) for one in found])
        return settings

    def save(self, settings: Settings) -> None:
        """Replace all settings."""
        with documents(self._path) as database:
            self._write(database, settings)

    def _write(self, database: TinyDB, settings: Settings) -> None:
        # one write: between two, a crash or a full disk would leave no settings at all
        document, found = settings.model_dump(mode="json"), database.all()
        if found:
            database.update(document, doc_ids=[found[0].doc_id])
        else:
            database.insert(document)


def _first_key(wrong: ValidationError) -> str:
    """The setting that `first_problem` is about, as `mail.port`."""
    return ".".join(map(str, wrong.errors(include_url=False)[0]["loc"]))


def _for_audit(change: Change) -> Change:
    """The change as the audit log may show it: a password command may hold a password."""
    if change.where != "password_command":
        return change
    before, after = (HIDDEN if value else None for value in (change.before, change.after))
    return Change(change.where, before, after)
