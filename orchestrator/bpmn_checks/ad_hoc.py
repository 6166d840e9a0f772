"""The rule about ad-hoc subprocesses: somebody chooses, from something, and nothing begins or ends by
itself."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import Diagram, named, quoted, refuse
from orchestrator.engine.model import enabled
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say


def ad_hoc_subprocess(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for element in process.elements.values():
            if element.ad_hoc is None:
                continue
            inside = process.scopes[element.id]
            sentence = say("自由子流程{named}", named=quoted(element))
            for value in inside.elements.values():
                if value.type in ("startEvent", "endEvent"):
                    why = say(
                        "里不能有开始事件和结束事件，要办什么由人选择，请删除",
                    )
                    message = joined("", [sentence, why, named(value)])
                    yield refuse("ad-hoc-subprocess", value.id, message)
            if not enabled(inside):
                yield refuse(
                    "ad-hoc-subprocess",
                    element.id,
                    say(
                        "{told}里没有可以选择的活动，请放入至少一个没有入线的活动",
                        told=sentence,
                    ),
                )
            if not (
                element.candidate_groups
                or element.assignee
                or element.candidate_users
            ):
                why = say(
                    "没有指定由谁选择办什么，请选择办理机构（角色@层级）",
                )
                yield refuse(
                    "ad-hoc-subprocess",
                    element.id,
                    joined("", [sentence, why]),
                )
