"""The settings of a home."""

from __future__ import annotations

from pydantic import ValidationError

from actui.model.errors import ConfigError
from actui.model.settings import Settings
from store.home import Home
from store.jsonfile import documents


class SettingsFile:
    """Reads and writes settings.json."""

    def __init__(self, home: Home) -> None:
        self._path = home.settings_file

    def load(self) -> Settings:
        """The settings, defaults where nothing was said. Raises ConfigError for bad ones."""
        with documents(self._path) as database:
            found = database.all()
        try:
            return Settings.model_validate(dict(found[0]) if found else {})
        except ValidationError as wrong:
            key = wrong.errors()[0]["loc"]
            raise ConfigError(f"{self._path}: the setting {key} is not valid.") from wrong

    def save(self, settings: Settings) -> None:
        """Keep these settings."""
        with documents(self._path) as database:
            database.truncate()
            database.insert(settings.model_dump(mode="json"))
