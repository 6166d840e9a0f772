"""Which variables a process has that the platform itself begins: a series' turn, an appeal, a pay sheet."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.engine.model import Event, Process
from orchestrator.sentences import say

SERIES = "series."
"""How the messages begin that open what comes round again."""
_OF_A_SERIES: Mapping[str, str] = {
    "host_body": say("主办机构"),
    "period": say("期次"),
    "period_name": say("期次名称"),
}
_FIGURES: Mapping[str, str] = {"figures": say("本期数据")}
_OF_ONE: Mapping[str, Mapping[str, str]] = {
    "series.item_review": {
        "item_id": say("事项"),
        "item_name": say("事项名称"),
        "department_body": say("责任部门"),
        "commitments": say("承诺的保障"),
        "item_work": say("本期办理情况"),
    },
    "series.archive_disposal": {
        "listed_count": say("到期档案件数"),
        "listed": say("到期档案"),
        "listed_lines": say("到期档案清单"),
    },
}
_OTHERS: Mapping[str, Mapping[str, str]] = {
    "assessment.appeal": {
        "assessor_body": say("考核机构"),
        "result_id": say("考核结果"),
        "assessment_name": say("考核名称"),
        "assessment_period": say("考核期"),
        "assessed_name": say("考核对象"),
        "assessed_score": say("考核得分"),
        "appeal_reason": say("申诉理由"),
    },
    "pay.sheet": {
        "sheet_id": say("报酬表"),
        "drafting_body": say("编制机构"),
        "approving_body": say("批准机构"),
        "pay_body": say("编制机构名称"),
        "pay_month": say("月份"),
    },
}


def given(message: str) -> Mapping[str, str]:
    """Name → label of what the platform sets when it begins a process with that message."""
    if message.startswith(SERIES):
        return {**_OF_A_SERIES, **_OF_ONE.get(message, _FIGURES)}
    return _OTHERS.get(message, {})


def begun_with(process: Process) -> dict[str, str]:
    """Name → label of what the platform sets when it begins the process, over all its starts."""
    return {
        name: label
        for element in process.elements.values()
        if element.type == "startEvent" and element.process == process.id
        for event in element.events
        for name, label in _of(event).items()
    }


def _of(event: Event) -> Mapping[str, str]:
    if event.kind != "message":
        return {}
    return given(event.reference or "")
