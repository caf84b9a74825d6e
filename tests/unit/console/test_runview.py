"""A live run in words: how fast, how long still, what goes wrong."""

from __future__ import annotations

import pytest

from actui.console.formatting import ASCII, UNICODE
from actui.console.views.run import Live, RunView, live_view
from actui.console.views.run_speed import BARS, Speed
from actui.model.run import (
    GoalProgress,
    GoalSummary,
    Outcome,
    Problem,
    RequestCounts,
    RunSnapshot,
    RunState,
)

AT = "2026-11-24T02:50:00Z"


def picture(elapsed: float, read: int, *, asked: int = 0, expected: int = 1_000) -> RunSnapshot:
    goal = GoalSummary(goal="Contacts", kind="import", read=read, created=read)
    return RunSnapshot(
        run="r1",
        connection_id="c-1",
        state=RunState.RUNNING,
        started=AT,
        updated=AT,
        elapsed=elapsed,
        requests=RequestCounts(activecampaign=asked, blueconic=asked // 2),
        goals=[GoalProgress(summary=goal, phase="reading and writing", expected=expected)],
    )


def shown(*pictures: RunSnapshot) -> RunView:
    speed = Speed()
    for one in pictures:
        speed.add(one)
    return live_view(pictures[-1], speed, UNICODE, 5.0)


def test_speed_stands_against_the_limit_and_says_how_long_still() -> None:
    view = shown(picture(1, 100, asked=10), picture(5, 300, asked=29))
    assert view.services == "ActiveCampaign 4.8 of 5/s, BlueConic 2.2/s"
    assert view.goals[0].rate == "50/s"
    view = shown(picture(1, 100, asked=10), picture(5, 300, asked=29), picture(7, 400, asked=39))
    assert view.goals[0].rate == "50/s, 12 s left"


def test_nothing_is_guessed_from_one_picture_or_without_an_end() -> None:
    view = shown(picture(1, 100, asked=10))
    assert (view.services, view.goals[0].rate, view.chart) == ("", "", "")
    assert shown(picture(1, 0), picture(2, 0)).goals[0].rate == "0/s"
    assert shown(picture(1, 0, expected=0), picture(2, 9, expected=0)).goals[0].rate == "9/s"


def test_a_run_that_is_continued_by_another_process_counts_from_anew() -> None:
    view = shown(picture(90, 100, asked=400), picture(91, 100, asked=0))
    assert view.services.startswith("ActiveCampaign 0.0 of 5")


def test_being_slowed_down_is_said() -> None:
    last = picture(2, 1, asked=4)
    last.requests.throttled = 3
    assert shown(picture(1, 0), last).services.endswith("slowed 3x")


def test_the_chart_keeps_the_last_while() -> None:
    reads = [0, 0, 20, 40, 50]
    chart = shown(*(picture(2.0 * n, read) for n, read in enumerate(reads))).chart
    assert chart == "▁██▅"
    many = shown(*(picture(2.0 * n, 10 * n) for n in range(200))).chart
    assert many == "█" * BARS
    # between two steps nothing is drawn anew
    assert shown(picture(0, 0), picture(1, 50)).chart == ""


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0], [3.0], [1.0, 2.0, 1e9]])
def test_bars_are_plain_in_ascii(values: list[float]) -> None:
    chart = ASCII.chart(values)
    assert len(chart) == len(values)
    assert chart.isascii()


def test_sentences_change_less_often_than_counts() -> None:
    live = Live(UNICODE, 5.0)
    notes, counts = set(), set()
    for n in range(12):
        now = picture(10 + n / 2, 100 + n)
        now.goals[0].summary.reasons = {"no-match": n}
        view = live.view(now)
        notes.add(view.goals[0].notes)
        counts.add(view.goals[0].counts)
    assert (len(counts), len(notes)) == (12, 2)
    # an end, or another stage of the work, is told at once and whole
    now.goals[0].phase = "waiting"
    assert "no-match 11" in live.view(now).goals[0].notes


def test_a_goal_that_somebody_stopped_has_not_failed() -> None:
    last = picture(1, 1)
    goal = last.goals[0].summary
    goal.ok, goal.code = False, "stopped"
    assert shown(last).goals[0].phase == "○ stopped"
    goal.code = "service"
    assert shown(last).goals[0].phase == "✗ failed"


def test_problems_are_told_with_reason_and_the_services_words() -> None:
    last = picture(1, 1)
    last.problems = [
        Problem(goal="g", who=f"p{n}@x.org", outcome=Outcome.REJECTED, reason="invalid-email")
        for n in range(5)
    ]
    last.problems[-1].detail = "[b]\x1b[31m no \n such"
    lines = shown(last).problems.split("\n")
    assert lines[0] == "✗ p2@x.org rejected, invalid-email"
    assert lines[2] == "✗ p4@x.org rejected, invalid-email: [b][31m no   such"
    assert len(lines) == 3


def test_people_who_were_rechecked_are_counted_apart() -> None:
    last = picture(1, 4)
    assert "rechecked" not in shown(last).goals[0].notes
    last.goals[0].summary.rechecked, last.goals[0].summary.matched = 3_000, 4
    notes = shown(last).goals[0].notes.split("\n")
    assert "People without a match: rechecked 3,000, matched 4" in notes
