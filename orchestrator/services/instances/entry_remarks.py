"""What stands beside a line of the timeline: to whom, why, until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.domain.jurisdiction.functions import CASE_OFFICE
from orchestrator.engine.nameless import label
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle
from orchestrator.services.instances import ballots
from orchestrator.services.records.sights import CAREFUL, InstanceSight
from orchestrator.services.user_tasks import signers
from orchestrator.store.instances import HistoryEntry


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in a history are called."""

    people: Mapping[int, str]
    bodies: Mapping[str, str]
    files: Mapping[str, str]
    sight: InstanceSight = CAREFUL
    """What whoever reads sees of the answers."""


Remark = Callable[[Bundle, Names, Mapping[str, Any]], str]


def remark_of(bundle: Bundle, names: Names, entry: HistoryEntry) -> str:
    """The remark of an entry; empty where there is nothing to add."""
    kind = entry.kind
    data = entry.data
    if kind in _REMARKS:
        remark = _REMARKS[kind](bundle, names, data)
    elif "from" in data:
        remark = handing_over(data)
    elif kind in _PASSING:
        remark = _PASSING[kind](bundle, names, data)
    else:
        said = (
            data.get("reason")
            or data.get("message")
            or data.get("remark")
            or data.get("to")
            or ""
        )
        if isinstance(said, str):
            remark = said
        else:
            remark = str(said)
    if kind.startswith("deadline-") and kind != "deadline-suspended":
        until = datetime.fromisoformat(data["due"]).astimezone(
            ZoneInfo(bundle.jurisdiction.timezone)
        )
        moved = say("截止时间改为 {until:%Y-%m-%d %H:%M}", until=until)
        return joined("；", filter(None, [remark, moved]))
    return remark


def result_of(entry: HistoryEntry) -> tuple[str, str] | None:
    """(title, remark) of a service task that changed a register; None for any other."""
    topic = entry.data.get("topic")
    if topic not in _RESULTS:
        return None
    return _RESULTS[topic], _result(entry.data.get("result", {}))


def handing_over(data: Mapping[str, Any]) -> str:
    """From whom to whom a task went, and why: `由张三转给李四（出差）`."""
    if data.get("to"):
        whither = say("转给{to}", to=data["to"])
    else:
        whither = say("放回")
    if data.get("reason"):
        reason = f"（{data['reason']}）"
    else:
        reason = ""
    return say(
        "由{sender}{whither}{reason}",
        sender=data["from"],
        whither=whither,
        reason=reason,
    )


def signing_remark(data: Mapping[str, Any]) -> str:
    """Whom somebody asked to sign and how, or what a signer answered."""
    if "answer" in data:
        if data["answer"] == "agree":
            verdict = say("同意")
        else:
            verdict = say("不同意")
        return joined(
            "；",
            [joined("：", [verdict, data["reason"]]), *data.get("files", ())],
        )
    names = joined("、", data["to"])
    if "turn" not in data:
        return names
    how = joined(
        "，", [signers.TURNS[data["turn"]], signers.WAYS[data["way"]]]
    )
    return joined(
        "：",
        filter(
            None,
            [
                say("{names}（{how}）", names=names, how=how),
                data.get("reason", ""),
            ],
        ),
    )


