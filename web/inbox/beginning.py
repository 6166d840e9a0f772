"""What the form of a task shows on a first look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from orchestrator.services import bundles, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import applications, opened_for
from orchestrator.services.records.sights import InstanceSight
from orchestrator.store.user_tasks import UserTask
from web.inbox import saving


def to_begin_with(
    bundle: bundles.Bundle,
    row: UserTask,
    form: forms.Form,
    variables: Mapping[str, Any],
    handover: user_tasks.Handover | None,
    saved: saving.Begun | None,
    sight: InstanceSight,
) -> dict[str, Any]:
    """What the form shows on a first look: what the applicant wrote, or what the event brought that began the
    instance, what was saved, and what a delegate gave
    back, the later one over the earlier; of what others wrote, what he sees as it is."""
    values = sight.shown(
        {
            **opened_for.brought(reading(), bundle, row, form, variables),
            **applications.applied_for(
                bundle, row.element_id, form, variables
            ),
        }
    )
    given_back = None
    by_delegate: dict[str, Any] = {}
    if handover and handover.kind == "resolved":
        given_back = handover
        by_delegate = sight.shown(handover.submitted)
    if given_back and saved and given_back.at > saved.at:
        return {**values, **saved.data, **by_delegate}
    return {**values, **by_delegate, **(saved.data if saved else {})}
