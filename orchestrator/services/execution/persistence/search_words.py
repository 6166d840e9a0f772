"""What an instance is found by after a command: its title and number, who applied, the steps that opened, and
what was filled into forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import forms
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.store import search

MAX_VALUE = 1_000
"""Characters of one field that are found."""
_SIGHT = forms.Sight(tells_hidden=False)


def entry(
    instance: LockedInstance,
    bundle: Bundle,
    sealed: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """The row for `search.add` from the history's and the tasks' new rows; None where they bring no words.
    `told`: the bundle by which what was filled in is read back."""
    began = any(row["kind"] == "started" for row in sealed)
    renamed = began or instance.title != instance.known_title
    content = [line for row in sealed for line in lines(bundle, row["data"])]
    if began:
        applicant = (
            instance.variables.get(name)
            for name in ("initiator_name", "initiator_body_name")
        )
        content = [*(str(name) for name in applicant if name), *content]
    steps = [row["name"] for row in tasks]
    if not (renamed or content or steps):
        return None
    instance.known_title = instance.title
    title = f"{instance.title} {instance.business_key}"
    return search.entry(
        instance.id,
        instance.tenant_id,
        title,
        content,
        [*steps, title] if renamed else steps,
    )


def lines(bundle: Bundle, data: Mapping[str, Any]) -> Iterator[str]:
    """The texts that a history entry is found by; nothing that the bundle's forms call personal is whole, and
    nothing that is graded is there."""
    submitted = data.get("submitted") or {}
    form = bundle.forms.get(data.get("form") or "")
    if form is None:
        # A timer's entry brings nothing, and all forms of the procedure are long to go through.
        if not submitted:
            return
        # What a message or a signal brought; personal is what any form of the procedure calls so.
        personal = {
            field.key
            for known in bundle.forms.values()
            for field in known.inputs()
            if field.personal
        }
        outcome = (
            value for key, value in submitted.items() if key not in personal
        )
        yield from (
            value[:MAX_VALUE] for value in outcome if isinstance(value, str)
        )
        return
    unnamed = {
        file: ""
        for field in form.inputs()
        if field.type == "filepicker"
        for file in submitted.get(field.key) or ()
    }
    labels = forms.with_recorded({}, data.get("chosen") or {})
    found = forms.summarise(form, submitted, labels, unnamed, _SIGHT)
    for _label, text in found:
        yield text[:MAX_VALUE]
