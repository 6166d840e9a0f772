"""What plain BPMN leaves to each tool: the language of conditions, times and scripts, and how a file is put
together."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import import (
    python_text,
    scripts,
    service_scripts,
    texts,
)
from orchestrator.bpmn_import.file_parts import processes
from orchestrator.bpmn_import.names import (
    ACTIVITI,
    CAMUNDA_LIKE,
    FLOWABLE,
    SPIFF,
    local,
    namespace,
)
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions, truths
from orchestrator.engine.translating import TERNARY, Untranslatable
from orchestrator.engine.written_in import (
    FEEL,
    JUEL,
    OTHER,
    OURS,
    XPATH,
    language,
    means_the_same,
    translates,
)
from orchestrator.engine.xml import BPMN, tag
from orchestrator.sentences import say

_CONDITIONS = {
    "conditionExpression": ("condition", say("条件")),
    "completionCondition": ("completionCondition", say("多实例的完成条件")),
    "loopCondition": ("loopCondition", say("循环条件")),
    "condition": ("condition", say("条件事件的条件")),
    "loopCardinality": ("loopCardinality", say("多实例的数量")),
}
_WRAPPED = re.compile(r"^[$#]\{[^{}]*\}$")
_TIMES = {
    "timeDuration": say("时长"),
    "timeDate": say("日期"),
    "timeCycle": say("周期"),
}
_FILLED = re.compile(r"\bf[\"']")
"""A text with values in it, as Python alone writes one."""


def convert(root: Any, report: Report) -> None:
    """Rewrites conditions, times and scripts; makes the process executable."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or namespace(node.tag) != BPMN:
            continue
        name = local(node.tag)
        if name in _CONDITIONS and (node.text or "").strip():
            _condition(node, *_CONDITIONS[name], report)
        elif name in _TIMES and (node.text or "").strip():
            _time(node, name, report)
        elif name == "script":
            _script(node, report)
        elif (
            name == "callActivity"
            and node.get("calledElement")
            and "{" not in node.get("calledElement")
        ):
            report.honoured(
                node,
                "calledElement",
                say(
                    "调用流程“{node}”，发布时要一并发布",
                    node=node.get("calledElement"),
                ),
            )
        elif name == "callActivity" and node.get("calledElement"):
            _computed_call(node, report)
        elif name == "messageFlow":
            report.ignored(
                node,
                "messageFlow",
                say("消息流只作图示，不传递消息"),
            )
    whole = root.get("expressionLanguage")
    if whole and (
        whole.lower() == XPATH
        or language(whole) in (FEEL, JUEL)
        or translates(whole)
    ):
        del root.attrib[
            "expressionLanguage"
        ]  # whatever stood in it has been translated
    processes(root, report)


def _condition(node: Any, label: str, word: str, report: Report) -> None:
    given = node.text.strip()
    language = _language(node)
    if language == OTHER and translates(_written(node)):
        _scripted(node, label, word, report)
        return
    if language == OTHER:
        sentence = say(
            "{word}“{given}”用 {written} 书写，本系统不运行它。请改写成本系统的写法，"
            '如 decision == "approve"，并去掉语言一项',
            word=word,
            given=given,
            written=_written(node),
        )
        node.set("language", _written(node))
        report.unsupported(node, label, sentence)
        return
    read = texts.condition if label == "loopCardinality" else texts.truth
    if language == FEEL:
        text = texts.as_feel(read, given)
    else:
        text = read(given)
    node.text = text.text
    if not text.problem:
        node.attrib.pop("language", None)
    if text.problem:
        report.unsupported(
            node,
            label,
            say(
                '{word}“{given}”不能用：{problem}。请改写，如 decision == "approve"',
                word=word,
                given=given,
                problem=text.problem,
            ),
        )
    elif text.text != given:
        report.mapped(
            node,
            label,
            say(
                "{word}由“{given}”改写为“{text}”",
                word=word,
                given=given,
                text=text.text,
            ),
        )
    else:
        report.honoured(
            node,
            label,
            say("{word}“{given}”照用", word=word, given=given),
        )


