"""What a submission is for: its key and its uploads serve this and nothing else."""

from __future__ import annotations


def of_task(task_id: str) -> str:
    """Completing that user task."""
    return f"task:{task_id}"


def of_start(process_key: str, body_id: str, about: str | None) -> str:
    """Starting that procedure in the name of that body, about that instance if any."""
    return f"start:{process_key}:{body_id}:{about or ''}"[:240]
