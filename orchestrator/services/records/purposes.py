"""What a submission is for: its key and its uploads serve this and nothing else."""

from __future__ import annotations


def of_task(task_id: str) -> str:
    """Completing that user task."""
    return f"task:{task_id}"


def of_start(process_key: str, body_id: str, about: str | None) -> str:
    """Starting that procedure in the name of that body, about that instance if any."""
    return f"start:{process_key}:{body_id}:{about or ''}"[:240]


def of_signing(task_id: str) -> str:
    """The opinion of who is asked to sign that task."""
    return f"signing {task_id}"


def of_returning(task_id: str) -> str:
    """Sending that task back to an earlier step."""
    return f"returning {task_id}"


def of_comment(instance_id: str) -> str:
    """A comment on that instance."""
    return f"comment {instance_id}"


OF_A_TASK = (of_task, of_signing, of_returning)
"""What is over with its task."""
