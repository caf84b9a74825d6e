"""Which runs are told, and in which words."""

import pytest

from actui.console.views.notification import facts, letter
from actui.model.connection import Connection
from actui.model.findings import findings
from actui.model.notification_rules import failure_signature, notification_event
from actui.model.run import GoalSummary, RunState, RunSummary
from actui.model.settings import MailServer

GOOD = GoalSummary(goal="Contacts", kind="import", read=1_234, created=1_200, skipped=34)
BAD = GoalSummary(
    goal="Readers",
    kind="export",
    ok=False,
    code="refused",
    message="ActiveCampaign refuses the list.",
    read=9,
    rejected=9,
    reasons={"invalid-email": 7, "excluded": 2, "a": 1, "b": 1, "c": 1, "d": 1, "e": 1},
)


def run(*goals, state=RunState.FINISHED, **more):
    facts = {"run": "r-1", "connection": "News", "connection_id": "c-1", "ok": True}
    facts |= {"started": "2026-03-02T09:00:00+00:00", "ended": "2026-03-02T09:05:00+00:00"}
    return RunSummary(**facts | {"state": state, "goals": list(goals)} | more)


FINE = run(GOOD)
HALF = run(GOOD, BAD, ok=False, code="goals-failed", message="Readers: refused")
DOWN = run(state=RunState.FAILED, ok=False, code="unreachable", message="Nobody answers.")
STOPPED = run(GOOD, state=RunState.STOPPED, ok=False, code="stopped")


def told(when, *runs):
    heard, said = "", []
    for one in runs:
        said.append(notification_event(when, one, heard))
        if one.state is not RunState.STOPPED:
            heard = failure_signature(one)
    return said


def test_each_change_of_state_is_told_once_and_so_is_recovery():
    runs = [FINE, HALF, HALF, STOPPED, HALF, DOWN, DOWN, HALF, FINE, FINE, DOWN]
    assert told("failure", *runs) == [
        None, "failed", None, None, None, "failed", None, "failed", "recovered", None, "failed",
    ]  # fmt: skip


def test_every_run_is_told_when_asked_for():
    runs = [FINE, DOWN, DOWN, STOPPED, FINE, FINE]
    said = ["finished", "failed", "failed", "stopped", "recovered", "finished"]
    assert told("every-run", *runs) == said
    assert told("never", *runs) == [None] * 6


def test_a_letter_says_what_happened_and_where_to_look():
    written = letter(HALF, "failed", "ops@here")
    assert written.subject == "actui: News finished with failed goals"
    lines = written.text.splitlines()
    assert "Contacts (import): 1,234 read, 1,200 created, 34 skipped" in lines
    assert "Readers (export): 9 read, 9 rejected" in lines
    assert "  failed: ActiveCampaign refuses the list." in lines
    assert [line for line in lines if line.startswith("  ") and line[-1].isdigit()][:5] == [
        "  invalid-email: 7", "  excluded: 2", "  a: 1", "  b: 1", "  c: 1",
    ]  # fmt: skip
    assert "  and 2 reasons more" in lines
    assert "  actui outcomes News --run r-1" in lines
    assert "ops@here" in written.text
    assert letter(DOWN, "failed", "").subject == "actui: News failed"
    assert "Nobody answers." in letter(DOWN, "failed", "").text
    assert letter(FINE, "recovered", "").subject == "actui: News works again"


def test_a_hostile_name_is_one_line_and_one_word_of_a_command():
    evil = run(GOOD, connection="A\r\nBcc: x@y.z; rm -rf ~")
    written = letter(evil, "finished", "ops@here")
    assert "\n" not in written.subject
    assert "\r" not in written.subject
    assert "  actui runs 'A  Bcc: x@y.z; rm -rf ~'" in written.text.splitlines()


def test_a_program_gets_the_summary_as_commands_print_it():
    found = facts(HALF, "failed", "ops@here")
    assert (found["event"], found["connection"]) == ("failed", "News")
    assert found["text"] == "actui: News finished with failed goals"
    assert found["run"] == HALF.printed()
    assert found["run"]["goals"][1]["reasons"]["invalid-email"] == 7


def test_what_cannot_be_told_is_found_before_a_run():
    def codes(**notify):
        made = Connection.model_validate({"name": "N", "notify": notify})
        return [one.code for one in findings(made) if one.where.startswith("notify")]

    assert codes(when="never", recipients=["nobody"]) == []
    assert codes(when="failure") == ["nobody-to-tell"]
    assert codes(when="failure", recipients=["a@b.c"]) == []
    assert codes(when="every-run", recipients=["a@b.c\nBcc: x@y.z"]) == ["no-address"]
    assert codes(when="failure", webhook="http://example.com/x") == ["no-webhook"]
    assert codes(when="failure", webhook="https://example.com/x?token=1") == []


def test_a_password_is_not_sent_in_the_clear():
    with pytest.raises(ValueError, match="needs security"):
        MailServer(host="mail.example.com", security="none", username="u")
    assert MailServer(host="127.0.0.1", security="none", username="u").service_port == 25
    assert MailServer(host="m", security="tls").origin == "smtp://m:465"
    assert MailServer(host="m", username="a@b.c").from_address == "a@b.c"
