"""The page of a task, put together from its parts: the task, its form, its instance, the people around it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import render_template, request

import forms
from orchestrator.domain.jurisdiction.functions import EXTENSION_APPLICANT
from orchestrator.services import access, bundles, user_tasks
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import (
    case_view,
    proposals,
    subjects,
    timeline,
)
from orchestrator.services.instances.history_parts import WantedPart
from orchestrator.services.people import pay
from orchestrator.services.records import purposes, sights
from orchestrator.services.registers import grid_maps
from orchestrator.store import disposals
from orchestrator.store.decision_aids import decision_aids
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import find_colleagues
from orchestrator.store.task_candidates import asked_for
from orchestrator.store.user_tasks import UserTask
from web.auth import who
from web.inbox import (
    beginning,
    enclosing,
    likenesses,
    neighbours,
    saving,
    waiting_content,
)
from web.submissions import filenames

PLAN = {"source_grids", "after"}
"""Variables of an instance that plans grids: what it would change is shown on a map."""


@dataclass(frozen=True, slots=True)
class TypedAnswers:
    """What somebody typed, and why it was refused; empty where the page is opened."""

    data: Mapping[str, Any]
    """Key of a field → what was typed."""
    errors: Mapping[str, Any]
    """Key of a field → sentence."""
    told: str = ""
    """The sentence about the whole."""
    reasons: Any = ()
    """Sentences where several rules were broken."""
    key: str = ""
    """The submission key of the page that was sent."""


@dataclass(frozen=True, slots=True)
class FormPart:
    """The form, as it is drawn for who may work on the task; empty for others."""

    shown: Any = ""
    saved: saving.Begun | None = None
    """What was typed earlier and kept."""
    proposal: Any = None
    """What the matrix of responsibilities proposes."""
    beside: Any = None
    """The controls for opinions and attachments."""


@dataclass(frozen=True)
class TaskPage:
    """What all parts of the page read."""

    row: UserTask
    given: TypedAnswers
    bundle: bundles.Bundle
    view: case_view.CaseView
    mine: bool
    """Whether the reader may work on the task."""
    handover: Any
    """The last hand-over, or None."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def form(self) -> forms.Form | None:
        return self.bundle.forms.get(self.row.form_key or "")

    def form_part(self) -> FormPart:
        """The form with what stands in its fields."""
        form, row, given = self.form, self.row, self.given
        if form is None or not self.mine:
            return FormPart()
        purpose = purposes.of_task(row.id)
        aids = decision_aids(reading(), who().person_id, row.id, purpose)
        saved = None
        if aids.has_begun and request.method == "GET":
            saved = saving.begun(purpose, form)
        values, proposal = given.data, None
        if not values:
            values, proposal = self._first_values(form, saved)
        shown = forms.render(
            form,
            values,
            given.errors,
            options_of(row, self.view.instance.variables),
            filenames(values, row.instance_id),
        )
        beside = enclosing.shown(row, form, given.errors, aids)
        return FormPart(shown, saved, proposal, beside)

    def _first_values(
        self, form: forms.Form, saved: saving.Begun | None
    ) -> tuple[Mapping[str, Any], Any]:
        """What stands in a form that nobody has sent, and the proposal that some of it comes from."""
        instance = self.view.instance
        proposal = proposals.proposed(
            reading(),
            self.bundle,
            self.row,
            form,
            instance.variables,
        )
        written = beginning.to_begin_with(
            self.bundle,
            self.row,
            form,
            instance.variables,
            beginning.WrittenBefore(
                self.handover,
                saved,
                waiting_content.held_of_task(self.row),
            ),
            _sight_for(form, instance),
        )
        return {**proposal.values, **written}, proposal

    def of_form(self) -> dict[str, Any]:
        """What the template shows of the form and of what was typed."""
        part, given = self.form_part(), self.given
        typed: Any = request.form
        saved_key = part.saved.key if part.saved else typed.get("_key")
        if part.saved:
            opinion = part.saved.opinion
        else:
            opinion = typed.get("reason", "")
        return {
            "form": part.shown,
            "saved": part.saved,
            "proposal": part.proposal,
            "beside": part.beside,
            "opinion": opinion,
            "longest_opinion": user_tasks.LONGEST_OPINION,
            "told": given.told,
            "reasons": given.reasons,
            "errors": given.errors,
            "key": given.key or saved_key or secrets.token_urlsafe(16),
            "plan": self.form is not None and self.form.field_keys >= PLAN,
            "preview": self._preview(),
        }

    def _preview(self) -> Any:
        """The map of the grids that the instance plans, for who does the task and who signs it; None where it
        plans none."""
        row = self.row
        if not self.mine and waiting_content.my_request(row) is None:
            return None
        held = waiting_content.held_of_task(row)
        plans: list[Mapping[str, Any]] = [self.given.data]
        if held is not None:
            plans.append(held.data)
        plans.append(self.view.instance.variables)
        plan = next((one for one in plans if one.keys() >= PLAN), None)
        if plan is None:
            return None
        return grid_maps.preview(
            reading(), self.bundle, plan, self.row.territory_path
        )

    def of_instance(self) -> dict[str, Any]:
        """What the template shows of the process instance and of what it is about."""
        instance, session = self.view.instance, reading()
        return {
            "instance_view": self.view,
            "has_disposal_list": disposals.is_list(session, instance),
            "pay_sheet": pay.sheet_of(session, who(), instance),
            "subject": subjects.subject_of(session, who(), instance, self.now),
            "alike_cases": likenesses.at_task(self.view, self.mine),
        }

    def of_task(self) -> dict[str, Any]:
        """What the template shows of the task itself, and where it stands in the list."""
        row = self.row
        listed = request.args.get("in", request.form.get("_in"))
        opened = [task for task in self.view.open_tasks if task.id == row.id]
        asks = self.mine and _may_ask_for_time(self.bundle, row)
        return {
            "task": row,
            "opened": opened[0] if opened else None,
            "in_list": neighbours.in_list(listed),
            "neighbours": neighbours.around(row, listed),
            "mine": self.mine,
            "handover": self.handover,
            "delegated": row.delegation == "pending",
            "citations": timeline.citations(self.bundle, row.element_id),
            "element": self.bundle.definition.elements.get(row.element_id),
            "may_ask_for_time": asks,
            "now": self.now,
            "tomorrow": timedelta(days=1),
        }

    def of_people(self) -> dict[str, Any]:
        """Whom the reader may give the task to."""
        session, viewer = reading(), who()
        choices = user_tasks.choices(session, viewer, self.row)
        colleagues = []
        if self.mine or choices.lead:
            candidates = sorted(asked_for(session, self.row))
            colleagues = find_colleagues(session, candidates, viewer.person_id)
        return {"choices": choices, "colleagues": colleagues}


