"""What plain BPMN leaves to each tool: the language of conditions, times and scripts, and how a file is put
together."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_import import script_tasks, scripts, texts
from orchestrator.bpmn_import.file_parts import processes
from orchestrator.bpmn_import.names import local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import truths
from orchestrator.engine.translating import TERNARY, Untranslatable
from orchestrator.engine.written_in import (
    FEEL,
    JUEL,
    OTHER,
    OURS,
    XPATH,
    language,
    translates,
)
from orchestrator.engine.xml import BPMN
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
            script_tasks.convert(node, report)
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
