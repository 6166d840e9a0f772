"""Whether service tasks give their handlers what these are told by, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.engine import Element, expressions
from orchestrator.engine.model import Process
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED, Topic
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.names import (
    meant_or_all,
)


def topic_input_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A misspelt input is never read."""
    for process, element, topic in _asked(deployed):
        takes = {field.name: field.label for field in topic.inputs}
        known = {**takes, **{read.name: read.label for read in topic.reads}}
        kept = {
            name for _name, text in element.outputs for name in _names(text)
        }
        for name, _text in element.inputs:
            if name not in known and name not in kept:
                if takes:
                    sentence = meant_or_all(name, takes)
                else:
                    sentence = say("它不接收输入，请删除")
                message = say(
                    "{label}不认识输入“{name}”，{told}",
                    label=_label(element, topic),
                    name=name,
                    told=sentence,
                )
                yield Finding(
                    "topic-input-unknown",
                    element.id,
                    message,
                    resource=process.resource,
                )


def topic_input_missing(deployed: CheckedDeployment) -> Iterator[Finding]:
    """Without an input that it needs, the handler leaves an incident when the instance gets there."""
    for process, element, topic in _asked(deployed):
        given = {name for name, text in element.inputs if text}
        for field in topic.inputs:
            if field.required and field.name not in given:
                if field.bodies:
                    written = say("，写成 角色@层级")
                else:
                    written = ""
                listed = "、".join(field.written(deployed.profile))
                if listed:
                    written = say("，可填 {listed}", listed=listed)
                message = say(
                    "{label}缺少输入“{name}”（{meaning}），请在输入参数中填写{written}",
                    label=_label(element, topic),
                    name=field.name,
                    meaning=field.label,
                    written=written,
                )
                yield Finding(
                    "topic-input-missing",
                    element.id,
                    message,
                    resource=process.resource,
                )
        seen = deployed.variables.seen_at(process, element)
        for read in topic.reads:
            if (
                read.required
                and read.name not in given
                and read.name not in seen
                and process.id not in deployed.variables.open
            ):
                message = say(
                    "{label}要用到“{name}”（{meaning}），但没有哪张表单、哪一步会设置它。"
                    "请在前面的表单中加上这一项，或在输入参数中填写",
                    label=_label(element, topic),
                    name=read.name,
                    meaning=read.label,
                )
                yield Finding(
                    "topic-input-missing",
                    element.id,
                    message,
                    resource=process.resource,
                )


def topic_input_value(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A value that the handler does not know is refused when the instance gets there."""
    for process, element, topic in _asked(deployed):
        labels = {field.name: field.label for field in topic.inputs}
        values = {
            field.name: field.written(deployed.profile)
            for field in topic.inputs
        }
        for name, text in element.inputs:
            if (
                values.get(name)
                and text
                and "${" not in text
                and text not in values[name]
            ):
                listed = "、".join(values[name])
                message = say(
                    "{label}的输入“{name}”（{labels}）写的是“{text}”，只能是 {listed} 之一",
                    label=_label(element, topic),
                    name=name,
                    labels=labels[name],
                    text=text,
                    listed=listed,
                )
                yield Finding(
                    "topic-input-value",
                    element.id,
                    message,
                    resource=process.resource,
                )


def topic_error_uncaught(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A business error that the diagram does not catch: a person's act is refused, without one it is an
    incident. A step right after the start is left alone: its refusal is that of the start form."""
    for process, element, topic in _asked(deployed):
        if _follows_the_start_form(process, element):
            continue
        callers = [
            definition
            for definition in deployed.definitions
            if process.id in definition.processes
        ]
        for code in topic.errors:
            if all(caller.catches(element.id, code) for caller in callers):
                continue
            message = say(
                "{label}可能报告业务错误“{code}”（执行时与登记的情况不符），"
                "流程图上没有出路。请在这一步加错误边界事件，错误代码填 {code}，"
                "连回可以重新决定或撤回的任务",
                label=_label(element, topic),
                code=code,
            )
            yield Finding(
                "topic-error-uncaught",
                element.id,
                message,
                "note",
                process.resource,
            )


def _follows_the_start_form(process: Process, element: Element) -> bool:
    """Whether the step is reached from a start event with a form, and from nowhere else."""
    flows = [flow for scope in process.scopes.values() for flow in scope.flows]
    sources = [
        process.elements[flow.source]
        for flow in flows
        if flow.target == element.id
    ]
    return bool(sources) and all(
        source.type == "startEvent" and source.form_key for source in sources
    )


def _asked(
    deployed: CheckedDeployment,
) -> Iterator[tuple[Process, Element, Topic]]:
    for process in deployed.processes.values():
        for element in process.elements.values():
            topic = DECLARED.get(element.topic or "")
            if topic is not None:
                yield process, element, topic


def _label(element: Element, topic: Topic) -> str:
    return say(
        "{named}（{label}，{topic}）",
        named=named(element),
        label=topic.label,
        topic=element.topic,
    )


def _names(template: str) -> Iterator[str]:
    for text in expressions.template_expressions(template):
        try:
            yield from expressions.names_read(text)
        except expressions.ExpressionRefused:
            continue
