"""What a form's values must keep to beyond their own fields: the rule that the form names, over values
(CHECKS), over registers (REGISTER_CHECKS) and over what earlier forms said (KNOWN_CHECKS)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.grids import check_plan, plan_from_form, subject
from orchestrator.domain.jurisdiction import LIST_WORD, list_word
from orchestrator.errors import FormInvalid, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle, form_questions
from orchestrator.services.deployments import (
    form_rules,
    list_drafts,
    member_checks,
)
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.store.registers import ServiceItem
from orchestrator.store.situation import grid_situation
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline


@dataclass(frozen=True, slots=True)
class FormOccasion:
    """Where and when a form is submitted."""

    path: str
    """Of the instance's territory."""
    now: datetime
    known: Mapping[str, Any] = field(default_factory=dict)
    """Variables that the instance has already."""


def derive(
    session: Session,
    bundle: Bundle,
    form_key: str | None,
    values: Mapping[str, Any],
    occasion: FormOccasion,
) -> dict[str, Any]:
    """Variables that follow from the values.

    Raises FormInvalid with the reason at each answer that bars the instance, RuleViolated with every reason
    when a register forbids it.
    """
    result = derive_from_values(
        bundle,
        form_key,
        values,
        occasion.now,
        occasion.known,
    )
    name = form_rules.rule_of(bundle.forms.get(form_key or ""))
    if rule := REGISTER_CHECKS.get(name):
        return {**result, **rule(session, bundle, values, occasion.path)}
    if before := KNOWN_CHECKS.get(name):
        return {**result, **before(session, bundle, values, occasion.known)}
    return result


