"""What somebody wrote when he completed a task: the reason that those who hear of it want to know."""

from __future__ import annotations

from orchestrator.services.bundles import Bundle
from orchestrator.store.instances import HistoryEntry

_LONG_TEXT = "textarea"


def of_entry(bundle: Bundle, entry: HistoryEntry) -> str:
    """The last long text that was filled in, by the form as the bundle has it; empty where there is none, or
    where it is somebody's personal data."""
    form = bundle.forms.get(str(entry.data.get("form") or ""))
    submitted = entry.data.get("submitted") or {}
    if entry.kind != "user-task-completed" or form is None:
        return ""
    written = [
        str(submitted[field.key])
        for field in form.inputs()
        if field.type == _LONG_TEXT
        and not field.personal
        and submitted.get(field.key)
    ]
    return written[-1] if written else ""
