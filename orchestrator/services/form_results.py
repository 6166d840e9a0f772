"""Variables that a form's own rule adds to the values that were filled in (`form_checks`): form key to (name, label)."""

from __future__ import annotations

from collections.abc import Mapping

_EFFECT = (("effective_on", "拟生效日期"),)
_PLAN = (*_EFFECT, ("subject", "调整内容"))
_DAYS = (*_EFFECT, ("leaves_on", "截止日期"))
_EXIT = (*_EFFECT, ("item_name", "事项名称"))
_ASSISTANCE = (("assisting_departments", "协办部门"), ("handled_by", "由谁办理"))

RESULTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "grid_adjustment": _PLAN,
    "grid_adjustment_joint": _PLAN,
    "item_application": _DAYS,
    "item_supplement": _DAYS,
    "item_exit": _EXIT,
    "item_exit_proposal": _EXIT,
    "case_triage": _ASSISTANCE,
    "case_triage_county": _ASSISTANCE,
    "case_triage_city": _ASSISTANCE,
    "case_triage_county_down": _ASSISTANCE,
    "case_triage_city_down": _ASSISTANCE,
}
