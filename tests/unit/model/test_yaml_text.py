"""Whatever stands in a connection file, it is read soon: a connection or lines of sentences."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actui.model.document import dump, load
from actui.model.errors import ConfigError
from actui.model.yaml_text import LARGEST, MOST_NODES

HEAD = "version: 1\nconnection:\n  name: A\n"
BOMB = "a0: &a0 x\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MALFORMED = {
    "alias bomb": (BOMB, 1, "&a0 is an anchor"),
    "alias": (f"{HEAD}  labels: [*x]\n", 4, "*x is an alias"),
    "cyclic alias": (f"{HEAD}  labels: &l [*l]\n", 4, "&l is an anchor"),
    "tag": (f"{HEAD}  timezone: !!int x\n", 4, "!!int is a tag"),
    "bare tag": (f"{HEAD}  timezone: ! UTC\n", 4, "! is a tag"),
    "own tag": (f"{HEAD}  timezone: !secret UTC\n", 4, "!secret is a tag"),
    "python tag": (f"{HEAD}  labels: !!python/object/apply:os.system [id]\n", 4, "is a tag"),
    "tagged map": ("version: 1\nconnection: !!map {name: A}\n", 2, "!!map is a tag"),
    "impossible date": (f"{HEAD}  timezone: 2001-99-99\n", 4, "is a date where a text is meant"),
    "date as a number": (f"{HEAD}  schedule: {{type: times-per-day, times: 2001-01-01}}\n", 4, ""),
    "number without digits": (f"{HEAD}  timezone: 0x_\n", 4, "0x_ is a number where a text"),
    "binary without digits": (f"{HEAD}  labels: [0b_]\n", 4, "0b_ is a number where a text"),
    "5,000 digits": (f"{HEAD}  timezone: {'9' * 5000}\n", 4, "is a number where a text"),
    "5,000 digits in quotes": (f'{HEAD}  timezone: "{"9" * 5000}"\n', 4, "no time zone"),
    "5,000 digits as a number": (
        f"{HEAD}  schedule: {{type: times-per-day, times: {'9' * 5000}}}\n",
        4,
        "is not a whole decimal number",
    ),
    "5,000 digits as the version": (f"version: {'9' * 5000}\n", 1, "'version' must be 1"),
    "true as the version": ("version: true\nconnection: {name: A}\n", 1, "'version' must be 1"),
    "5,000 digits of YAML's version": (f"%YAML 1.{'1' * 5000}\n---\n{HEAD}", 1, "not YAML"),
    "infinity": (f"{HEAD}  schedule: {{type: times-per-day, times: .inf}}\n", 4, ".inf is not"),
    "not a number": (f"{HEAD}  schedule: {{type: times-per-day, times: .nan}}\n", 4, ".nan is not"),
    "octal": (f"{HEAD}  schedule: {{type: times-per-day, times: 010}}\n", 4, "010 is not"),
    "sexagesimal": (f"{HEAD}  schedule: {{type: times-per-day, times: 1:30}}\n", 4, "1:30 is not"),
    "time without quotes": (
        f"{HEAD}  schedule: {{type: weekly, days: [mon], at: 11:30}}\n",
        4,
        'write "11:30"',
    ),
    "long sexagesimal": (f"{HEAD}  labels: [1{':59' * 900}.5]\n", 4, "is a number where a text"),
    "3,000 brackets": ("[" * 3000, 1, "levels are nested"),
    "3,000 braces": ("{a: " * 3000, 1, "levels are nested"),
    "3,000 dashes": ("- " * 3000, 1, "levels are nested"),
    "3,000 questions": ("? " * 3000, 1, "levels are nested"),
    "closed brackets": (f"{HEAD}  labels: {'[' * 3000}{']' * 3000}\n", 4, "levels are nested"),
    "half of an astral character": (f'{HEAD}  timezone: "\\ud83d"\n', 4, "no character"),
    "the other half": (f'{HEAD}  timezone: "\\ude00\\ud83d"\n', 4, "no character"),
    "half as a key": (f'{HEAD}  "\\ud83d": 1\n', 4, "no character"),
    "NUL as an escape": (f'{HEAD}  timezone: "\\0"\n', 4, "no character"),
    "beyond Unicode": (f'{HEAD}  timezone: "\\U00110000"\n', 4, "not YAML"),
    "far beyond Unicode": (f'{HEAD}  timezone: "\\Uffffffff"\n', 4, "not YAML"),
    "NUL": (f"{HEAD}  timezone: U\0TC\n", 4, "U+0000 cannot stand in a file"),
    "escape": (f"{HEAD}  timezone: \x1b[31m\n", 4, "U+001B cannot stand in a file"),
    "UTF-16": ("v\0e\0r\0s\0i\0o\0n\0", 1, "U+0000 cannot stand in a file"),
    "merge key": (f"{HEAD}  <<: {{name: B}}\n", 4, "<< merges keys"),
    "quoted merge key": (f'{HEAD}  "<<": {{name: B}}\n', 4, "unknown key '<<'"),
    "doubled key": (f"{HEAD}  name: B\n", 4, "the key 'name' stands twice"),
    "doubled key in another form": (f'{HEAD}  "name": B\n', 4, "the key 'name' stands twice"),
    "list as a key": (f"{HEAD}  ? [a]\n  : b\n", 4, "a key must be a text"),
    "map as a key": (f"{HEAD}  ? {{a: b}}\n  : c\n", 4, "a key must be a text"),
    "truth as a key": (f"{HEAD}  yes: 1\n", 4, "unknown key 'yes'"),
    "number as a key": (f"{HEAD}  12: 1\n", 4, "unknown key '12'"),
    "date as a key": (f"{HEAD}  2001-99-99: 1\n", 4, "unknown key '2001-99-99'"),
    "null as a key": (f"{HEAD}  ~: 1\n", 4, "unknown key '~'"),
    "nothing as a key": (f"{HEAD}  : 1\n", 4, "but found ':'"),
    "long key": (f'{HEAD}  ? "{"k" * 5000}"\n  : 1\n', 4, "unknown key 'kkk"),
    "value sign": (f"{HEAD}  timezone: =\n", 4, "'=' is no time zone"),
    "two documents": (f"{HEAD}---\n{HEAD}", 4, "but found another document"),
    "tab": (f"{HEAD}\tlabels: [a]\n", 4, "'\\t' that cannot start any token"),
    "no text": ("", 1, "there is nothing in it"),
    "comment": ("# nothing\n", 1, "there is nothing in it"),
    "mark only": ("\ufeff", 1, "there is nothing in it"),
    "scalar": ("connection", 1, "starts with 'version: 1'"),
    "huge": (f"{HEAD}  description: {'x' * LARGEST}\n", 1, "larger than 1,000,000 characters"),
    "many values": (HEAD + "  labels:\n" + "  - a\n" * MOST_NODES, 49_996, "more than 50,000"),
}


def sentence(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        load(text, "f.yaml")
    return refused.value.message


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_a_sentence_with_its_line(case: str) -> None:
    text, line, said = MALFORMED[case]
    found = sentence(text)
    assert found.startswith(f"f.yaml:{line}: ")
    assert said in found
    assert len(found) < 600


def test_mistakes_without_end_are_counted() -> None:
    found = sentence(HEAD + "".join(f"  k{n}: 1\n" for n in range(20_000))).splitlines()
    assert found[0] == "f.yaml:4: unknown key 'k0'"
    assert found[20:] == ["f.yaml: 19,980 more mistakes"]


def test_goals_of_one_name_are_found_among_many() -> None:
    goals = "".join(f"    - import: {{name: G{n % 9_000}}}\n" for n in range(9_001))
    assert "two goals have the name 'G0'" in sentence(f"{HEAD}  goals:\n{goals}")


@pytest.mark.parametrize("ascii_only", [True, False])
@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_a_name_is_read_as_json_writes_it(ascii_only: bool, name: str) -> None:
    name = name[:100]
    written = json.dumps(name, ensure_ascii=ascii_only)
    if not ascii_only and re.search("[\x85\u2028\u2029]", written):
        return  # YAML wants these escaped, and says so with their line
    assert load(f"version: 1\nconnection:\n  name: {written}\n").name == name
    whole = json.dumps({"version": 1, "connection": {"name": name}}, ensure_ascii=ascii_only)
    assert load(whole).name == name
    assert load(dump(load(whole))).name == name


PIECES = st.sampled_from(
    [
        *"[]{}:,-?&*!|>'\"%@`#~=<\\_.0 \n\t\r\0\x1b\x85\u2028\ufeff\ud83d😀",
        *(HEAD, "\n  ", "\n    - ", "version: 1\n", "connection:", "goals:", "- import:", "name: "),
        *(
            "labels: ",
            "schedule: ",
            "times: ",
            "<<: ",
            "*a",
            "&a ",
            "!!int ",
            "!!set ",
            "! ",
            "--- ",
        ),
        *("2001-99-99", "0x_", "1e999", ".inf", "1:30", "-.5", "%YAML 1.2", "%TAG ! tag:x,2000:\n"),
        *('"\\ud83d\\ude00"', '"\\x', '"\\U0011', "yes", "null", "9" * 50, "?" * 40, "[" * 40),
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.one_of(
        st.lists(PIECES, max_size=40).map("".join),
        st.lists(PIECES, max_size=12).map(lambda more: HEAD + "".join(more)),
        st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")),
        st.text(max_size=200),
    )
)
def test_nothing_but_a_connection_or_sentences_comes_of_any_text(text: str) -> None:
    try:
        connection = load(text, "f.yaml")
    except ConfigError as refused:
        lines = refused.message.splitlines()
    else:
        lines = []
        assert load(dump(connection)) == connection
    assert [line for line in lines if not re.match(r"f\.yaml(:\d+)?: .", line)] == []
