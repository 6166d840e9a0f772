"""What a form's values must keep to beyond their own fields: CHECKS maps a form key to a rule over the registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain.grids import check_plan, plan_from_form, subject
from orchestrator.errors import RuleViolated
from orchestrator.services.deployments import Bundle
from orchestrator.store.registers import ServiceItem
from orchestrator.store.situation import grid_situation


def derive(session: Session, bundle: Bundle, form_key: str | None, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Variables that follow from the values; raises RuleViolated with every reason when a register forbids them."""
    rule = CHECKS.get(form_key or "")
    return rule(session, bundle, values, path) if rule else {}


def _grid_adjustment(session: Session, bundle: Bundle, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    situation = grid_situation(session, bundle.jurisdiction.key, path)
    plan = plan_from_form(values)
    reasons = check_plan(plan, situation, bundle.jurisdiction.grid)
    if reasons:
        raise RuleViolated(reasons)
    return {"subject": subject(plan, situation.grid_names)}


def _item_exit(session: Session, bundle: Bundle, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    item = session.get(ServiceItem, values.get("item_id", ""))
    return {"item_name": item.name if item else ""}


def _assistance(session: Session, bundle: Bundle, values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The lead department does not assist itself."""
    lead = values.get("lead_department")
    assisting = [each for each in values.get("assisting_departments") or [] if each != lead]
    return {"assisting_departments": assisting, "handled_by": "office" if values.get("decision") == "self" else "department"}


CHECKS: Mapping[str, Callable[[Session, Bundle, Mapping[str, Any], str], dict[str, Any]]] = {
    "grid_adjustment": _grid_adjustment,
    "item_exit": _item_exit,
    "case_triage": _assistance,
    "case_triage_county": _assistance,
    "case_triage_city": _assistance,
}
