"""The script of a script task, in whatever language a tool writes it."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import import (
    python_text,
    scripts,
    service_scripts,
    texts,
)
from orchestrator.bpmn_import.names import (
    ACTIVITI,
    CAMUNDA_LIKE,
    FLOWABLE,
    SPIFF,
)
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions
from orchestrator.engine.translating import Untranslatable
from orchestrator.engine.written_in import (
    FEEL,
    JUEL,
    OTHER,
    OURS,
    language,
    means_the_same,
    translates,
)
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_FILLED = re.compile(r"\bf[\"']")
"""A text with values in it, as Python alone writes one."""
_WRAPPED = re.compile(r"^[$#]\{[^{}]*\}$")


def convert(node: Any, report: Report) -> None:
    """Writes it into the words of ours, or says why it cannot be."""
    task = node.getparent()
    if task.tag != tag("scriptTask"):
        return
    written = _format(node, task)
    given = [
        task.get(f"{{{space}}}{name}")
        for space in CAMUNDA_LIKE
        for name in ("resultVariable", "resultVariableName")
    ]
    variable = next(filter(None, given), "")
    text = (node.text or "").strip()
    foreign = language(written) != OURS
    keeps_all = _keeps_all(task)
    if translates(written):
        _translated(node, task, variable, report)
        return
    ours = None
    if language(written) == JUEL:
        ours = service_scripts.of_juel(text, variable)
    elif not variable:
        ours = _from_python(task, text)
    if ours is not None:
        task.attrib.pop("scriptFormat", None)
        node.text = ours
        report.mapped(
            task,
            "script",
            say("脚本改写为“{ours}”，请核对意思", ours=ours),
        )
        return
    if language(written) == JUEL and not _WRAPPED.match(text):
        _refuse_other_meaning(task, written, report)
        return
    if variable:  # the value of the last line
        before, newline, last = text.rpartition("\n")
        last = _value(last.strip(), written)
        text = f"{before}{newline}{variable} = {last}"
        foreign = foreign and bool(
            before.strip() or language(written) == OTHER,
        )
    try:
        expressions.compile_script(text)
    except expressions.ExpressionRefused as reason:
        node.text = text
        report.unsupported(
            task,
            "script",
            say(
                '脚本不能用：{reason}。脚本只能逐行赋值，如 level = "county"',
                reason=reason,
            ),
        )
        return
    if foreign and keeps_all is False:
        sentence = say(
            "脚本里的赋值在原系统里不存入变量（autoStoreVariables），"
            "请改写成只给要用的变量赋值，脚本格式改为 python",
        )
        report.unsupported(task, "script", sentence)
        return
    if foreign and not means_the_same(text, written):
        _refuse_other_meaning(task, written, report)
        return
    node.text = text
    task.attrib.pop("scriptFormat", None)
    if variable or language(written) != OURS:
        report.mapped(
            task,
            "script",
            say("脚本改写为“{text}”，请核对意思", text=node.text),
        )
    else:
        report.honoured(task, "script", say("脚本只有赋值，照用"))


def _refuse_other_meaning(task: Any, written: str, report: Report) -> None:
    sentence = say(
        "脚本用 {written} 书写，其中的写法在那里是别的意思，"
        '请改写成 level = "county" 这样的赋值，脚本格式改为 python',
        written=written,
    )
    report.unsupported(task, "script", sentence)


def _translated(
    node: Any,
    task: Any,
    variable: str,
    report: Report,
) -> None:
    """A script of Groovy or JavaScript becomes ours, or stays as the checks refuse it."""
    written = (task.get("scriptFormat") or "").strip()
    text = (node.text or "").strip()
    try:
        made = scripts.read(
            text,
            scripts.language_of(written),
            variable,
            _keeps_all(task),
            asks_variables_first=_asks_variables_first(task),
        )
    except Untranslatable as reason:
        sentence = say(
            "{written} 脚本不能用：{reason}。请改写成只赋值的脚本，脚本格式改为 python",
            written=written,
            reason=reason,
        )
        report.unsupported(task, "script", sentence)
        return
    node.text = made.text or "pass"
    task.attrib.pop("scriptFormat", None)
    if made.printed:
        sentence = say(
            "脚本里只写日志的语句已去掉（{count} 处）",
            count=made.printed,
        )
        report.ignored(task, "script", sentence)
    report.mapped(
        task,
        "script",
        say("脚本改写为“{ours}”，请核对意思", ours=node.text),
    )


def _keeps_all(task: Any) -> bool | None:
    """Whether what the script assigns becomes a variable; None where the task does not say."""
    said = [
        task.get(f"{{{space}}}autoStoreVariables") for space in CAMUNDA_LIKE
    ]
    if "false" in said:
        return False
    return True if "true" in said else None


def _asks_variables_first(task: Any) -> bool:
    spaces = task.nsmap.values()
    return FLOWABLE in spaces or ACTIVITI in spaces


def _from_python(task: Any, text: str) -> str | None:
    """The script in our words where it is Python that ours has in others; None for a script that needs none,
    too."""
    written = (task.get("scriptFormat") or "").lower()
    python = "python" in written or (not written and _FILLED.search(text))
    if not python and SPIFF not in task.nsmap.values():
        return None
    try:
        expressions.compile_script(text)
    except expressions.ExpressionRefused:
        return python_text.script(text)
    return None


def _value(text: str, written: str) -> str:
    """What the script's last line gives, in our language where it can be translated; else the line as it
    stands."""
    if language(written) not in (FEEL, JUEL):
        return text
    if language(written) == FEEL:
        result = texts.as_feel(texts.condition, text)
    else:
        result = texts.condition(text)
    if result.problem:
        return text
    return result.text


def _format(node: Any, task: Any) -> str:
    """The script's language; where none is named it is JUEL in Flowable and Activiti, and anywhere else if it
    is one `${…}`."""
    written = (task.get("scriptFormat") or "").strip()
    text = (node.text or "").strip()
    is_juel = _asks_variables_first(task) or _WRAPPED.match(text)
    if written or not text or not is_juel or texts.are_ours():
        return written
    task.set("scriptFormat", JUEL)
    return JUEL
