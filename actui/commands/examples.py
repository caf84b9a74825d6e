"""The examples that end the help of each command."""

from __future__ import annotations

_COLUMNS = 80
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "list": (("actui list", "every connection, on or off, and its last run"),),
    "apply": (
        ("actui apply newsletter.yaml", "create it, or update the one of that id or name"),
        ("actui apply conf --dry-run", "what a folder of files would change"),
        ("actui apply copy.yaml", "a new one, where it has no id and another name"),
    ),
    "export": (
        ("actui export Newsletter", "print it; its id says which one apply updates"),
        ("actui export --to conf", "a file for each connection, to keep in git"),
    ),
    "check": (
        ("actui check Newsletter", "is it complete?"),
        ("actui check conf", "a folder of files, before it is applied"),
        ("actui check --online", "every connection, asking the accounts as well"),
        ("actui check Newsletter --online", "do the accounts have what it names?"),
    ),
    "enable": (("actui enable Newsletter", "it may run, by hand or when it is due"),),
    "disable": (("actui disable Newsletter", "it starts no more; a run that is going goes on"),),
    "delete": (("actui delete Newsletter", "asks first; --yes in a script"),),
    "paths": (("actui paths", "the home, the ledgers, the logs"),),
    "secret": (
        ("actui secret set Newsletter activecampaign-api-key", "asks for it"),
        ("actui secret set Newsletter blueconic-client-secret", "asks; or reads standard input"),
        ("actui secret status Newsletter", "where each is, and would cron find it?"),
        ("actui secret set smtp-password", "the mail server's"),
    ),
    "run": (
        ("actui run Newsletter", "now, or on from where the last run was stopped"),
        ("actui run Newsletter --dry-run --limit 50", "what would become of fifty people"),
        ("actui run Newsletter --limit 10", "a first try with few people"),
        ("actui run Newsletter --goal Contacts --full", "one goal, also what did not change"),
    ),
    "preview": (("actui preview Newsletter --email ada@example.org", "what would happen to her"),),
    "watch": (("actui watch Newsletter", "follow the run that is going, whoever started it"),),
    "stop": (("actui stop Newsletter", "after the batch in flight; twice: now"),),
    "runs": (("actui runs Newsletter --limit 5", "the last five"),),
    "outcomes": (
        ("actui outcomes Newsletter --reason no-match", "who has no profile"),
        ("actui outcomes Newsletter --omitted", "people with a value or list left out"),
        ("actui outcomes Newsletter --omitted %BIRTHDAY%", "those without this field"),
        ("actui outcomes Newsletter --to people.csv", "for a spreadsheet; --raw for programs"),
    ),
    "why": (("actui why Newsletter ada@example.org", "why is she not there?"),),
    "retry": (("actui retry Newsletter", "those whose last outcome was rejected or unknown"),),
    "due": (("actui due", "from cron, once a minute"),),
    "schedule": (
        ("actui schedule", "stay and start what is due"),
        ("actui schedule --print-systemd", "a unit that does so without you"),
    ),
    "audit": (
        ("actui audit", "the last things that anybody did"),
        ("actui audit Newsletter --limit 5", "to one connection"),
    ),
    "backup": (("actui backup actui-2026-11-28.tar.gz", "all but secrets, also while runs go on"),),
    "restore": (
        ("actui restore actui-2026-11-28.tar.gz", "into a home in which nothing is yet"),
        ("actui restore actui-2026-11-28.tar.gz --replace", "keeps what was there beside it"),
    ),
    "doctor": (
        ("actui doctor", "what is wrong, and what to do"),
        ("actui doctor --offline", "without asking the services"),
    ),
    "settings": (
        ("actui settings", "all of them, with what they mean"),
        ("actui settings set mail.host mail.example.org", "change one"),
        ("actui settings unset mail.host", "back to the usual"),
    ),
    "forget": (("actui forget ada@example.org", "asks first; --yes in a script"),),
    "sandbox": (("actui sandbox --contacts 1000", "until Ctrl+C; prints where it answers"),),
    "demo": (
        ("actui demo", "the console, on simulated services"),
        ("actui demo --headless", "one run without it"),
    ),
}


def epilog(command: str) -> str:
    """The examples of a command, as its help shows them on 80 columns."""
    rows = EXAMPLES.get(command, ())
    width = max((len(line) for line, _ in rows), default=0)
    beside = width + max((len(meaning) for _, meaning in rows), default=0) + 4 <= _COLUMNS
    between = "  " if beside else "\n      "
    lines = [f"  {line:{width if beside else 0}}{between}{meaning}" for line, meaning in rows]
    return "\n".join(["Examples:", *lines]) if lines else ""
