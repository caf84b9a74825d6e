"""The kinds of BlueConic data that an export mapping can take, one row for each.

What a kind reads and how its values are made is in `actui.sync.exporting.sources`, where the type
checker misses a kind that was forgotten.
"""

from __future__ import annotations

from actui.model.tables import TableEnum


class PlainSource(TableEnum):
    """The sources that need nothing but their name.

    Each row: the value in files, the `name_in_list` of choices, the `phrase` in a sentence, and
    the `member` of a profile in BlueConic's answers that holds the value as one text (a dot leads
    into an object). It is empty for a source that is computed from other parts of the profile.
    """

    def __init__(self, _value: str, name_in_list: str, phrase: str, member: str) -> None:
        self.name_in_list = name_in_list
        self.phrase = phrase
        self.member = member

    PROFILE_ID = "profile_id", "BlueConic profile identifier", "BlueConic profile identifier", ""
    LIFECYCLES = "lifecycles", "Associated lifecycles", "associated lifecycles", ""
    VIEWED_INTERACTIONS = (
        "viewed_interactions",
        "All viewed interactions (all time)",
        "all viewed interactions",
        "",
    )
    PERMISSION_LEVEL = (
        "permission_level",
        "Permission level",
        "permission level",
        "permissions.level",
    )


TITLES: dict[str, str] = {
    "property": "Profile property",
    PlainSource.PROFILE_ID: PlainSource.PROFILE_ID.name_in_list,
    "segments": "Associated segments",
    **{source.value: source.name_in_list for source in PlainSource},
    "text": "Text value",
}
"""Every kind in the order of the help article, by its key in files."""
