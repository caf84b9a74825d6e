"""Questions about names of the accounts: contact fields, properties and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import ValidationError

from actui.console.choices import FIELD_WORDS
from actui.console.formatting import plain
from actui.console.forms.form import Ask, Choose, Option, Type, labelled, with_gone
from actui.console.forms.goal_editor import AnyEditor
from actui.model.errors import ConfigError
from actui.model.goals import Named
from actui.model.mapping import PROPERTY_ID, IdentifierLink
from actui.model.redaction import first_problem

_NEW = "\0new"
_TYPES = {
    "SELECT": "Text",
    "EMAIL": "E-mail address",
    "RANGE": "Number",
    "DECIMAL": "Decimal",
    "CURRENCY": "Currency",
    "DATETIME": "Date time",
}
_LIKELY = {"date": "DATETIME", "datetime": "DATETIME", "currency": "CURRENCY", "number": "DECIMAL"}
"""The property type that suits a field's type; text suits all the others."""


def named(id_: str, options: Sequence[Option]) -> Named:
    """The option with this id as id and name; what is no option's id was typed and is a name."""
    label = next((option.label for option in options if option.id == id_), None)
    return Named(name=id_.strip()) if label is None else Named(name=label, id=id_)


def identifier_link(**facts: object) -> IdentifierLink:
    """A link of these fields. Raises ConfigError with a sentence for one that is not allowed."""
    try:
        return IdentifierLink.model_validate(facts)
    except ValidationError as wrong:
        raise ConfigError(plain(first_problem(wrong)) + ".") from None


def ask_field(
    editor: AnyEditor,
    title: str,
    then: Callable[[str], Ask | None],
    now: str = "",
    *,
    writable: bool = False,
) -> Choose:
    """Ask for an ActiveCampaign field; `then` receives it as goals spell it."""

    def chosen(answer: tuple[str, ...]) -> Ask | None:
        # a link takes any field that there is, whatever it is linked to
        return then(identifier_link(field=answer[0].strip(), property="-").field)

    return Choose(
        title,
        lambda: editor.choices.fields(writable=writable),
        chosen,
        chosen=(now,) if now else (),
        typed="a personalisation tag such as %TIER%",
    )


def ask_property(
    editor: AnyEditor,
    title: str,
    then: Callable[[str], Ask | None],
    now: str = "",
    field: str = "",
) -> Choose:
    """Ask for a BlueConic profile property, or for a new one that suits `field`.

    `then` receives the property's id. A new one joins `editor.coming`.
    """
    same = editor.choices.property_for(field) if field else None

    def chosen(answer: tuple[str, ...]) -> Ask | None:
        wanted = answer[0].strip()
        if wanted == _NEW:
            return _ask_new_id(editor, field, then)
        if editor.lacks_property(wanted):
            return _ask_type(editor, wanted, field, then)
        return then(wanted)

    return Choose(
        title,
        lambda: (*editor.properties(), Option(_NEW, "+ Create a property")),
        chosen,
        chosen=tuple(filter(None, (now or same,))),
        typed="the property's id, a new one as well",
        notice=f"{same} has the same name." if same else "",
    )


def _ask_new_id(editor: AnyEditor, field: str, then: Callable[[str], Ask | None]) -> Ask:
    title = editor.choices.field_title(field) or FIELD_WORDS.get(field, field)
    parts = re.findall(r"[A-Za-z0-9]+", title)
    return Type(
        "The new property's id",
        "_".join(parts).lower(),
        lambda typed: _ask_type(editor, typed.strip(), field, then),
        "Letters, digits, - and _; it stays as it is for ever.",
    )


def _ask_type(
    editor: AnyEditor, id_: str, field: str, then: Callable[[str], Ask | None]
) -> Ask | None:
    if not PROPERTY_ID.fullmatch(id_):
        raise ConfigError("A property's id takes letters, digits, '-' and '_'.")
    if editor.choices.knows_property(id_):
        return then(id_)

    def made(chosen: tuple[str, ...]) -> Ask | None:
        editor.coming[id_] = chosen[0]
        return then(id_)

    return Choose(
        f"{id_} is new. Of which type is it?",
        labelled(_TYPES.items()),
        made,
        chosen=(_LIKELY.get(editor.choices.field_type(field), "SELECT"),),
        notice="BlueConic gets it when the connection is saved. Once a profile has a value, "
        "the type stays.",
    )


def ask_lists(
    editor: AnyEditor,
    title: str,
    now: Sequence[Named],
    then: Callable[[Sequence[Named]], Ask | None],
) -> Ask:
    """Ask for lists of the account; `then` receives those of `now` that stay unchanged."""
    by_name = {option.label: option.id for option in editor.choices.lists()}
    had = {one.id or by_name.get(one.name, one.name): one for one in now}
    labels: Mapping[str, str] = {id_: one.name for id_, one in had.items()}

    def chosen(answer: tuple[str, ...]) -> Ask | None:
        offered = editor.choices.lists()
        return then([had.get(id_) or named(id_, offered) for id_ in answer])

    return Choose(
        title,
        lambda: with_gone(editor.choices.lists(), labels),
        chosen,
        many=True,
        chosen=tuple(had),
        typed="a list's name",
    )
