"""The form in which somebody chooses what is done next in an ad-hoc subprocess."""

from __future__ import annotations

from forms import Field, Form, Option
from orchestrator.engine import Definition, Element
from orchestrator.engine.model import Scope, enabled
from orchestrator.engine.nameless import label
from orchestrator.sentences import say

NOTHING_MORE = "done"


def choice_forms(definition: Definition) -> dict[str, Form]:
    """Form key → form, for each ad-hoc subprocess of the definition and of what it calls."""
    forms = {}
    for process in definition.processes.values():
        for element in process.elements.values():
            if element.ad_hoc is not None:
                forms[f"{element.id}_next"] = _form(
                    element,
                    process.scopes[element.id],
                )
    return forms


def _form(element: Element, inside: Scope) -> Form:
    key = f"{element.id}_next"
    ad_hoc = element.ad_hoc
    assert ad_hoc is not None
    options = tuple(
        Option(element.id, label(element)) for element in enabled(inside)
    )
    ends = ad_hoc.condition is None
    if ad_hoc.sequential:
        options += (
            (Option(NOTHING_MORE, say("不再办理其他事项")),) if ends else ()
        )
        field = Field(
            "radio",
            key,
            say("接下来办理哪一项"),
            say("一次办一项，办完后再选下一项"),
            required=True,
            options=options,
        )
    else:
        if ends:
            rest = say("；一项也不选，即不再办理其他事项")
        else:
            rest = ""
        sentence = say("可以多选，以后还可以再选{rest}", rest=rest)
        field = Field(
            "checklist",
            key,
            say("接下来办理哪些事项"),
            sentence,
            required=not ends,
            options=options,
            multiple=True,
        )
    return Form(key, (field,), label(element))
