"""Small diagrams with ad-hoc subprocesses; their documentation says what the walks may choose."""

from __future__ import annotations

from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.drawn import DEFINED, MESSAGE, handler, many, throw
from tests.engine.drawn_undone import COMPENSATE, task, undone

CHOICES = [[], ["a"], ["b"], ["a", "b"], ["b", "a", "c"]]


def ad_hoc(
    inner: str,
    attributes: str = "",
    when: str = "",
    more: str = "",
    choices: list[list[str]] = CHOICES,
    id: str = "s",
) -> str:
    condition = (
        f"<completionCondition>{when}</completionCondition>" if when else ""
    )
    told = f"<documentation>{choices}</documentation>"
    return (
        f'<adHocSubProcess id="{id}" name="{id}" {attributes} '
        f'camunda:candidateGroups="office@county">{told}{more}{inner}{condition}'
        "</adHocSubProcess>"
    )


def _process(body: str) -> dict[str, bytes]:
    return {
        "p.bpmn": document(
            START
            + END
            + body
            + user("after")
            + flow("start", "s", "after", "end"),
            DEFINED,
        )
    }


STEPS = user("a", "b", "c")
SOME, SINGLE = [each for each in CHOICES if each], [["a"], ["b"], ["c"]]
ONE, STAY = 'ordering="Sequential"', 'cancelRemainingInstances="false"'
AD_HOC: dict[str, dict[str, bytes]] = {
    "whatever is chosen, in any order": _process(ad_hoc(STEPS)),
    "one at a time": _process(ad_hoc(STEPS, ONE, choices=[[], *SINGLE])),
    "until the condition holds, the rest taken away": _process(
        ad_hoc(STEPS, when="enough", choices=SOME)
    ),
    "until the condition holds, the rest done": _process(
        ad_hoc(STEPS, STAY, when="enough", choices=SOME)
    ),
    "one at a time until the condition holds": _process(
        ad_hoc(STEPS, ONE, when="enough", choices=SINGLE)
    ),
    "what follows an activity inside": _process(
        ad_hoc(
            user("a", "b", "c", "w") + flow("a", "w"),
            when="enough",
            choices=SOME,
        )
    ),
    "what follows, one chosen at a time": _process(
        ad_hoc(
            user("a", "b", "c", "w", "v")
            + gateway("parallel", "g")
            + flow("a", "g", "w")
            + flow("g", "v"),
            ONE,
            choices=[[], *SINGLE],
        )
    ),
    "activities that ask nobody": _process(
        ad_hoc(task("a") + user("b", "c"), when="enough", choices=SOME)
    ),
    "interrupted": _process(
        ad_hoc(STEPS) + boundary("m", "s", MESSAGE) + flow("m", "end")
    ),
    "with an event subprocess": _process(
        ad_hoc(STEPS + handler(MESSAGE, interrupting=False))
    ),
    "several at once": _process(
        ad_hoc(STEPS, more="").replace(
            "</adHocSubProcess>", many(2) + "</adHocSubProcess>"
        )
    ),
    "what was done in it is undone": _process(
        ad_hoc(STEPS + undone("a") + undone("b")) + throw("t", COMPENSATE)
    )
    | {
        "p.bpmn": document(
            START
            + END
            + ad_hoc(STEPS + undone("a") + undone("b"))
            + throw("t", COMPENSATE)
            + flow("start", "s", "t", "end")
        )
    },
    "an activity inside is a subprocess": _process(
        ad_hoc(
            user("b", "c")
            + f'<subProcess id="a"><startEvent id="i"/>{user("x", "y")}{flow("i", "x", "y")}</subProcess>'
        )
    ),
}