def draw(row: UserTask, given: TypedAnswers) -> str:
    """The page of a task that the reader may see."""
    session, viewer = reading(), who()
    page = TaskPage(
        row,
        given,
        bundles.bundle_of(session, row.definition_id),
        case_view.look(
            session,
            viewer,
            row.instance_id,
            datetime.now(UTC),
            wanted=WantedPart(request.args.get("before", type=int)),
        ),
        access.may_work_on(session, viewer, row),
        user_tasks.last_handover(session, row),
    )
    return render_template(
        "inbox/task.html",
        **page.of_task(),
        **page.of_form(),
        **page.of_instance(),
        **page.of_people(),
    )


def form_of(row: UserTask) -> forms.Form | None:
    return bundles.bundle_of(reading(), row.definition_id).forms.get(
        row.form_key or ""
    )


def options_of(row: UserTask, variables: Mapping[str, Any]) -> dict[str, Any]:
    bundle = bundles.bundle_of(reading(), row.definition_id)
    form = bundle.forms.get(row.form_key or "")
    if form:
        return form_options.for_form(
            reading(),
            bundle,
            form,
            form_options.Setting(
                row.territory_path,
                who().person_id,
                datetime.now(UTC),
                variables={**variables, **row.variables},
            ),
        )
    return {}


def _sight_for(
    form: forms.Form, instance: ProcessInstance
) -> sights.InstanceSight:
    """What the reader sees of what others wrote into fields that the form asks for."""
    graded = sights.graded_fields(reading(), instance)
    if graded.isdisjoint(forms.value_keys(form)):
        return sights.EVERYTHING
    return sights.sight(reading(), who(), instance, datetime.now(UTC))


def _may_ask_for_time(bundle: bundles.Bundle, row: UserTask) -> bool:
    """Whether the reader's body applies for an extension or a suspension of what it has."""
    roles = bundle.jurisdiction.roles_of(EXTENSION_APPLICANT)
    return row.due_at is not None and any(
        body.role in roles for body in who().bodies
    )
