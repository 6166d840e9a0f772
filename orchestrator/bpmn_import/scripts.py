"""Short scripts in Groovy and JavaScript, and services that are one expression, as assignments of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from orchestrator.bpmn_import.names import CAMUNDA_LIKE
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions, languages
from orchestrator.engine.translating import (
    LONGEST_SCRIPT,
    Untranslatable,
    has_many_marks,
    require_short,
)
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_SET = re.compile(
    r"^execution\.setVariable\(\s*(?P<quote>[\"'])(?P<name>\w+)(?P=quote)\s*,(?P<value>.+)\)$",
    re.DOTALL,
)
_TEXT = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_TYPES = {
    "String": _TEXT,
    **dict.fromkeys(("int", "Integer", "long", "Long"), r"-?\d+"),
    **dict.fromkeys(("double", "Double"), r"-?\d+(?:\.\d+)?"),
    **dict.fromkeys(("boolean", "Boolean"), "true|false"),
}
"""Type of a script's own name → the values that it leaves as they are; `int x = 7 / 2` is 3."""
_OWN = re.compile(
    rf"^(?P<type>def|var|let|const|{'|'.join(_TYPES)})\s+(?P<name>\w+)\s*=(?!=)(?P<value>.+)$",
    re.DOTALL,
)
_ASSIGNED = re.compile(
    r"^(?P<name>[^\W\d]\w*)\s*=(?!=)(?P<value>.+)$",
    re.DOTALL,
)
_WORD_OR_TEXT = re.compile(
    rf"{_TEXT}|(?<![\w.])[^\W\d]\w*(?![\w(])",
)
_REMARK = re.compile(
    rf"(?P<text>{_TEXT})|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_END_OR_TEXT = re.compile(rf"{_TEXT}|[;\n]", re.DOTALL)
_OTHERWISE = re.compile(r"[$%`]|[=!]=|\\[^\\\"'nrtu]")
"""What means something else there: texts with values in them, remainders, equality of `1` and `"1"`,
escapes."""
_WRAPPED = re.compile(r"^[$#]\{(?P<inner>[^{}]*)\}$", re.DOTALL)
_RESULTS = ("resultVariable", "resultVariableName")


def translated(
    script: str,
    result: str = "",
    keeps_all: bool | None = True,
    into_ours: Callable[[str], str] = languages.from_groovy,
    *,
    asks_variables_first: bool = False,
) -> str | None:
    """The script's assignments in our language; None for a script that does anything else.

    `execution.setVariable` sets a variable, and so does an assignment where the script `keeps_all`; `def` and
    `var` name a value for the script alone. So does an assignment beside `setVariable` where nothing is said
    (None): Camunda 7 and Flowable forget it then. `result`: the variable that the value of the last line goes
    to. `into_ours` translates a value. `asks_variables_first`: whether a variable of the process goes before
    what the script assigned under its name (Flowable, Activiti).
    """
    if len(script) > LONGEST_SCRIPT or has_many_marks(script):
        return None
    script = _REMARK.sub(_without_remark, script)
    statements = [statement for statement in _statements(script) if statement]
    if _OTHERWISE.search(script) or not statements:
        return None
    sets = any(_SET.match(statement) for statement in statements)
    forgets = keeps_all is None and sets
    reading = _Script(keeps_all is not False, into_ours, forgets)
    reading.asks_variables_first = asks_variables_first
    try:
        for number, statement in enumerate(statements):
            last = number == len(statements) - 1
            reading.take(statement, result if last else "")
    except Untranslatable:
        return None
    return "\n".join(reading.lines) or None


def reader_of(language: str) -> Callable[[str], str]:
    """What translates a value of a script of that language."""
    if language.strip().lower().rpartition("/")[2] == "groovy":
        return languages.from_groovy
    return languages.from_javascript


def convert(root: Any, report: Report) -> None:
    """A service that is one expression over variables is a script."""
    for node in list(root.iter(tag("serviceTask"))):
        written = {
            name: node.get(name)
            for name in node.attrib
            if str(name)[1:].partition("}")[0] in CAMUNDA_LIKE
        }
        given = next(
            (
                text
                for name, text in written.items()
                if str(name).endswith("}expression")
            ),
            "",
        )
        match = _WRAPPED.match(given.strip())
        variables = [
            text
            for name, text in written.items()
            if str(name).rpartition("}")[2] in _RESULTS
        ]
        script = None
        if match:
            script = translated(
                match["inner"].strip(),
                "".join(variables),
                False,
                languages.from_juel,
            )
            if script is None and not any(variables):
                script = _nothing(match["inner"])
        if script is None:
            continue
        for name in written:
            if str(name).rpartition("}")[2] in (*_RESULTS, "expression"):
                del node.attrib[name]
        node.tag = tag("scriptTask")
        etree.SubElement(node, tag("script")).text = script
        report.mapped(
            node,
            "expression",
            say(
                "表达式“{given}”改写为脚本“{script}”",
                given=given,
                script=script,
            ),
        )


def _nothing(text: str) -> str | None:
    """The script of a service whose expression, such as `true`, reads nothing and is stored nowhere; None for
    any other."""
    try:
        ours = languages.from_juel(text)
    except Untranslatable:
        return None
    if expressions.names_read(ours):
        return None
    return "pass"


def _statements(script: str) -> list[str]:
    """The statements between line ends and semicolons outside quotes."""
    parts = []
    start = 0
    for match in _END_OR_TEXT.finditer(script):
        if match[0] not in ";\n":
            continue
        parts.append(script[start : match.start()].strip())
        start = match.end()
    return [*parts, script[start:].strip()]


def _without_remark(match: re.Match[str]) -> str:
    """A text as it is; a remark is a space, or a line end where it has one."""
    if match["text"]:
        return match["text"]
    return "\n" if "\n" in match[0] else " "


class _Script:
    """What has been read of a script so far."""

    def __init__(
        self,
        keeps_all: bool,
        into_ours: Callable[[str], str],
        forgets: bool = False,
    ) -> None:
        self.keeps_all = keeps_all
        self.forgets = forgets
        """Whether what is assigned is known to the script alone."""
        self.into_ours = into_ours
        self.lines: list[str] = []
        self.own: dict[str, str] = {}
        """Name that the script alone knows → what it stands for, in the script's language."""
        self.types: dict[str, str] = {}
        """Name that the script alone knows → the type it was declared with."""
        self.asks_variables_first = False
        """Whether what is assigned hides no variable of the process of its name."""
        self.hidden: set[str] = set()
        """Names that may stand for a variable of the process all the same."""
        self.outdated: set[str] = set()
        """Names that stand for what a variable held before it was set anew."""

    def take(self, statement: str, result: str) -> None:
        """Reads one statement. Raises Untranslatable."""
        if match := _SET.match(statement):
            if result:  # it gives nothing
                raise Untranslatable(statement)
            self._set(match["name"], self._value(match["value"]))
            return
        declared = _OWN.match(statement)
        match = declared or _ASSIGNED.match(statement)
        if declared and result:  # in JavaScript it gives nothing
            raise Untranslatable(statement)
        if declared:
            self.types[declared["name"]] = declared["type"]
            self._keep(declared)
        elif match and match["name"] in self.own:
            self._keep(match)
        elif match and self.forgets:
            self.types[match["name"]] = "def"
            self._keep(match)
            if self.asks_variables_first:
                self.hidden.add(match["name"])
        elif match and self.keeps_all:
            self._set(match["name"], self._value(match["value"]))
        elif result and not match:
            self._set(result, self._value(statement.removeprefix("return ")))
        else:
            raise Untranslatable(statement)
        if match and result:
            self._set(result, self._value(match["name"]))

    def _keep(self, match: re.Match[str]) -> None:
        """Gives a name of the script's own its value. Raises Untranslatable for one that its type changes."""
        name = match["name"]
        unchanged = _TYPES.get(self.types[name])
        if unchanged and not re.fullmatch(unchanged, match["value"].strip()):
            raise Untranslatable(match[0])
        self.own[name] = self._filled(match["value"])
        self.outdated.discard(name)

    def _set(self, name: str, value: str) -> None:
        # A variable is also read by its name in quotes, as by getVariable.
        self.outdated.update(
            own
            for own, text in self.own.items()
            if name in map(_unquoted, _WORD_OR_TEXT.findall(text))
        )
        self.lines.append(f"{name} = {value}")

    def _value(self, text: str) -> str:
        return self.into_ours(self._filled(text))

    def _filled(self, text: str) -> str:
        """The text with the script's own names replaced by what they stand for. Raises Untranslatable for
        one that would be read anew from a variable set since, and where names within names grow too long."""
        filled = _WORD_OR_TEXT.sub(self._meant, f"({text.strip()})")
        require_short(filled)
        return filled

    def _meant(self, word: re.Match[str]) -> str:
        if word[0] in self.outdated | self.hidden:
            raise Untranslatable(word[0])
        return self.own.get(word[0], word[0])


def _unquoted(word: str) -> str:
    return word.strip("\"'")