def _signing(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return signing_remark(data)


def _submission_ended(
    _bundle: Bundle, _names: Names, data: Mapping[str, Any]
) -> str:
    if data.get("why") == "refused":
        return say("没有办结，退回办理人：{reason}", reason=data["reason"])
    return say(
        "任务已转到他人，{name}提交的内容不再生效，为他保留",
        name=data["of"],
    )


def _up(bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return say(
        "{verb}{office}",
        verb=say("报至"),
        office=_case_office(bundle, str(data.get("to"))),
    )


def _down(bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return say(
        "{verb}{office}",
        verb=say("交至"),
        office=_case_office(bundle, str(data.get("to"))),
    )


def _given(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return joined(
        "：",
        filter(
            None, [say("交给 {to}", to=data.get("to", "")), data.get("reason")]
        ),
    )


def _copied(_bundle: Bundle, names: Names, data: Mapping[str, Any]) -> str:
    to = names.bodies.get(str(data.get("to")), str(data.get("to")))
    return joined("：", filter(None, [to, str(data.get("reason") or "")]))


def _copy_sent(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return joined(
        "：", filter(None, [joined("、", data["to"]), data.get("reason", "")])
    )


def _merged(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return (
        f"{data.get('into') or data.get('case')}（{data.get('reason', '')}）"
    )


def _migrated(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    then, now = data["versions"]
    return joined(
        "；",
        [
            say("由第 {then} 版移到第 {now} 版", then=then, now=now),
            *data.get("changed", ()),
        ],
    )


def _counted(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return ballots.counted(data)


def _undone(bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    elements = [
        bundle.definition.elements.get(activity)
        for activity in data["activities"]
    ]
    called = [
        f"“{label(element)}”" for element in elements if element is not None
    ]
    return say("按办结的相反顺序撤销{names}", names=joined("、", called))


def _flow_chosen(
    _bundle: Bundle, _names: Names, data: Mapping[str, Any]
) -> str:
    return f"{data['to']}（{data['reason']}）"


def _re_homed(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return f"{data['before']} → {data['after']}（{data['because']}）"


def _again(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    return str(data["number"])


def _reworked(_bundle: Bundle, _names: Names, data: Mapping[str, Any]) -> str:
    times = say("第 {times} 次", times=data.get("times", 1))
    return joined("：", filter(None, [times, str(data.get("reason") or "")]))


_REMARKS: Mapping[str, Remark] = {
    "reworked": _reworked,
    "applied-again": _again,
    "copied": _copied,
    "copy-sent": _copy_sent,
    "signers-added": _signing,
    "signer-removed": _signing,
    "signed": _signing,
    "submission-ended": _submission_ended,
    "merged": _merged,
    "absorbed": _merged,
    "unmerged": _merged,
    "migrated": _migrated,
    "countersigned": _counted,
    "compensation": _undone,
    "flow-chosen": _flow_chosen,
    "re-homed": _re_homed,
}
"""Kind of an entry → its remark."""
_PASSING: Mapping[str, Remark] = {
    "escalated": _up,
    "assigned-down": _down,
    "assigned": _given,
    "delegated": _given,
}
"""Kind of an entry that gives something away → its remark, where it does not say from whom."""
_RESULTS = {
    "item-list.publish": say("清单新版本生效"),
    "item-list.remove": say("清单新版本生效"),
    "item-list.compile": say("清单新版本生效"),
    "grids.apply-adjustment": say("网格调整生效"),
    "case.register": say("登记"),
    "case.archive": say("归档"),
    "member.appoint": say("聘用"),
    "member.appoint-several": say("聘用"),
    "member.name-leader": say("登记任职"),
    "member.dismiss": say("解聘"),
    "notice.publish": say("更新公示"),
    "filing.record": say("报送备案"),
    "filing.acknowledge": say("备案收悉"),
    "case.return": say("部门退回"),
    "deadline.extend": say("延期生效"),
    "deadline.suspend": say("挂账生效"),
    "deadline.resume": say("恢复办理"),
}
"""Topic → what the timeline calls it."""


def _case_office(bundle: Bundle, level: str) -> str:
    """The bodies that handle cases at that level, in words."""
    profile = bundle.jurisdiction
    roles = [profile.roles[key] for key in profile.roles_of(CASE_OFFICE)]
    names = [role.name for role in roles if level in role.levels]
    return say(
        "{level}{names}",
        level=profile.levels.name(level),
        names=joined("、", names) if names else say("机构"),
    )


def _result(result: Mapping[str, Any]) -> str:
    if "item_list_number" in result:
        return say(
            "第 {item_list_number} 版，{item_list_effective_on} 起生效",
            item_list_number=result["item_list_number"],
            item_list_effective_on=result.get("item_list_effective_on", ""),
        )
    if "new_grids" in result:
        return say(
            "新网格 {names}；转移在办事件 {moved_cases} 件",
            names=joined("、", result["new_grids"]),
            moved_cases=result.get("moved_cases", 0),
        )
    return ""
