"""The cities side by side: one Markdown page made from the profiles and diagrams, so that it cannot say
anything else than they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.jurisdiction.grid_rules import STAFFING
from orchestrator.domain.jurisdiction.values import SETTINGS
from orchestrator.domain.territory import PLACES
from orchestrator.engine import (
    Definition,
    deadline_names,
    expressions,
    load_definition,
)
from orchestrator.services.jurisdictions import folder as folders
from orchestrator.services.jurisdictions.rules_in_words import (
    assigning_in_words,
    late_in_words,
    limits_of,
    priorities_in_words,
)

_STATUS = {"in-force": "施行", "trial": "试行", "draft": "草案，尚未施行"}
_FIRST = (
    "item_list_compilation",
    "item_admission",
    "item_exit",
    "grid_adjustment",
    "case_handling",
    "assignment",
    "routine_work",
)
"""Procedures in the order of the page; others that a city has follow."""
_CHOSEN = {
    "${initiator_body}": "发起机构",
    "${lead_department}": "牵头部门",
    "${department}": "协办部门",
    "${called_department}": "被请报到的部门",
    "${joint_body}": "所选的部门、单位",
    "${consulted_body}": "所选的部门、单位",
    "${township_government}": "所选的乡镇政府、街道办事处",
    "${receiver.body}": "接收交办的机构",
    "${grid.bodies}": "被交办的网格",
    "${attendee}": "参会部门",
    "${party_organisation}": "网格所在村（社区）的党组织",
    "${committee}": "网格所在的村（居）委会",
    "${joining_body}": "会同的部门",
}
"""Bodies that are only known as an instance runs, in words."""
_QUOTED = re.compile(r'"([\w-]+)"')
_TERMS = {"${assignment_due}": "交办时定的期限", "${round_due}": "本期结束前"}

Rows = Mapping[str, Callable[[Jurisdiction], str]]


def compare(cities: Path) -> str:
    """The page over every jurisdiction folder below `cities`. Raises RuleViolated for a folder that cannot be
    read."""
    known = (
        path.parent
        for path in sorted(cities.glob("*/jurisdiction.toml"))
        if path.parent.name != folders.TEMPLATE
    )
    profiles = [folders.read(folder).profile for folder in known]
    parts = [
        "# 各市异同",
        "由 `./gridflow flask compare` 根据各市的 `jurisdiction.toml` 和流程图生成，"
        "请改那些文件而不是本页。“默认”指法规没有规定、由本系统设置的。",
        _table(profiles, _FACTS),
    ]
    drawn = {profile.key: _drawn(cities / profile.key) for profile in profiles}
    others = sorted(
        {key for entry in drawn.values() for key in entry} - {*_FIRST}
    )
    for key in (*_FIRST, *others):
        having = [profile for profile in profiles if key in drawn[profile.key]]
        parts.append(f"## {drawn[having[0].key][key].name}")
        parts += [
            _procedure(profile, drawn[profile.key][key]) for profile in having
        ]
    parts += ["## 时限", _table(profiles, _deadline_rows(profiles))]
    parts += _listed("## 分流到哪几级部门", profiles, assigning_in_words)
    parts += _listed("## 到期没有办结时", profiles, late_in_words)
    parts += _listed("## 紧急和重大的", profiles, priorities_in_words)
    return "\n\n".join(parts) + "\n"


def _listed(
    heading: str,
    profiles: Sequence[Jurisdiction],
    tell: Callable[[Jurisdiction], Sequence[str]],
) -> list[str]:
    """The heading, and below it each city with its lines."""
    parts = [heading]
    for profile in profiles:
        lines = tell(profile) or ["配置没有写。"]
        bullets = "\n".join(f"- {line}" for line in lines)
        parts.append(f"**{profile.name}**\n\n{bullets}")
    return parts


def _table(profiles: Sequence[Jurisdiction], rows: Rows) -> str:
    lines = [
        "| | " + " | ".join(profile.name for profile in profiles) + " |",
        "| --- " * (len(profiles) + 1) + "|",
    ]
    lines += [
        f"| {label} | "
        + " | ".join(tell(profile) or "—" for profile in profiles)
        + " |"
        for label, tell in rows.items()
    ]
    return "\n".join(lines)


def _size(profile: Jurisdiction) -> str:
    rules = profile.grid
    if rules.min_households is None and rules.max_households is None:
        return ""
    where = "、".join(
        {**SETTINGS, **rules.kinds}[setting] for setting in rules.size_settings
    )
    norm = f"{rules.min_households}–{rules.max_households} 户"
    if rules.max_people is not None:
        norm += f"或者 {rules.min_people}–{rules.max_people} 人"
    return f"{where} {norm}（{in_words(rules.size_citation)}）"


def _staffing(profile: Jurisdiction) -> str:
    names = {**SETTINGS, "dedicated": "专属"}
    names |= dict(profile.grid.kinds)
    grounds: dict[str, list[str]] = {}
    for key, value in profile.grid.staffing.items():
        ground = in_words(profile.grid.staffing_ground(key))
        grounds.setdefault(ground, []).append(f"{names[key]}{STAFFING[value]}")
    return "；".join(
        f"{'；'.join(norms)}（{ground}）" for ground, norms in grounds.items()
    )


def _approvers(profile: Jurisdiction, change: str) -> str:
    rule = profile.list_rules.get(change)
    if rule is None:
        return ""
    roles = [profile.roles[role].name for role in rule.approvers.values()]
    names = ("和" if rule.together else "或者").join(
        roles
    ) or "不需批准，告知即可"
    if rule.together:
        many = "，都同意才行"
    else:
        many = "，其一即可"
    if len(roles) < 2:
        many = ""
    return f"{names}{many}（{in_words(rule.citation)}）"


def _compilers(profile: Jurisdiction) -> str:
    """Who decides on a list that was compiled. Where whoever compiled the first one decides on it, no text
    says so."""
    rule = profile.list_rules.get("compilation")
    admission = profile.list_rules.get("admission")
    if rule is None or admission is None:
        return ""
    roles = [profile.roles[role].name for role in rule.approvers.values()]
    first, *others = roles
    ground = in_words(admission.citation)
    if not others:
        return f"{first}（{ground}）"
    joint = ("和" if rule.together else "或者").join(others)
    return f"首份：{first}（默认设置）；增补：{joint}（{ground}）"


def _negative(profile: Jurisdiction) -> str:
    rules = profile.negative_list
    if not rules:
        return ""
    return (
        f"{len(rules)} 项（{in_words(rules[0].citation)}），"
        f"{'有法律例外' if any(rule.exception for rule in rules) else '无例外'}"
    )


def _notice(profile: Jurisdiction) -> str:
    names = {
        "name": "名称",
        "area": "范围",
        "members": "人员",
        "phone": "电话",
        "duties": "职责",
        "photo": "照片",
        "supervision_phone": "监督电话",
    }
    sentence = "、".join(
        names.get(field, field) for field in profile.notice_fields
    )
    return sentence + ("；并用藏文" if "bo" in profile.languages else "")


def _together(profile: Jurisdiction) -> str:
    rule = profile.together
    if rule is None:
        return ""
    ground = in_words(rule.citation)
    if not rule.forms:
        return f"不允许（{ground}）"
    return f"可以，每件各记（{ground}）"


_FACTS: Rows = {
    "法规": lambda profile: (
        f"{profile.regulation.title}（{profile.regulation.citation}）"
    ),
    "状态": lambda value: _STATUS[value.regulation.status],
    "施行日期": lambda profile: (
        profile.regulation.in_force_on.isoformat()
        if profile.regulation.in_force_on
        else ""
    ),
    "编制的清单由谁定": _compilers,
    "准入由谁定": lambda value: _approvers(value, "admission"),
    "退出由谁定": lambda value: _approvers(value, "exit"),
    "禁入（负面）清单": _negative,
    "准入目录": lambda profile: (
        f"{len(profile.catalogue.categories)} 类（{in_words(profile.catalogue.citation)}）"
        if profile.catalogue
        else ""
    ),
    "网格种类": lambda value: "、".join(value.grid.kinds.values()),
    "户数标准": _size,
    "人员配备": _staffing,
    "网格编码": lambda profile: (
        f"{sum(segment.length for segment in profile.grid.code)} 位"
    ),
    "公示内容": _notice,
    "发起人催办": lambda value: f"{value.urge_after} 个工作日一次",
    "几件一并办理": lambda value: _together(value),
    "机构负责人": lambda value: "、".join(value.head_titles) or "未设置",
    "流程发布": lambda value: (
        "另一位设计人员确认"
        if value.second_designer
        else "设计人员一人即可；同时办理事项的由另一位确认"
    ),
}


def _deadline_rows(profiles: Sequence[Jurisdiction]) -> Rows:
    names = dict.fromkeys(
        name for profile in profiles for name in profile.deadlines
    )
    labels = {
        name: next(
            p.deadlines[name].label for p in profiles if name in p.deadlines
        )
        for name in names
    }
    return {labels[name]: partial(_deadline, name=name) for name in names}


def _deadline(profile: Jurisdiction, name: str) -> str:
    rule = profile.deadlines.get(name)
    if rule:
        return "；".join(limits_of(profile, rule))
    return ""


def _drawn(folder: Path) -> dict[str, Definition]:
    """The procedures of the city's own diagrams that somebody may start."""
    resources = folders.resources(folder)
    own = [
        load_definition(resources, path.stem)
        for path in sorted(folder.glob("*.bpmn"))
    ]
    return {
        definition.key: definition
        for definition in own
        if definition.starter_groups
    }


