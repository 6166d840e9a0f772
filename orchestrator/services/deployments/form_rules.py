"""The rules that a form may name in its `properties`, and what each needs and sets. `form_checks` carries
them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import forms
from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class FormRule:
    """What a designer is told of a rule."""

    label: str
    """What it does, as the form editor offers it."""
    needs: tuple[str, ...]
    """Keys of the fields that it reads; a form without one of them is refused."""
    sets: tuple[tuple[str, str], ...] = ()
    """(name, label) of the variables that it adds to what was filled in."""


NONE = "none"
"""Written where a form wants no rule although its file's name bound one once (`bundles.bound_rules`)."""

_EFFECT = (("effective_on", say("拟生效日期")),)
_PLAN = (*_EFFECT, ("subject", say("调整内容")))

RULES: Mapping[str, FormRule] = {
    "item-application": FormRule(
        say("事项申请：类别须在分类目录内，截止日期在生效之后"),
        ("category",),
        (*_EFFECT, ("leaves_on", say("截止日期"))),
    ),
    "item-list-draft": FormRule(
        say("编制清单：逐项核对名称不重复、类别在分类目录内"),
        ("listed_items",),
        (
            *_EFFECT,
            ("listed_items", say("清单事项")),
            ("pasted_items", say("从表格粘贴事项")),
            ("consulted_bodies", say("征求意见的部门、单位")),
        ),
    ),
    "item-list-decision": FormRule(
        say("审定清单：记下不予列入的事项"),
        ("refused_items",),
        (
            ("refused_items", say("不予列入的事项")),
            ("also_refused_items", say("另外不予列入的事项")),
        ),
    ),
    "item-list-second-decision": FormRule(
        say("再次审定清单：记下另外不予列入的事项"),
        ("also_refused_items",),
        (("also_refused_items", say("另外不予列入的事项")),),
    ),
    "item-exit": FormRule(
        say("事项退出：记下退出事项的名称"),
        ("item_id",),
        (*_EFFECT, ("item_name", say("事项名称"))),
    ),
    "grid-adjustment": FormRule(
        say("网格调整：方案须符合网格划分的各项要求"), ("kind",), _PLAN
    ),
    "grid-adjustment-joint": FormRule(
        say("网格调整：方案在共同提出的乡镇（街道）范围内核对"),
        ("kind", "township_government"),
        _PLAN,
    ),
    "assistance": FormRule(
        say("分流：牵头部门不兼作协办部门"),
        ("lead_department", "assisting_departments", "decision"),
        (
            ("assisting_departments", say("协办部门")),
            ("assigned_assisting", say("交办时的协办部门")),
            ("handled_by", say("由谁办理")),
            ("priority", say("紧急程度")),
        ),
    ),
    "member-applicants": FormRule(
        say("报名人员：逐人核对岗位的任职条件"), ("post", "applicants")
    ),
    "recruitment-plan": FormRule(
        say("招聘方案：网格有这个岗位、每格一行、不超过员额"),
        ("post", "places"),
    ),
    "recruitment-hires": FormRule(
        say("拟聘人员：网格在招聘方案里，人数不超过方案"), ("hires",)
    ),
    "leader-proposal": FormRule(
        say("网格长：会同的村（社区）组织须是网格所在的，专职网格员须在任"),
        (
            "post_grid",
            "committee",
            "party_organisation",
            "leader_username",
            "leader_position",
        ),
    ),
    "member-conduct": FormRule(
        say("反映网格员：记下所在网格的岗位，作为标题，不写姓名"),
        ("member",),
        (("member_post", say("网格员的岗位")),),
    ),
    "extension": FormRule(
        say("延期：不超过法规允许的次数和天数"), ("task", "amount")
    ),
    "suspension": FormRule(say("挂账：已经挂账的步骤不再申请"), ("task",)),
}


def rule_of(form: forms.Form | None) -> str:
    """Name of the rule that holds for the form; empty where there is none."""
    if form is None or form.rule == NONE:
        return ""
    return form.rule


def offered() -> dict[str, str]:
    """Name → label of what the form editor offers."""
    return {
        **{name: rule.label for name, rule in RULES.items()},
        NONE: say("不用规则"),
    }
