"""What the form of a task shows on a first look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import forms
from orchestrator.services import bundles, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import applications, opened_for
from orchestrator.services.records.sights import InstanceSight
from orchestrator.services.user_tasks.enclosures import KEPT
from orchestrator.store.added_signers import HeldSubmission
from orchestrator.store.user_tasks import UserTask
from web.auth import who
from web.inbox import saving


@dataclass(frozen=True, slots=True)
class WrittenBefore:
    """What was written into a task's form before; the later one counts."""

    handover: user_tasks.Handover | None
    """What a delegate gave back."""
    saved: saving.Begun | None
    """What the person saved."""
    held: HeldSubmission | None
    """What was submitted for those who sign after."""


def to_begin_with(
    bundle: bundles.Bundle,
    row: UserTask,
    form: forms.Form,
    variables: Mapping[str, Any],
    before: WrittenBefore,
    sight: InstanceSight,
) -> dict[str, Any]:
    """What the form shows on a first look: what the applicant wrote, or what the event brought that began the
    instance, what was submitted for those who sign after, what was saved, and what a delegate gave
    back, the later one over the earlier; of what others wrote, what he sees as it is."""
    values = sight.shown(
        {
            **opened_for.brought(reading(), bundle, row, form, variables),
            **applications.applied_for(
                bundle, row.element_id, form, variables
            ),
        }
    )
    handover = before.handover
    saved = before.saved
    held = before.held
    if held is not None:
        values |= _submitted_before(held, sight)
    if saved and held and held.held_at > saved.at:
        saved = None
    given_back = None
    by_delegate: dict[str, Any] = {}
    if (
        handover
        and handover.kind == "resolved"
        and not (held and held.held_at > handover.at)
    ):
        given_back = handover
        by_delegate = sight.shown(handover.submitted)
    if given_back and saved and given_back.at > saved.at:
        return {**values, **saved.data, **by_delegate}
    return {**values, **by_delegate, **(saved.data if saved else {})}


def _submitted_before(
    held: HeldSubmission, sight: InstanceSight
) -> dict[str, Any]:
    """What somebody submitted, without what goes beside the form; all of it where the reader wrote it."""
    data = {key: value for key, value in held.data.items() if key != KEPT}
    if held.person_id == who().person_id:
        return data
    return sight.shown(data)
