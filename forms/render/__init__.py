"""Form, data and errors to accessible HTML (Tabler classes). Works without scripts; scripts only do at once
what the server would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from forms.definition import Form, inputs, scope
from forms.render.frame import Errors, Sheet, field_id
from forms.render.page import DRAWN, draw_all
from forms.schema import Options
from orchestrator.sentences import say

__all__ = [
    "DRAWN",
    "error_summary",
    "in_order_of_intake",
    "render",
    "render_short",
]


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
        Sheet(
            data,
            errors,
            options,
            filenames or {},
            readonly,
            read,
        ),
    )


def render_short(
    form: Form,
    data: Mapping[str, Any],
    errors: Errors,
    options: Options,
    filenames: Mapping[str, str] | None = None,
) -> Markup:
    """As `render`, with the fields that the form folds behind a line that opens; it is open where one of them
    is wrong."""
    read = scope(form.fields, data)
    sheet = Sheet(
        data,
        errors,
        options,
        filenames or {},
        False,
        read,
    )
    shown = [field for field in form.fields if not field.folded]
    folded = [field for field in form.fields if field.folded]
    if not folded:
        return draw_all(shown, sheet)
    wrong = any(sheet.wrong(field) for field in folded)
    more = Markup(
        '<details class="mb-3 gf-folded"{}><summary class="mb-3">{}</summary>{}</details>',
    ).format(
        Markup(" open") if wrong else "",
        say("更多内容（不必都填）"),
        draw_all(folded, sheet),
    )
    return draw_all(shown, sheet) + more


def in_order_of_intake(form: Form) -> Form:
    """The form with the fields first that are asked for first when somebody else tells."""
    last = max((field.intake for field in form.fields), default=0) + 1
    ordered = sorted(form.fields, key=lambda field: field.intake or last)
    return replace(form, fields=tuple(ordered))


def error_summary(form: Form, errors: Errors) -> Markup:
    """What to mend, each sentence a link to its field; empty without errors."""
    first = {
        field.key: number for number, field in enumerate(inputs(form.fields))
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
            field_id(name),
            _row(name),
            sentence,
        )
        for name, sentences in ordered
        for sentence in sentences[:1]
    ]
    if lines:
        return Markup('<ul class="mb-0">{}</ul>').format(
            Markup("").join(lines),
        )
    return Markup("")


def _row(name: str) -> str:
    parts = name.split(".")
    if len(parts) > 2 and parts[1].isdigit():
        return say("第 {parts} 项：", parts=int(parts[1]) + 1)
    return ""
