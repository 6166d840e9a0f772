"""Small diagrams of what runs side by side: people who decide together, an end that stops the others,
instances that are undone; the walks go through all of them."""

from __future__ import annotations

from tests.engine.composed import countersigned
from tests.engine.diagrams import (
    END,
    START,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.drawn import (
    DEFINED,
    TERMINATE,
    end,
    many,
    sub,
    throw,
)
from tests.engine.drawn_undone import undone


def _process(*parts: str) -> dict[str, bytes]:
    return {"p.bpmn": document(START + END + "".join(parts), DEFINED)}


VOTE = countersigned("sign", "ratio", "agreed")

TOGETHER: dict[str, dict[str, bytes]] = {
    "an end that terminates before the other branch has begun": _process(
        sub(
            "sub",
            gateway("parallel", "split")
            + VOTE
            + user("beside")
            + end("stop", TERMINATE)
            + flow("split", "sign", "stop"),
            "split",
            "beside",
        ),
        flow("start", "sub", "end"),
    ),
    "votes inside several subprocesses side by side": _process(
        sub("sub", VOTE + user("more"), "sign", "more", more=many(2)),
        flow("start", "sub", "end"),
    ),
    "several undone side by side": _process(
        sub(
            "outer",
            sub(
                "sub",
                user("pay", "after") + undone("pay"),
                "pay",
                "after",
                more=many(2),
            )
            + throw("back", "<compensateEventDefinition/>")
            + gateway("exclusive", "choose", default="choose_outer_done")
            + user("again")
            + flow("choose", "again", when="wrong"),
            "sub",
            "back",
            "choose",
        ),
        flow("start", "outer", "end"),
    ),
}