def _procedure(profile: Jurisdiction, definition: Definition) -> str:
    """Who starts it, and every user task with who does it, how long, and on what ground."""
    starters = "、".join(
        _body(profile, group) for group in definition.starter_groups
    )
    lines = [
        f"**{profile.name}**：由{starters}发起。",
        "",
        "| 步骤 | 由谁 | 时限 | 依据 |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join(
        lines
        + [
            _step(profile, definition, element_id)
            for element_id in _tasks(definition)
        ]
    )


def _tasks(definition: Definition) -> list[str]:
    return [
        element.id
        for element in definition.elements.values()
        if element.type == "userTask"
    ]


def _step(
    profile: Jurisdiction, definition: Definition, element_id: str
) -> str:
    element = definition.elements[element_id]
    who = "、".join(
        _body(profile, value)
        for value in expressions.split_list(element.candidate_groups or "")
    )
    due = element.due or ""
    length = _TERMS.get(due) or _terms(profile, due) or due
    ground = "、".join(map(in_words, definition.grounds_of(element_id)))
    return f"| {element.name} | {who} | {length or '—'} | {ground} |"


def _terms(profile: Jurisdiction, due: str) -> str:
    """The deadlines of the profile that the text names; of several the first is the usual one."""
    outcome = [
        _deadline(profile, name) for name in deadline_names.all_named(due)
    ]
    return "；紧急、重大的 ".join(filter(None, outcome))


def _body(profile: Jurisdiction, group: str) -> str:
    if group in _CHOSEN:
        return _CHOSEN[group]
    role, _at, place = group.rpartition("@")
    if role.startswith("${"):
        # An expression chooses between roles that it names.
        either = [
            _named(profile, f"{key}@{place}")
            for key in dict.fromkeys(_QUOTED.findall(role))
            if key in profile.roles
        ]
        return "或".join(either)
    return "、".join(
        _named(profile, value) for value in profile.spelled_out([group])
    )


def _named(profile: Jurisdiction, group: str) -> str:
    role, _at, place = group.partition("@")
    families = {role.family for role in profile.roles.values()}
    known = dict.fromkeys(families, "职能部门")
    known |= {key: role.name for key, role in profile.roles.items()}
    if role in profile.roles:
        one = profile.roles[role].levels
    else:
        one = ()
    if one == (place,):
        where = ""
    else:
        where = {**PLACES, **profile.levels.names}.get(place, "相应")
    if place:
        return f"{where}{known.get(role, group)}"
    return known.get(role, group)
