"""The rule about 会签: what the preset needs, and what would contradict it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    quoted,
    refuse,
)
from orchestrator.engine.countersign import PROPERTY, WAYS
from orchestrator.engine.model import Element
from orchestrator.errors import Finding
from orchestrator.sentences import say


def countersign(diagram: DeployedDiagram) -> Iterator[Finding]:
    for element in diagram.elements():
        way = element.properties.get(PROPERTY)
        if way is None:
            continue
        for outcome in _wrong(diagram, element, way):
            yield refuse(
                "countersign",
                element.id,
                say(
                    "会签步骤{named}{told}",
                    named=quoted(element),
                    told=outcome,
                ),
            )


def _wrong(
    diagram: DeployedDiagram, element: Element, way: str
) -> Iterator[str]:
    multi = element.multi
    preset = element.countersign
    if preset is None:
        yield say(
            "的会签方式“{way}”不认识，可用{listed}，请在面板里重新选择",
            way=way,
            listed="、".join(WAYS.values()),
        )
        return
    if element.type != "userTask" or multi is None or multi.is_loop:
        yield say(
            "没有标为多实例的人工任务，会签要由几个人各办一份，请标为多实例并填写会签人的集合",
        )
        return
    if multi.sequential != preset.sequential:
        if multi.sequential:
            drawn = say("依次")
            wanted = say("并行")
        else:
            drawn = say("并行")
            wanted = say("依次")
        yield say(
            "画成了{drawn}多实例，“{called}”应为{wanted}，请在面板里重新选择会签方式",
            drawn=drawn,
            called=preset.called,
            wanted=wanted,
        )
    if multi.condition:
        yield say("另写了完成条件，何时办完由会签方式决定，请删除完成条件")
    if preset.way == "ratio" and preset.share is None:
        yield say(
            "没有写明通过的比例，请填写 60（百分之六十）或 2/3 这样的比例"
        )
    if preset.agree == preset.refuse:
        yield say("的同意和不同意是同一个选项，请分别选择")
    fields = (diagram.form_fields or {}).get(element.form_key or "")
    if fields is not None and preset.vote not in fields:
        yield say(
            "的表单“{form_key}”没有表决的字段“{vote}”，请在面板里选择",
            form_key=element.form_key,
            vote=preset.vote,
        )
