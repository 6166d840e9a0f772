"""What an official calls each part of a jurisdiction's profile, and its value in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from typing import Any

from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.deadlines import UNIT_NAMES
from orchestrator.domain.grid_work import PERIOD_NAMES
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.jurisdiction.grid_rules import STAFFING
from orchestrator.domain.jurisdiction.values import SETTINGS
from orchestrator.sentences import say

PARTS: Mapping[str, str] = {
    "name": say("辖区名称"),
    "city_code": say("区划代码"),
    "levels": say("层级"),
    "regulation": say("法规"),
    "timezone": say("时区"),
    "office_hours": say("办公时间"),
    "office_hours_changes": say("办公时间以后的改变"),
    "roles": say("角色"),
    "functions": say("职能分工"),
    "articles": say("条文"),
    "deadlines": say("时限"),
    "grid": say("网格"),
    "item_categories": say("事项类别"),
    "seed_items": say("首版清单的事项"),
    "seed_lists": say("有首版清单的地方"),
    "notice_fields": say("公示内容"),
    "languages": say("文字"),
    "list_name": say("清单名称"),
    "notice_duties": say("公示的网格员职责"),
    "notice_labels": say("公示的第二种文字"),
    "supervision_phones": say("监督电话"),
    "numbering": say("编号前缀"),
    "list_rules": say("清单的变更"),
    "negative_list": say("禁入事项"),
    "negative_list_name": say("禁入清单的名称"),
    "catalogue": say("准入目录"),
    "extension": say("延期"),
    "secrecy": say("知悉范围"),
    "data": say("数据使用分级"),
    "figures": say("统计口径"),
    "assessment": say("考核"),
    "series": say("定期工作"),
    "retention": say("档案保管期限"),
    "members": say("网格队伍"),
    "grid_work": say("网格日常工作"),
    "overdue": say("逾期处理"),
    "together": say("一起办理"),
    "case_classes": say("事件类别"),
    "responsibilities": say("职责清单"),
    "assigning": say("分流到哪几级部门"),
    "priorities": say("紧急程度"),
    "deadline_approvers": say("延期和挂账的批准人"),
    "head_titles": say("机构负责人的职务"),
    "urge_after": say("再次催办间隔的工作日"),
    "second_designer": say("另一位设计人员确认"),
}
"""Part of a profile → what an official calls it."""
SECTION_OF: Mapping[str, str] = {
    "regulation": "basis",
    "articles": "articles",
    "deadlines": "deadlines",
    "roles": "roles",
    "functions": "functions",
    "negative_list": "negative",
    "grid": "grids",
    "members": "posts",
    "figures": "figures",
    "secrecy": "secrecy",
    "data": "data",
    **dict.fromkeys(
        ("notice_fields", "notice_duties", "notice_labels"),
        "notice",
    ),
    "supervision_phones": "notice",
    **dict.fromkeys(
        ("item_categories", "list_name", "list_rules", "catalogue"),
        "items",
    ),
    "negative_list_name": "items",
    **dict.fromkeys(("name", "levels", "languages"), "place"),
    **dict.fromkeys(("case_classes", "together"), "cases"),
    "seed_items": "seed",
    "seed_lists": "items",
    "assessment": "assessments",
    "series": "series",
    "retention": "retention",
    "overdue": "overdue",
    "priorities": "priorities",
    "responsibilities": "responsibilities",
    "assigning": "assigning",
    "grid_work": "grid-work",
}
"""Part of a profile → the section of the editor that has it; `office` for those not named."""
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "Regulation": {
        "title": say("名称"),
        "citation": say("文号或公布令"),
        "status": say("状态"),
        "in_force_on": say("施行日期"),
        "source": say("来源"),
        "documents": say("配套文件"),
    },
    "Levels": {"names": say("名称")},
    "Role": {
        "name": say("名称"),
        "levels": say("层级"),
        "name_template": say("机构全称"),
        "family": say("类别"),
        "oversees": say("查看本辖区全部事项"),
        "short_name": say("简称"),
        "name_by_ending": say("地名结尾不同时的全称"),
        "office_hours": say("办公时间"),
        "office_hours_changes": say("办公时间以后的改变"),
    },
    "DatedHours": {
        "from_on": say("从哪一天起"),
        "hours": say("办公时间"),
    },
    "Article": {
        "heading": say("条目名称"),
        "summary": say("摘要"),
        "wordings": say("条文原文"),
    },
    "DeadlineRule": {
        "label": say("名称"),
        "amount": say("数量"),
        "unit": say("单位"),
        "until": say("到那一天几点"),
        "citation": say("依据"),
        "from_on": say("从哪一天起"),
        "changes": say("以后的改变"),
        "classes": say("分类的时限"),
        "chosen_in": say("自定时限的字段"),
        "at_least": say("最短"),
        "at_most": say("最长"),
    },
    "GridRules": {
        "kinds": say("种类"),
        "code": say("编码"),
        "kind_codes": say("种类代码"),
        "staffing": say("人员配备"),
        "staffing_citation": say("配备的依据"),
        "staffing_citations": say("各类网格配备的依据"),
        "min_households": say("最少户数"),
        "max_households": say("最多户数"),
        "min_people": say("或者最少人数"),
        "max_people": say("或者最多人数"),
        "size_citation": say("户数的依据"),
        "size_settings": say("户数标准用于"),
        "managed": say("由部门和属地双重管理的网格种类"),
        "managed_citation": say("双重管理的依据"),
    },
    "CodeSegment": {"name": say("名称"), "length": say("位数")},
    "ListRule": {
        "citation": say("依据"),
        "approvers": say("由谁批准"),
        "together": say("须各机关都批准"),
        "again_after_refusal": say("未获同意后几个月内不得再提"),
        "refused_ends": say("哪些结束是未获同意"),
        "again_after_exit": say("退出后几个月内不得再申请纳入"),
        "again_citation": say("不得再提的依据"),
    },
    "NegativeRule": {
        "text": say("内容"),
        "citation": say("依据"),
        "exception": say("另有规定的除外"),
    },
    "Catalogue": {"citation": say("依据"), "categories": say("类别")},
    "ExtensionRule": {
        "max_times": say("最多次数"),
        "max_amount": say("最多延长"),
        "unit": say("单位"),
        "citation": say("依据"),
    },
    "Secrecy": {
        "levels": say("级别"),
        "restricted": say("限知悉的级别"),
        "citation": say("依据"),
    },
    "FigureRules": {
        "told_by": say("算作反馈的步骤"),
        "told_where": say("填了才要反馈的字段"),
        "rated_in": say("填满意度的字段"),
        "content": say("算作满意的选项"),
        "targets": say("应达到的百分比"),
        "citation": say("依据"),
    },
    "RetentionRules": {
        "classes": say("类别"),
        "other": say("没有列出的流程"),
        "source": say("划分的依据"),
    },
    "DataRules": {
        "grades": say("分级的数据"),
        "grantors": say("哪些机构可以授权查看"),
        "longest_grant": say("授权最长几天"),
        "citation": say("依据"),
    },
    "DataGrade": {
        "name": say("名称"),
        "fields": say("哪些字段"),
        "forms": say("哪些表单"),
        "processes": say("哪些流程"),
        "registers": say("哪些台账"),
        "seen_by": say("谁直接看到"),
        "opened_by": say("谁写明理由后看到"),
        "citation": say("依据"),
    },
    "RetentionClass": {
        "name": say("名称"),
        "years": say("保管几年"),
        "processes": say("哪些流程"),
        "priorities": say("哪些紧急程度的事件"),
    },
    "MemberRules": {
        "educations": say("学历"),
        "posts": say("岗位"),
        "conditions": say("任职条件"),
        "average_age": say("平均年龄"),
        "educated": say("学历标准"),
        "educated_percent": say("学历达标的百分比"),
        "citation": say("依据"),
        "training": say("培训"),
        "insurances": say("网格员的保险"),
        "equipment_citation": say("配发装备的依据"),
        "pay": say("网格员的报酬"),
    },
    "InsuranceRule": {
        "name": say("名称"),
        "posts": say("适用的岗位"),
        "encouraged": say("鼓励投保，不是必须"),
        "citation": say("依据"),
    },
    "PayRules": {
        "base": say("岗位基数（元）"),
        "grades": say("考核等次（元）"),
        "assessment": say("按哪一项考核"),
        "procedure": say("奖励的流程编号"),
        "allowances": say("算作补助的奖励种类"),
        "drafted_by": say("由谁编制"),
        "approved_by": say("由谁批准"),
        "citation": say("依据"),
    },
    "GroupRule": {
        "name": say("名称"),
        "named": say("名称一栏叫什么"),
        "forms": say("有哪几种"),
        "head": say("负责人叫什么"),
        "households": say("登记户数"),
        "at_least": say("每个网格至少几个"),
        "citation": say("依据"),
    },
    "TrainingRules": {
        "hours_per_year": say("每年学时"),
        "hours_citation": say("学时的依据"),
        "warn_from_month": say("从几月起提醒"),
        "pre_post": say("先培训后上岗"),
        "pre_post_citation": say("岗前培训的依据"),
    },
    "GridWorkRules": {
        "attentions": say("重点走访的对象"),
        "visits": say("走访要求"),
        "patrol_period": say("多久巡查一次"),
        "patrol_times": say("其间至少几次"),
        "patrol_citation": say("巡查的依据"),
        "meeting_period": say("多久开一次会"),
        "meeting_name": say("会议名称"),
        "meeting_citation": say("会议的依据"),
        "groups": say("网格组织和队伍"),
    },
    "VisitRule": {
        "name": say("名称"),
        "period": say("多久一次"),
        "kinds": say("走访哪些"),
        "attentions": say("哪些重点对象"),
        "citation": say("依据"),
    },
    "OverdueRule": {
        "after": say("到期以后多久"),
        "unit": say("单位"),
        "after_day_in": say("从承诺的日期起算的字段"),
        "repeat": say("此后每隔多久再做，到办结"),
        "notice": say("提醒承办机构"),
        "mark": say("标明催办"),
        "copy_to": say("抄送"),
        "escalate_to": say("上报"),
        "bulletin": say("列入通报"),
        "citation": say("依据"),
    },
    "DepartmentReach": {
        "levels": say("部门的层级"),
        "citation": say("依据"),
    },
    "Responsibility": {
        "level": say("层级"),
        "lead": say("牵头部门"),
        "items": say("事项"),
        "categories": say("事项类别"),
        "assisting": say("协办部门"),
        "case_class": say("建议的事件类别"),
        "priority": say("建议的紧急程度"),
        "citation": say("依据"),
    },
    "TogetherRule": {"forms": say("表单"), "citation": say("依据")},
    "PriorityRule": {
        "name": say("本地怎样称呼"),
        "tell": say("立即告知"),
        "on_call": say("办公时间以外另告知"),
        "repeat_minutes": say("隔几分钟再告知"),
        "citation": say("依据"),
    },
    "PostRule": {
        "name": say("名称"),
        "role": say("角色"),
        "employment": say("用工方式"),
        "at_least": say("至少几人"),
        "citation": say("依据"),
        "grids": say("用于哪些网格"),
        "recruited_in": say("在哪些网格公开招聘"),
        "recruited_citation": say("公开招聘的依据"),
    },
    "MemberCondition": {
        "text": say("内容"),
        "citation": say("依据"),
        "posts": say("适用的岗位"),
        "at_least_age": say("年龄不小于"),
        "at_most_age": say("年龄不大于"),
        "schooling": say("学历不低于"),
        "usual": say("一般应当"),
    },
}
"""Class of a value → its attributes, and what an official calls each."""
IRRELEVANT: Mapping[str, frozenset[str]] = {
    "Jurisdiction": frozenset({"key"}),
    "Role": frozenset({"key", "oversees_in_vain"}),
    "Article": frozenset({"number"}),
    "DeadlineRule": frozenset({"name"}),
    "NegativeRule": frozenset({"id"}),
    "PostRule": frozenset({"key"}),
    "InsuranceRule": frozenset({"key"}),
    "GroupRule": frozenset({"key"}),
    "RetentionClass": frozenset({"key"}),
    "DataGrade": frozenset({"key"}),
    "VisitRule": frozenset({"key"}),
    "MemberCondition": frozenset({"key"}),
}
"""Class → attributes that are the name of the value itself, or follow from another."""
_STATUSES = {
    "in-force": say("施行"),
    "trial": say("试行"),
    "draft": say("草案"),
}

_CHOICES: Mapping[str, Mapping[str, str]] = {
    "unit": UNIT_NAMES,
    "period": PERIOD_NAMES,
    "priority": PRIORITIES,
    "status": _STATUSES,
    "employment": {"full_time": say("专职"), "part_time": say("兼职")},
}
"""Attribute → what its values are called."""


def attributes(value: Any) -> list[tuple[str, str]]:
    """(name, label) of each attribute of the value that says something of its own."""
    of = type(value).__name__
    plain = {field.name: field.name for field in fields(value)}
    labels = ATTRIBUTES.get(of, plain)
    return list(labels.items())


def said(name: str, value: Any, profile: Jurisdiction) -> str:
    """The value of the attribute `name` in words."""
    if value is None or value == "" or value == () or value == {}:
        return say("无")
    if isinstance(value, bool):
        return say("是") if value else say("否")
    if name.endswith("citation"):
        return in_words(str(value))
    if name in _CHOICES:
        return _CHOICES[name].get(str(value), str(value))
    if name.endswith("_period"):
        return PERIOD_NAMES.get(str(value), str(value))
    if isinstance(value, date):
        return value.isoformat()
    if name == "staffing":
        value = {key: STAFFING.get(each, each) for key, each in value.items()}
    if isinstance(value, Mapping):
        return "、".join(
            f"{_named(key, profile)}＝{said('', entry, profile)}"
            for key, entry in value.items()
        )
    if isinstance(value, tuple):
        return "、".join(_one(entry, profile) for entry in value)
    return _named(value, profile)


def _one(value: Any, profile: Jurisdiction) -> str:
    if isinstance(value, tuple) and all(isinstance(t, time) for t in value):
        return "–".join(f"{entry:%H:%M}" for entry in value)
    if isinstance(value, tuple):
        return " ".join(_named(entry, profile) for entry in value)
    if is_dataclass(value):
        outcome = [
            f"{label}：{said(name, getattr(value, name), profile)}"
            for name, label in attributes(value)
            if getattr(value, name)
        ]
        return "（" + "，".join(outcome) + "）"
    return _named(value, profile)


def _named(key: Any, profile: Jurisdiction) -> str:
    """What the profile calls a role, a level or a kind of grid; anything else as it is."""
    text = str(key)
    name, at, level = text.partition("@")
    role = profile.roles.get(name)
    if role and at:
        return profile.levels.names.get(level, level) + role.name
    if role:
        return role.name
    kinds = {**SETTINGS, **profile.grid.kinds}
    return profile.levels.names.get(text) or kinds.get(text, text)
