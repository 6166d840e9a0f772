"""Variables of a diagram renamed: who starts an instance is `initiator` here, and no variable is called by a
word of the expression language."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import.names import CAMUNDA_LIKE, local
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_EXPRESSION = re.compile(r"[$#]\{[^{}]*\}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?![\w(])")
_RESERVED = expressions.RESERVED - {
    "true",
    "false",
    "null",
    "True",
    "False",
    "None",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
}
"""Words that no expression can read, without those that stand in an expression by right."""
_ASSIGNED = re.compile(
    r"^[^\S\n]*+(?:(?:var|let|const|def)[^\S\n]++)?([A-Za-z_]\w*+)\s*+[-+*/]?=(?!=)",
    re.MULTILINE,
)
"""Names that a line of a script sets, whatever its language."""
_FEEL_WORDS = {"for", "return", "if", "else", "in"}
"""Words of FEEL that are none of a variable."""
_NAMING = {
    *(
        "source",
        "target",
        "resultVariable",
        "resultVariableName",
        "elementVariable",
        "inputElement",
        "outputCollection",
    ),
    *("errorCodeVariable", "errorMessageVariable", "escalationCodeVariable"),
}
"""Attributes that hold the bare name of a variable; another tool's expression there is no word."""


def rename_initiator(root: Any) -> None:
    """Whoever starts an instance is the variable `initiator` here; in expressions that call him otherwise he
    gets that name."""
    for start in root.iter(tag("startEvent")):
        given = next(
            filter(
                None,
                (start.get(f"{{{space}}}initiator") for space in CAMUNDA_LIKE),
            ),
            "initiator",
        )
        if given == "initiator":
            continue
        _rename(root, given, "initiator")


def rename_reserved(root: Any, report: Report) -> None:
    """A variable called by a word of the expression language, `${pass=="1"}`, gets a name that can be read,
    wherever it stands."""
    for given in sorted(_variables(root) & _RESERVED):
        _rename(root, given, f"{given}_value")
        sentence = say(
            "变量“{given}”是表达式的保留字，已在全图改名为“{given}_value”，"
            "请把表单里填它的字段也命名为“{given}_value”",
            given=given,
        )
        for node in root.iter(tag("conditionExpression")):
            if re.search(rf"(?<![\w.]){given}_value(?!\w)", node.text or ""):
                report.mapped(node, "condition", sentence)
                break
        else:
            report.mapped(
                next(root.iter(tag("process"))), "variable", sentence
            )


def _variables(root: Any) -> set[str]:
    """What is certainly a variable: words in expressions, outside strings, after no point and before no
    bracket, and names that are set."""
    variables: set[str] = set()
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        variables |= {
            value
            for name, value in node.attrib.items()
            if _names_variable(node, local(name))
        }
        if node.tag == tag("script"):
            variables |= set(_ASSIGNED.findall(node.text or ""))
            continue
        for text in (node.text or "", *node.attrib.values()):
            for part in _EXPRESSION.findall(text):
                variables |= set(_WORD.findall(_QUOTED.sub("", part)))
            if text.lstrip().startswith("="):
                variables |= (
                    set(_WORD.findall(_QUOTED.sub("", text))) - _FEEL_WORDS
                )
    return variables


def _names_variable(node: Any, attribute: str) -> bool:
    """Whether the attribute is the bare name of a variable."""
    return attribute in _NAMING or (
        attribute == "name"
        and local(node.tag) in ("inputParameter", "outputParameter")
    )


def _rename(root: Any, given: str, ours: str) -> None:
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        for name, value in node.attrib.items():
            bare = value == given and _names_variable(node, local(name))
            node.set(name, ours if bare else _renamed(value, given, ours))
        if node.text and node.tag == tag("script"):
            node.text = _in_script(node.text, given, ours)
        elif node.text:
            node.text = _renamed(node.text, given, ours)


def _renamed(text: str, given: str, ours: str) -> str:
    """The text with the variable called by our name in its `${…}` parts, or where it is FEEL, though not
    within strings there."""
    if text.lstrip().startswith("="):
        return _word(text, given, ours)
    return _EXPRESSION.sub(lambda part: _word(part[0], given, ours), text)


def _in_script(text: str, given: str, ours: str) -> str:
    """The script with the variable called by our name; a line that is the word alone is a statement."""
    return "\n".join(
        line if line.strip().rstrip(";") == given else _word(line, given, ours)
        for line in text.split("\n")
    )


def _word(text: str, given: str, ours: str) -> str:
    word = re.compile(
        rf"(\"[^\"]*\"|'[^']*')|(?<![\w.]){re.escape(given)}(?![\w(])",
    )
    return word.sub(lambda match: match[1] or ours, text)