def _scripted(node: Any, label: str, word: str, report: Report) -> None:
    """A condition that is a script of Groovy or JavaScript: its value must be a truth, as there."""
    given = node.text.strip()
    written = _written(node)
    try:
        made = scripts.value(given, scripts.language_of(written))
    except Untranslatable as reason:
        sentence = say(
            "{word}“{given}”用 {written} 书写，不能用：{reason}。请改写成本系统的写法，"
            '如 decision == "approve"，并去掉语言一项',
            word=word,
            given=" ".join(given.split())[:200],
            written=written,
            reason=reason,
        )
        node.set("language", written)
        report.unsupported(node, label, sentence)
        return
    if label != "loopCardinality":
        made = truths.only_truth((made, TERNARY))[0]
    node.text = made
    node.attrib.pop("language", None)
    report.mapped(
        node,
        label,
        say(
            "{word}由“{given}”改写为“{text}”",
            word=word,
            given=given,
            text=made,
        ),
    )


def _written(node: Any) -> str:
    """The language that the node names, or the whole file."""
    return str(
        node.get("language")
        or node.getroottree().getroot().get("expressionLanguage")
        or "",
    )


def _language(node: Any) -> str:
    """XPath is the default that tools write for a whole file; what stands in `${…}` is none in any case."""
    written = _written(node)
    if written.lower() == XPATH and (
        not node.get("language") or _WRAPPED.match((node.text or "").strip())
    ):
        return OURS
    return language(written)


def _computed_call(node: Any, report: Report) -> None:
    given = node.get("calledElement").strip()
    text = texts.template(given)
    node.set("calledElement", text.text)
    if text.problem:
        report.unsupported(
            node,
            "calledElement",
            say(
                "按表达式“{given}”调用流程，不能用：{problem}",
                given=given,
                problem=text.problem,
            ),
        )
    elif text.text != given:
        report.mapped(
            node,
            "calledElement",
            say(
                "办到时按“{text}”调用流程，可能调用的流程要一并发布",
                text=text.text,
            ),
        )
    else:
        report.honoured(
            node,
            "calledElement",
            say(
                "办到时按“{given}”调用流程，可能调用的流程要一并发布",
                given=given,
            ),
        )


def _time(node: Any, name: str, report: Report) -> None:
    given = node.text.strip()
    if node.get("language") and _language(node) == OTHER:
        report.unsupported(
            node,
            name,
            say(
                "{times}“{given}”用 {written} 书写，本系统不运行它，请改写",
                times=_TIMES[name],
                given=given,
                written=_written(node),
            ),
        )
        return
    text = texts.time(given, name)
    node.text = text.text
    if not text.problem:
        node.attrib.pop("language", None)
    if text.problem:
        report.unsupported(
            node,
            name,
            say(
                "{times}“{given}”不能用：{problem}",
                times=_TIMES[name],
                given=given,
                problem=text.problem,
            ),
        )
    elif text.text != given:
        report.mapped(
            node,
            name,
            say(
                "{times}由“{given}”改写为“{text}”",
                times=_TIMES[name],
                given=given,
                text=text.text,
            ),
        )
    else:
        report.honoured(
            node,
            name,
            say("{times}“{given}”照用", times=_TIMES[name], given=given),
        )


def _script(node: Any, report: Report) -> None:
    task = node.getparent()
    if task.tag != tag("scriptTask"):
        return
    written = (task.get("scriptFormat") or "").strip()
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
        sentence = say(
            "脚本用 {written} 书写，其中的写法在那里是别的意思，"
            '请改写成 level = "county" 这样的赋值，脚本格式改为 python',
            written=written,
        )
        report.unsupported(task, "script", sentence)
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
