"""The ledger: what is committed comes back, what is unchanged costs nothing, resume works."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actui.model.errors import ConfigError
from actui.model.goals import ListStatus
from actui.model.journal import BatchCommit, Block, GoalState, Indexed, SumKey
from actui.model.keys import email_key, first_key
from actui.model.memberships import Membership, MembershipChanges
from actui.model.omitted import NOTHING, Omitted, OmittedList, OmittedValues
from actui.model.run import GoalSummary, Outcome, Reason, Record, RunSnapshot, RunState
from store.home import Home
from store.ledger import open_ledger, set_aside
from store.ledger.keys import pack, unpack

SUMMARY = GoalSummary(goal="G", goal_id="g", kind="import")
MARK = b"0123456789ab"


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path / "l" / "ledger.db") as opened:
        opened.runs.begin("r1", "manual", "2026-01-01T00:00:00Z", 1)
        yield opened


def done(key, outcome=Outcome.CREATED, reason=None, mark=MARK, **more):
    record = Record(outcome, reason, contact_id=7, profile_id=str(uuid.UUID(int=7)), email="a@b.c")
    return BatchCommit(records=[(key, record, mark)], **more)


@given(st.one_of(st.text(min_size=1), st.uuids().map(str), st.integers(0, 10**17).map(str)))
def test_every_key_comes_back(key):
    assert unpack(pack(key)) == key


def test_a_batch_is_committed_whole(ledger):
    key = SumKey(7, "%P%", "points")
    ledger.commits.write(
        "r1",
        "g",
        done("7", sums={key: "12"}, imported=["p1", "p1"], exported=["p2"], links={"p2": 7}),
        SUMMARY,
    )
    assert ledger.people.fingerprints("g", ["7", "8"]) == {"7": MARK}
    assert ledger.people.seen_in_run("g", ["7", "8"]) == {"7"}
    assert ledger.sums.added([key, SumKey(7, "%Q%", "points")]) == {key: "12"}
    assert ledger.people.exchanged_counts().model_dump() == {"imported": 1, "exported": 1}
    assert ledger.links.contacts_of(["p2", "p3"]) == {"p2": 7}
    (row,) = ledger.outcomes.find()
    assert row["profile_id"] == str(uuid.UUID(int=7))
    assert (row["outcome"], row["reason"], row["email"]) == ("created", None, "a@b.c")


def test_a_failed_commit_changes_nothing(ledger):
    broken = done("7", sums={SumKey(7, "f", "p"): object()})
    with pytest.raises(Exception, match="type"):
        ledger.commits.write("r1", "g", broken, SUMMARY)
    assert ledger.people.seen_in_run("g", ["7"]) == set()
    assert list(ledger.outcomes.find()) == []


def test_an_unchanged_person_leaves_no_trace_after_the_run(ledger):
    ledger.commits.write("r1", "g", done("7"), SUMMARY)
    ledger.runs.end("r1", resumable=False)
    ledger.runs.begin("r2", "manual", "2026-01-02T00:00:00Z", 1)
    ledger.commits.write("r2", "g", done("7", Outcome.UNCHANGED, mark=None), SUMMARY)
    assert ledger.people.seen_in_run("g", ["7"]) == {"7"}
    ledger.runs.end("r2", resumable=False)
    assert ledger.people.seen_in_run("g", ["7"]) == set()
    assert [row["run"] for row in ledger.outcomes.find()] == ["r1"]


def test_a_person_who_is_unchanged_keeps_one_row_while_something_is_omitted(ledger):
    odd = Omitted((OmittedValues("%AGE%", "which are no dates", 2),))
    off = Omitted((), (OmittedList("News", "unsubscribed", "2026-03-02T10:00:00Z", 9),))
    runs = [("r1", Outcome.CREATED, MARK), *((f"r{n}", Outcome.UNCHANGED, None) for n in "234")]
    for run, outcome, mark in runs:
        ledger.runs.begin(run, "manual", "2026-01-01T00:00:00Z", 1)
        records = [
            (key, Record(outcome, contact_id=int(key), email=f"{key}@b.c", omitted=omitted), mark)
            for key, omitted in (("7", odd), ("8", off), ("9", NOTHING))
        ]
        ledger.commits.write(run, "g", BatchCommit(records=records), SUMMARY)
        ledger.runs.end(run, resumable=False)

    def found(**wanted):
        return {
            row["email"]: (row["run"], row["omitted"]) for row in ledger.outcomes.find(**wanted)
        }

    assert found(omitted="") == {"7@b.c": ("r4", odd), "8@b.c": ("r4", off)}
    assert found(omitted="age") == found(omitted="%AGE%", run="r4") == {"7@b.c": ("r4", odd)}
    assert found(omitted="", run="r1") == {"7@b.c": ("r1", odd), "8@b.c": ("r1", off)}
    assert found(omitted="", run="r3") == {}
    assert ledger.outcomes.omitted("g", ["7", "8", "9"])["8"] == off
    assert ledger.outcomes.omitted_names() == {"%AGE%", "News"}
    assert len(list(ledger.outcomes.find())) == 3
    ledger.runs.begin("r5", "manual", "2026-01-01T00:00:00Z", 1)
    ledger.commits.write("r5", "g", done("7", Outcome.UNCHANGED, mark=None), SUMMARY)
    assert set(found(omitted="")) == {"8@b.c"}


def test_a_forgotten_person_is_not_among_the_omitted(ledger):
    omitted = Omitted((OmittedValues("%AGE%", "which are no dates"),))
    for key, email, profile in (("7", "", None), ("8", "a@b.c", None), ("9", "", "p-9")):
        record = Record(
            Outcome.UNCHANGED, None, "about a@b.c", int(key), profile, email, omitted=omitted
        )
        ledger.commits.write("r1", "g", BatchCommit(records=[(key, record, None)]), SUMMARY)
    assert ledger.erasure.known_as("A@b.c") == ({8}, set())
    ledger.erasure.erase("a@b.c", {7, 8}, {"p-9"}, lambda text: text)
    assert list(ledger.outcomes.find(omitted="")) == []


def test_outcomes_are_filtered(ledger):
    ledger.commits.write("r1", "g", done("7"), SUMMARY)
    ledger.commits.write("r1", "h", done("8", Outcome.SKIPPED, Reason.NO_MATCH, None), SUMMARY)
    assert [row["goal"] for row in ledger.outcomes.find(outcome="skipped")] == ["h"]
    assert [row["goal"] for row in ledger.outcomes.find(reason="no-match")] == ["h"]
    assert [row["goal"] for row in ledger.outcomes.find(goal="g")] == ["g"]
    assert list(ledger.outcomes.find(run="none")) == []


def test_a_run_that_was_left_is_found_and_goes_on(ledger):
    ledger.runs.set_fact("r1", "goals", "x")
    ledger.blocks.plan("r1", "g", [Block(0, 0, 11), Block(1, 10, 21)])
    ledger.commits.write("r1", "g", BatchCommit(records=(), finished_block=0), SUMMARY)
    ledger.runs.end("r1", resumable=True)
    assert ledger.runs.open_run() == "r1"
    ledger.runs.begin("r1", "manual", "later", 2)
    assert ledger.runs.fact("r1", "goals") == "x"
    assert ledger.blocks.unfinished("r1", "g") == [Block(1, 10, 21)]
    assert ledger.blocks.unfinished("r1", "other") is None
    ledger.runs.end("r1", resumable=False)
    assert ledger.runs.open_run() is None


def test_stop_requests_grow_more_urgent_and_end_with_the_run(ledger):
    assert [ledger.runs.request_stop("r1") for _ in range(3)] == [1, 2, 2]
    assert ledger.runs.stop_level("r1") == 2
    ledger.runs.begin("r1", "manual", "again", 1)
    assert ledger.runs.stop_level("r1") == 0


def test_progress_is_seen_by_another_reader(ledger, tmp_path):
    with open_ledger(tmp_path / "l" / "ledger.db") as reader:
        before = reader.database.data_version()
        snapshot = RunSnapshot(run="r1", connection_id="c", state=RunState.RUNNING)
        ledger.runs.write_progress(snapshot)
        assert reader.database.data_version() != before
        assert reader.runs.read_progress() == snapshot


def test_goal_summaries_and_states_come_back(ledger):
    ledger.runs.save_goal_summary("r1", "g", SUMMARY, done=True)
    assert ledger.runs.goal_summary("r1", "g") == SUMMARY
    assert ledger.runs.goal_is_done("r1", "g")
    assert ledger.goals.state("g") == GoalState()
    state = GoalState("hash", "2026-01-01T00:00:00Z", None)
    ledger.goals.save_state("g", state)
    assert ledger.goals.state("g") == state


def test_batches_go_from_sending_to_queued_to_done(ledger):
    number = ledger.batches.journal("r1", "g", ["p1"], "payload", 1.0)
    assert ledger.batches.unfinished("r1", "g")[0].state == "sending"
    ledger.batches.mark_queued(number, "b-1")
    assert ledger.batches.unfinished("r1", "g")[0].batch_id == "b-1"
    ledger.commits.write("r1", "g", BatchCommit(records=(), finished_batch=number), SUMMARY)
    assert ledger.batches.unfinished("r1", "g") == []


def test_the_contact_index_remembers_every_status(ledger):
    lists = {number: status for number, status in enumerate(ListStatus, start=3)}
    ledger.contact_index.save([Indexed(1, "a@b.c", lists), Indexed(2, "a@b.c", {})])
    assert {c.contact_id: c.lists for c in ledger.contact_index.by_email(["a@b.c"])["a@b.c"]} == {
        1: lists,
        2: {},
    }
    again = Indexed(1, "", {}, erased=True)
    ledger.contact_index.save([again])
    assert [c.contact_id for c in ledger.contact_index.by_email(["a@b.c"])["a@b.c"]] == [2]
    assert ledger.contact_index.by_id([1, 3]) == {1: again}
    assert ledger.contact_index.size() == 2
    ledger.contact_index.set_fact("swept", "now")
    ledger.contact_index.clear()
    assert ledger.contact_index.by_email(["a@b.c"]) == {}
    assert ledger.contact_index.fact("swept") is None


def test_the_index_finds_contacts_by_their_linked_fields(ledger):
    ledger.contact_index.save(
        [Indexed(n, "", {}, values={"%CID%": v}) for n, v in enumerate("aab", 1)]
    )
    assert ledger.contact_index.by_value("%CID%", ["a", "c"]) == {"a": [1, 2]}
    ledger.contact_index.save([Indexed(2, "", {}, values={"%CID%": "c"})])
    assert ledger.contact_index.by_value("%CID%", ["a", "c"]) == {"a": [1], "c": [2]}


def test_a_membership_ends_and_begins_again(ledger):
    def commit(**more):
        ledger.commits.write(
            "r1", "g", BatchCommit(records=(), export=MembershipChanges(**more)), SUMMARY
        )

    commit(joined=[Membership(n, 3, 5.0) for n in range(1, 2_501)])
    assert sum(len(some) for some in ledger.memberships.members("g", [3, 4])) == 2_500
    commit(left={(1, 3): "mark"}, gone=[(2, 3)])
    assert ledger.memberships.count("g", [3]) == 2_498
    assert ledger.memberships.find("g", 1, 3) == Membership(1, 3, 5.0, "mark")
    assert ledger.memberships.find("g", 2, 3) is None
    commit(joined=[Membership(1, 3, 6.0)])
    assert ledger.memberships.find("g", 1, 3) == Membership(1, 3, 6.0)


def test_a_listing_knows_whom_it_showed_and_who_was_first(ledger):
    first, second = ledger.rosters.new(), ledger.rosters.new()
    first.add(["p1", "p2", "p1"])
    key = first_key("w")
    first.add_keys([email_key("a@b.c")])
    assert (first.count(), second.count()) == (2, 0)
    assert first.contains([email_key("a@b.c"), email_key("x@b.c")]) == {email_key("a@b.c")}
    assert first.claim(key, "p1")
    assert not first.claim(key, "p2")
    assert first.claim(key, "p1")
    first.close()
    second.close()


def test_a_ledger_is_bound_to_two_accounts_and_can_be_set_aside(tmp_path):
    home = Home.open({"ACTUI_HOME": str(tmp_path)})
    with open_ledger(home.ledger_file("c-1")) as ledger:
        assert ledger.accounts.origins() is None
        ledger.accounts.bind("https://a", "https://b")
        assert ledger.accounts.origins() == ("https://a", "https://b")
    aside = set_aside(home, "c-1")
    assert aside.exists()
    with open_ledger(home.ledger_file("c-1")) as ledger:
        assert ledger.accounts.origins() is None
    home.forget("c-1")
    assert not aside.exists()


def test_a_newer_ledger_is_refused(tmp_path):
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.database.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="newer actui"):
        open_ledger(tmp_path / "ledger.db")


def test_a_persons_story_is_found_by_address_contact_and_profile(ledger):
    profile = str(uuid.UUID(int=9))
    first = Record(Outcome.CREATED, None, contact_id=7, profile_id=profile, email="Old@b.c")
    ledger.commits.write(
        "r1", "g", BatchCommit(records=[("7", first, MARK)], links={profile: 7}), SUMMARY
    )
    ledger.runs.begin("r2", "manual", "2026-01-02T00:00:00Z", 1)
    moved = Record(Outcome.SKIPPED, Reason.NO_CONSENT, profile_id=profile, email="new@b.c")
    other = Record(Outcome.CREATED, None, contact_id=8, email="other@b.c")
    rows = [(profile, moved, None), ("8", other, None)]
    ledger.commits.write("r2", "h", BatchCommit(records=rows), SUMMARY)
    ledger.runs.begin("r3", "manual", "2099-01-03T00:00:00Z", 1)
    same = Record(Outcome.UNCHANGED, None, contact_id=7, email="old@b.c")
    ledger.commits.write("r3", "g", BatchCommit(records=[("7", same, MARK)]), SUMMARY)
    told = [
        (row["run"], row["goal"], row["outcome"]) for row in ledger.outcomes.of_person("OLD@b.c")
    ]
    assert told == [("r1", "g", "created"), ("r2", "h", "skipped"), ("r3", "g", "unchanged")]
    assert [row["run"] for row in ledger.outcomes.of_person("new@b.c")] == ["r1", "r2", "r3"]
    assert ledger.outcomes.of_person("nobody@b.c") == []
