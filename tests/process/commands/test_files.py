"""A folder of files reproduces a home; nothing is touched unless all of it is sound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actui.cli import main
from actui.context.clients import AccountClients
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.document import dump, load
from actui.model.errors import UnreachableError
from actui.model.inherited import as_known

NEWS = """\
version: 1
connection:
  name: Newsletter
  activecampaign: {url: "https://acme.api-us1.com"}
  goals:
    - import:
        name: Contacts
        contacts: lists
        lists: [{list: Newsletter}]
        identifiers: [{field: email, property: email}]
    - export: {name: Readers, segment: Readers, lists: [Newsletter, "7"]}
"""
SHOP = "version: 1\nconnection: {name: 'Shop & more', labels: [a, b]}\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    Path("conf/news.yaml").write_text(NEWS)
    Path("conf/shop.yml").write_text(SHOP)
    Path("conf/.hidden.yaml").write_text("not: a connection")
    Path("conf/README.md").write_text("about these files")
    return tmp_path


def stored() -> list[Connection]:
    return [one.connection for one in AppContext.open().connections.all()]


def actions() -> list[str]:
    return [str(line["action"]) for line in AppContext.open().audit.lines()]


def test_a_folder_reproduces_a_home(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["apply", "conf"]) == 0
    first = stored()
    assert [one.name for one in first] == ["Newsletter", "Shop & more"]
    assert main(["export", "--to", "git"]) == 0
    assert sorted(path.name for path in Path("git").iterdir()) == [
        "newsletter.yaml",
        "shop-more.yaml",
    ]
    monkeypatch.setenv("ACTUI_HOME", str(tmp_path / "another"))
    assert main(["apply", "git"]) == 0
    assert stored() == first
    capsys.readouterr()
    Path("git/newsletter.yaml").rename("git/mine.yaml")
    Path("git/mine.yaml").write_text("# ours\n" + Path("git/mine.yaml").read_text())
    assert main(["export", "--to", "git", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(line["file"], line["done"]) for line in lines} == {
        ("git/mine.yaml", "unchanged"),
        ("git/shop-more.yaml", "unchanged"),
    }
    assert Path("git/mine.yaml").read_text().startswith("# ours")


def test_applying_the_same_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "conf"]) == 0
    before = AppContext.open().connections.find("Newsletter").version
    capsys.readouterr()
    assert main(["apply", "conf"]) == 0
    assert capsys.readouterr().out == "Newsletter: unchanged\nShop & more: unchanged\n"
    assert AppContext.open().connections.find("Newsletter").version == before
    assert actions() == ["created", "created"]


def test_what_was_found_in_the_accounts_is_kept() -> None:
    first = load(NEWS).with_ids()
    text = dump(first).replace("- list: Newsletter", "- list: {name: Newsletter, id: '3'}")
    found = load(text.replace("  - '7'", "  - {name: Webinar, id: '7'}"))
    assert found != first
    assert as_known(load(NEWS), found) == load(
        text.replace("  - '7'", "  - {name: Webinar, id: '7'}").replace(
            "  lists:\n      - Newsletter", "  lists:\n      - {name: Newsletter, id: '3'}"
        )
    )
    renamed = load(NEWS.replace("segment: Readers", "segment: Others"))
    assert as_known(renamed, found).exports()[0].segment.id is None


def test_a_dry_run_shows_the_difference_and_saves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["apply", "conf/shop.yml"]) == 0
    Path("conf/shop.yml").write_text(SHOP.replace("[a, b]", "[a, c]"))
    capsys.readouterr()
    assert main(["apply", "--dry-run", "conf"]) == 0
    out = capsys.readouterr().out
    assert "Newsletter: would be created\n--- stored\n+++ file\n" in out
    assert "Shop & more: would be updated" in out
    assert "-  - b\n+  - c\n" in out
    assert main(["apply", "--dry-run", "--json", "conf/shop.yml"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["changes"] == [
        {"where": "labels", "before": ["a", "b"], "after": ["a", "c"]}
    ]
    assert [one.labels for one in stored()] == [["a", "b"]]
    assert actions() == ["created"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("zz.yaml", "version: 1\nconnection: {nmae: x}\n", "conf/zz.yaml:2: unknown key 'nmae'"),
        ("zz.yaml", NEWS, "Two of the files are about 'Newsletter'."),
        ("zz.yaml", SHOP.replace("Shop & more", "shop - more"), "too much like"),
        (
            "zz.yaml",
            SHOP.replace("name: 'Shop & more'", "id: ../x, name: Z"),
            "'../x' cannot be an id",
        ),
        ("zz.yaml", SHOP.replace("name: ", "id: c-9, name: "), "already a connection called"),
    ],
)
def test_one_bad_file_keeps_all_away(
    name: str, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("conf", name).write_text(text)
    assert main(["apply", "conf"]) == 2
    assert said in capsys.readouterr().err
    assert stored() == []


def test_a_name_that_is_an_id_keeps_all_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "conf/shop.yml"]) == 0
    (shop,) = stored()
    Path("conf/zz.yaml").write_text(SHOP.replace("Shop & more", shop.id))
    capsys.readouterr()
    for words in (["apply", "--dry-run", "conf"], ["apply", "conf"]):
        assert main(words) == 2
        assert f"'{shop.id}' is the id of the connection 'Shop & more'" in capsys.readouterr().err
    assert stored() == [shop]


def test_what_no_file_speaks_of_is_told_and_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "conf"]) == 0
    Path("conf/shop.yml").unlink()
    capsys.readouterr()
    assert main(["apply", "conf"]) == 0
    assert "in none of the files, and left as they are: Shop & more" in capsys.readouterr().err
    assert len(stored()) == 2


def test_a_folder_without_files_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    assert main(["apply", "empty"]) == 2
    assert main(["export"]) == 2
    assert "--to FOLDER" in capsys.readouterr().err


def test_switching_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "conf/shop.yml"]) == 0
    capsys.readouterr()
    for words, done in (("enable", "on"), ("disable", "off"), ("delete --yes", "deleted")):
        assert main([*words.split(), "Shop & more", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["connection"], told["done"]) == ("Shop & more", done)


def test_a_folder_or_the_whole_home_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "conf", "--json"]) == 2
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["connection"] for one in found} == {"Newsletter", "Shop & more"}
    assert main(["check"]) == 0
    assert "There is no connection yet" in capsys.readouterr().err
    assert main(["apply", "conf"]) == 0
    capsys.readouterr()
    assert main(["check"]) == 2
    out = capsys.readouterr().out
    assert out.index("Newsletter:") < out.index("Shop & more:")


def test_a_file_is_checked_with_the_secrets_of_what_it_would_update(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "conf"]) == 0
    (one,) = [one for one in stored() if one.name == "Newsletter"]
    asked: list[str] = []

    async def check_online(_: AccountClients, connection: Connection) -> list[object]:
        asked.append(connection.id)
        raise UnreachableError("Nobody answers.")

    monkeypatch.setattr(AccountClients, "check_online", check_online)
    assert main(["check", "conf/news.yaml", "--online"]) == 6
    assert asked == [one.id]
    capsys.readouterr()
    # of several, one that cannot be asked keeps no other from being checked
    assert main(["check", "--online", "--json"]) == 2
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["connection"] for row in told if row["where"] == "online"] == [
        "Newsletter",
        "Shop & more",
    ]
