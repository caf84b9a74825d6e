"""The questions of an export goal's lifecycle threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from actui.console.choices import Choices
from actui.console.formatting import number
from actui.console.forms.account_questions import named
from actui.console.forms.form import Ask, Choose, Option
from actui.model.goals import LifecycleThreshold, Named
from actui.model.records import Lifecycle, Stage

_NONE = "\0none"


def ask_threshold(
    choices: Callable[[], Choices],
    now: LifecycleThreshold | None,
    put: Callable[[LifecycleThreshold | None], None],
) -> Ask:
    """Ask for a lifecycle and then for its stage; `choices` may answer more later."""

    def known() -> Sequence[Lifecycle]:
        tenant = choices().blueconic
        return (tenant.lifecycles if tenant else None) or ()

    def stage(chosen: tuple[str, ...]) -> Ask | None:
        if chosen[0] == _NONE:
            put(None)
            return None
        found = next((one for one in known() if one.id == chosen[0]), None)
        lifecycle = Named(name=found.name, id=found.id) if found else Named(name=chosen[0])
        stages = [Option(one.id, one.name, _cap(one)) for one in found.stages] if found else []

        def taken(answer: tuple[str, ...]) -> None:
            put(
                LifecycleThreshold(
                    lifecycle=lifecycle,
                    stage=named(answer[0], stages),
                    events=now.events if now else ["opened"],
                )
            )

        return Choose("Which stage?", lambda: stages, taken, typed="a stage's name")

    def offered() -> list[Option]:
        return [Option(_NONE, "No threshold"), *(Option(one.id, one.name) for one in known())]

    return Choose(
        "Which lifecycle limits this goal?",
        offered,
        stage,
        chosen=(now.lifecycle.id or now.lifecycle.name,) if now else (_NONE,),
        typed="a lifecycle's name",
        notice="Profiles at the stage's threshold are not exported.",
    )


def _cap(stage: Stage) -> str:
    """A stage's threshold in words."""
    if stage.cap is None:
        return "no threshold"
    return f"at most {number(stage.cap)}, {stage.window.lower()}"
