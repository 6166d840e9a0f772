"""Decisions that are drawn as boxes (contexts, lists, relations, conditionals, invocations) and the business
knowledge models that they call, written as one expression of FEEL (DMN 1.5, 7.3 and 10.2).

A call of a business knowledge model becomes its body with what is handed in put in place of the parameters.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from orchestrator.engine import (
    dmn_functions,
    dmn_nodes,
)
from orchestrator.engine.dmn_boxes import (
    BOXES,
    LITERAL,
    Reader,
)
from orchestrator.engine.dmn_models import Models, wanted_models
from orchestrator.engine.dmn_spelling import (
    respelled,
    spaced,
)
from orchestrator.engine.translating import Untranslatable


def unboxed(decision: Any) -> Any:
    """The decision with its boxes as one expression and its calls of models written out; itself where it has
    none, or where they cannot be read."""
    if not _is_boxed(decision):
        return decision
    try:
        return _unboxed(decision)
    except Untranslatable:
        return decision


def objection(decision: Any) -> str:
    """Why the boxes and calls cannot be read, as a Chinese clause; empty where they can."""
    if not _is_boxed(decision):
        return ""
    try:
        _unboxed(decision)
    except Untranslatable as refused:
        return str(refused)
    return ""


def _is_boxed(decision: Any) -> bool:
    return any(
        dmn_nodes.child(
            decision,
            box,
        )
        is not None
        for box in BOXES
    ) or bool(wanted_models(decision))


def _unboxed(decision: Any) -> Any:
    models = Models(decision)
    functions = models.required(decision)
    names = {**spaced(decision), **models.names(decision)}
    reader = Reader(
        models,
        functions,
        names=names,
    )
    copied = deepcopy(decision)
    drawn = next(
        (node for node in copied if dmn_nodes.local(node) in BOXES),
        None,
    )
    called = _called_table(
        decision,
        models,
        reader,
    )
    if called is not None:
        place = dmn_nodes.child(
            copied,
            "literalExpression",
        )
        copied.replace(
            drawn if place is None else place,
            called,
        )
        return copied
    if drawn is not None:
        written = etree.Element(
            f"{decision.tag.rpartition('}')[0]}}}literalExpression"
        )
        text = etree.SubElement(
            written,
            f"{decision.tag.rpartition('}')[0]}}}text",
        )
        text.text = reader.expression(decision)
        copied.replace(
            drawn,
            written,
        )
        return copied
    for node in copied.iter():
        if dmn_nodes.local(node) == "text" and node.text:
            node.text = dmn_functions.inlined(
                reader.respelled(node.text.strip()),
                functions,
            )
    return copied


def _called_table(decision: Any, models: Models, reader: Reader) -> Any:
    """The table of a model that the whole decision is a call of, with what is handed in put in place of the
    parameters; None where it is no such call. Raises Untranslatable."""
    box = dmn_nodes.child(
        decision,
        "invocation",
    )
    literal = dmn_nodes.child(
        decision if box is None else box,
        LITERAL,
    )
    names = models.names(decision)
    text = respelled(
        dmn_nodes.text(literal),
        names,
        names,
    )
    called = dmn_functions.one_call(text)
    name = called[0] if box is None else text
    model = next(
        (
            models.known[id_]
            for id_ in wanted_models(decision)
            if id_ in models.tables and models.name(id_) == name
        ),
        None,
    )
    if model is None:
        return None
    function = models.table_function(model)
    given = (
        dmn_functions.named(
            function,
            called[1],
        )
        if box is None
        else reader.bindings(box)
    )
    inner = Reader(
        models,
        models.required(model),
        names={**models.names(model), **models.parameter_names(model)},
    )
    table = deepcopy(models.tables[model.get("id")])
    for node in table.iter():
        if dmn_nodes.local(node) == "text" and node.text:
            text = dmn_functions.inlined(
                inner.respelled(node.text.strip()),
                inner.functions,
            )
            node.text = dmn_functions.filled(
                function,
                text,
                given,
            )
    return table