def derive_from_values(
    bundle: Bundle,
    form_key: str | None,
    values: Mapping[str, Any],
    now: datetime,
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """The part of `derive` that needs no register."""
    form = bundle.forms.get(form_key or "")
    today = now.astimezone(ZoneInfo(bundle.jurisdiction.timezone)).date()
    if form is not None:
        _refuse_barred(bundle, form, values)
        if errors := forms.date_errors(form, values, today, known):
            raise FormInvalid(errors)
    rule = CHECKS.get(form_rules.rule_of(form))
    if rule:
        return rule(bundle, values, today)
    return {}


def _refuse_barred(
    bundle: Bundle, form: forms.Form, values: Mapping[str, Any]
) -> None:
    """A yes to a question that knows no legal exception bars the instance; where it knows one, the form has
    asked for it."""
    word = list_word(bundle.jurisdiction.list_name)
    if word == LIST_WORD:
        word = say("网格{word}", word=word)
    asked = forms.questions_of(form, form_questions.lists(bundle.jurisdiction))
    barred = {
        question.key: [
            say(
                "属于{listed}所列情形（{citation}），不得纳入{word}，请撤回或改为由部门自行办理",
                word=word,
                listed=bundle.jurisdiction.negative_list_name,
                citation=question.citation,
            )
        ]
        for question in asked
        if values.get(question.key) == "yes"
        and not (
            question.exception and values.get(f"{question.key}_exception")
        )
    }
    if barred:
        raise FormInvalid(barred)


def _item_application(
    bundle: Bundle, values: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """The category lies within the city's admission catalogue, where the regulation has one; a temporary
    item's days are in order."""
    if sentence := list_drafts.out_of_catalogue(
        bundle.jurisdiction, values.get("category")
    ):
        raise FormInvalid({"category": [sentence]})
    last = str(values.get("leaves_on") or "")
    if last and last <= max(
        today.isoformat(), str(values.get("effective_on") or "")
    ):
        raise FormInvalid(
            {
                "leaves_on": [
                    say(
                        "截止日期应在今天和拟生效日期之后，请改写；长期事项可不填"
                    )
                ]
            }
        )
    return {
        "leaves_on": values.get("leaves_on"),
        "effective_on": values.get("effective_on"),
    }


def _grid_adjustment(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    situation = grid_situation(session, bundle.jurisdiction, path)
    plan = plan_from_form(values, bundle.jurisdiction.grid)
    reasons = check_plan(plan, situation, bundle.jurisdiction.grid)
    if reasons:
        raise RuleViolated(reasons)
    return {"subject": subject(plan, situation.grid_names)}


def _grid_adjustment_joint(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    """The plan lies within the township whose government takes part."""
    township = session.get(Body, values.get("township_government", ""))
    return _grid_adjustment(
        session, bundle, values, township.territory_path if township else path
    )


def _item_exit(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    item = session.get(ServiceItem, values.get("item_id", ""))
    return {
        "item_name": item.name if item else "",
        "effective_on": values.get("effective_on"),
    }


def _effect(
    bundle: Bundle, values: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """A plan that names no day takes effect when it is approved, whatever an earlier form of it said."""
    return {"effective_on": values.get("effective_on")}


def _assistance(
    bundle: Bundle, values: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """The lead department does not assist itself."""
    lead = values.get("lead_department")
    assisting = [
        department
        for department in values.get("assisting_departments") or []
        if department != lead
    ]
    handled_by = "department"
    if values.get("decision") == "self":
        handled_by = "office"
    if values.get("case_priority"):
        return {
            "priority": values["case_priority"],
            "assisting_departments": assisting,
            "assigned_assisting": assisting,
            "handled_by": handled_by,
        }
    return {
        "assisting_departments": assisting,
        "assigned_assisting": assisting,
        "handled_by": handled_by,
    }


def _extension_request(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    """The extension lies within what the profile allows, counting those granted before."""
    row = session.scalar(
        sa.select(Deadline).where(Deadline.task_id == values.get("task"))
    )
    rule = bundle.jurisdiction.extension
    if row is not None and rule is not None:
        objection = rule.objection(
            deadline_rows.ledger_of(row),
            int(values.get("amount") or 0),
            rule.unit,
        )
        if objection is not None:
            raise FormInvalid({"amount": [objection]})
    return {}


def _suspension_request(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    """What stands still already is not asked for again."""
    row = session.get(Deadline, values.get("task", ""))
    if row is not None and deadline_rows.ledger_of(row).suspended:
        raise FormInvalid(
            {"task": [say("这一步已经挂账，要恢复的请告知批准挂账的机构")]}
        )
    return {}


CHECKS: Mapping[
    str, Callable[[Bundle, Mapping[str, Any], date], dict[str, Any]]
] = {
    "grid-adjustment": _effect,
    "grid-adjustment-joint": _effect,
    "item-application": _item_application,
    "item-list-draft": list_drafts.draft,
    "item-list-decision": list_drafts.decision,
    "item-list-second-decision": list_drafts.second_decision,
    "assistance": _assistance,
    "member-applicants": member_checks.applicants,
    "recruitment-plan": member_checks.plan,
}
"""Rule → what it says of the values alone; `form_rules.RULES` has every rule's name."""
REGISTER_CHECKS: Mapping[
    str, Callable[[Session, Bundle, Mapping[str, Any], str], dict[str, Any]]
] = {
    "grid-adjustment": _grid_adjustment,
    "grid-adjustment-joint": _grid_adjustment_joint,
    "item-exit": _item_exit,
    "recruitment-plan": member_checks.planned_grids,
    "leader-proposal": member_checks.leader,
    "member-conduct": member_checks.post_of_member,
    "extension": _extension_request,
    "suspension": _suspension_request,
}
"""Rule → what it says with the registers at hand."""
KNOWN_CHECKS: Mapping[
    str,
    Callable[
        [Session, Bundle, Mapping[str, Any], Mapping[str, Any]],
        dict[str, Any],
    ],
] = {"recruitment-hires": member_checks.hires}
"""Rule → what it says with the registers, and what the instance has from earlier forms, at hand."""
