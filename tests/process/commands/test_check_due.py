"""`actui check` tells when a schedule is due next, by the connection's own clock."""

from __future__ import annotations

import re

from actui.cli import main


def test_check_prints_the_next_three_due_times(tmp_path, capsys):
    file = tmp_path / "connection.yaml"
    file.write_text(
        "version: 1\nconnection:\n  name: Nightly\n  timezone: Asia/Kolkata\n"
        "  schedule: {type: weekly, days: [mon], at: '01:30'}\n"
    )
    main(["check", str(file)])
    due = [line for line in capsys.readouterr().out.splitlines() if line.startswith("due ")]
    assert len(set(due)) == 3
    assert all(re.fullmatch(r"due Mon \d{4}-\d\d-\d\d 01:30 IST", line) for line in due)


def test_a_manual_connection_is_never_due(tmp_path, capsys):
    file = tmp_path / "connection.yaml"
    file.write_text("version: 1\nconnection:\n  name: By hand\n")
    main(["check", str(file)])
    shown = capsys.readouterr().out
    assert shown
    assert "due " not in shown
