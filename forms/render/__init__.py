"""Form, data and errors to accessible HTML (Tabler classes). Works without scripts; scripts only do at once
what the server would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from forms.definition import Form, inputs, scope
from forms.render.frame import Errors, Sheet, field_id
from forms.render.page import DRAWN, draw_all
from forms.schema import Options
from orchestrator.sentences import say

__all__ = ["DRAWN", "error_summary", "render"]


def render(
    form: Form,
    data: Mapping[str, Any],
    errors: Errors,
    options: Options,
    filenames: Mapping[str, str] | None = None,
    readonly: bool = False,
) -> Markup:
    """The form's fields as HTML, without the <form> around them. `filenames` names attachments already
    uploaded, by their id."""
    read = scope(form.fields, data)
    return draw_all(
        form.fields,
        Sheet(data, errors, options, filenames or {}, readonly, read),
    )


def error_summary(form: Form, errors: Errors) -> Markup:
    """What to mend, each sentence a link to its field; empty without errors."""
    first = {
        each.key: number for number, each in enumerate(inputs(form.fields))
    }
    ordered = sorted(
        errors.items(),
        key=lambda entry: (
            first.get(entry[0].split(".")[0], len(first)),
            entry[0],
        ),
    )
    lines = [
        Markup('<li><a href="#{}">{}{}</a></li>').format(
            field_id(name), _row(name), sentence
        )
        for name, sentences in ordered
        for sentence in sentences[:1]
    ]
    if lines:
        return Markup('<ul class="mb-0">{}</ul>').format(
            Markup("").join(lines)
        )
    return Markup("")


def _row(name: str) -> str:
    parts = name.split(".")
    if len(parts) > 2 and parts[1].isdigit():
        return say("第 {parts} 项：", parts=int(parts[1]) + 1)
    return ""
