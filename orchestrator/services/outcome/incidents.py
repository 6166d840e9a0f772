"""An incident as a row of the step in which it happened, with its history entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.services.ids import new_id
from orchestrator.services.outcome.rows import Step


def incident(step: Step, element_id: str | None, kind: str, message: str, details: Mapping[str, Any]) -> None:
    """Adds an incident; `message` is a Chinese sentence for the administrator, `details` what a retry needs."""
    running = step.running
    step.incidents.append(
        {
            "id": new_id(running.now),
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "element_id": element_id,
            "kind": kind,
            "message": message,
            "details": dict(details),
            "state": "open",
            "attempts": 1,
            "created_at": running.now,
            "resolved_at": None,
            "resolved_by": None,
        }
    )
    running.remember("incident", element_id, incident=kind, message=message)
