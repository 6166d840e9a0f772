"""Rules about the names of variables: whatever sets one, expressions must be able to read it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import Diagram, named, refuse
from orchestrator.engine import expressions
from orchestrator.engine.model import ALL_VARIABLES, Element
from orchestrator.errors import Finding
from orchestrator.sentences import say


def variable_names(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        for what, name in dict.fromkeys(names_of(element)):
            why = expressions.unreadable(name)
            if why:
                sentence = say(
                    "{named}的{what}“{name}”{why}，表达式读不到它，请改名",
                    named=named(element),
                    what=what,
                    name=name[:60],
                    why=why,
                )
                yield refuse("variable-names", element.id, sentence)


def names_of(element: Element) -> list[tuple[str, str]]:
    """(what it says, name) of every variable that the element sets or hands on by name."""
    names: list[tuple[str, str | None]] = [
        (say("结果变量"), element.result_variable),
    ]
    names += [(say("输入参数"), name) for name, _text in element.inputs]
    names += [(say("输出参数"), name) for name, _text in element.outputs]
    thrown = [mapping for event in element.events for mapping in event.payload]
    passed = (*element.call_inputs, *element.call_outputs, *thrown)
    names += [
        (say("传递的变量"), target)
        for target, _source, _is_expression in passed
        if target != ALL_VARIABLES
    ]
    names += [
        (say("传递的变量"), source)
        for target, source, is_expression in passed
        if target != ALL_VARIABLES and not is_expression
    ]
    for event in element.events:
        names += [
            (say("代码变量"), event.code_variable),
            (say("说明变量"), event.message_variable),
        ]
    if element.multi is not None:
        multi = element.multi
        names += [
            (say("每一项的变量"), multi.item),
            (say("每一项的结果"), multi.output_item),
            (say("结果的集合"), multi.output_collection),
        ]
    if element.countersign is not None:
        names.append((say("会签结果的变量"), element.countersign.result))
    names += [(say("脚本变量"), name) for name in _assigned(element)]
    return [(what, name) for what, name in names if name]


def _assigned(element: Element) -> list[str]:
    """What the script sets; nothing while it cannot be read, which another rule tells."""
    try:
        if element.script:
            return sorted(expressions.names_assigned(element.script))
        return []
    except expressions.ExpressionRefused:
        return []
