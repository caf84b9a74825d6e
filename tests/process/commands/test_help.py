"""Each command explains itself with examples that are true, and speaks JSON."""

from __future__ import annotations

import argparse
import shlex

import pytest

from actui.cli import grammar
from actui.commands.examples import EXAMPLES, epilog


def commands() -> dict[str, argparse.ArgumentParser]:
    parsers = (a for a in grammar()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(next(parsers).choices)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_shows_examples_and_speaks_json(name: str) -> None:
    parser = commands()[name]
    assert epilog(name) in parser.format_help()
    assert EXAMPLES[name]
    assert any("--json" in action.option_strings for action in parser._actions)
    for words, _ in EXAMPLES[name]:
        program, *rest = shlex.split(words)
        assert (program, grammar().parse_args(rest).command) == ("actui", name)
