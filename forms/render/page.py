"""DRAWN: component type → how it is drawn; and what holds other fields: groups, rows, texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from forms.definition import Field, scope
from forms.render import controls
from forms.render.frame import (
    NOTHING,
    Sheet,
    below,
    caption,
    field_id,
    hiding,
    ties,
)
from forms.summary import display
from orchestrator.sentences import say, spoken

NUMBER = "__row__"
"""Stands for the row's number in the template that the browser copies."""


def draw_all(fields: Sequence[Field], sheet: Sheet) -> Markup:
    """The fields one under the other; those of one line beside each other, as wide as their columns of 16
    say."""
    lines = [
        list(line)
        for _name, line in groupby(
            fields,
            key=lambda field: field.line or id(field),
        )
    ]
    return Markup("\n").join(_line(line, sheet) for line in lines)


def _line(fields: Sequence[Field], sheet: Sheet) -> Markup:
    drawn = [hiding(field, sheet, _draw(field, sheet)) for field in fields]
    if len(fields) == 1 and fields[0].columns is None:
        return drawn[0]
    cells = [
        Markup('<div class="{}">{}</div>').format(_width(field), inner)
        for field, inner in zip(fields, drawn, strict=True)
    ]
    return Markup('<div class="row">{}</div>').format(NOTHING.join(cells))


def _width(item: Field) -> str:
    """Of 16 columns, as form-js counts them; the page's own grid has 12."""
    if item.columns is None:
        return "col-md"
    return f"gf-columns gf-columns-{min(16, max(1, item.columns))}"


def _draw(item: Field, sheet: Sheet) -> Markup:
    if sheet.readonly and item.carries_value and item.type != "dynamiclist":
        text = display(
            item,
            sheet.value(item),
            sheet.options,
            sheet.filenames,
            sheet.read,
        )
        return Markup(
            '<div class="mb-3"><div class="form-label">{}</div><div class="gf-value">{}</div></div>',
        ).format(item.label, text or "—")
    return DRAWN[item.type](item, sheet)


def _rows(item: Field, sheet: Sheet) -> Markup:
    name = sheet.name(item)
    begun: list[Mapping[str, Any]] = [{} for _row in range(item.rows)]
    rows = sheet.data.get(item.key, begun)
    drawn = Markup("").join(
        _row(item, sheet, number, row) for number, row in enumerate(rows or ())
    )
    if sheet.readonly:
        return Markup(
            '<div class="mb-3"><div class="form-label">{}</div>{}</div>',
        ).format(item.label, drawn)
    add = NOTHING
    if not item.fixed_rows:
        add = Markup(
            '<button class="btn btn-outline-primary btn-sm" name="_add" value="{}" '
            "formnovalidate>{}</button>"
            "<template>{}</template>",
        ).format(name, say("增加一项"), _row(item, sheet, NUMBER, {}))
    return Markup(
        '<fieldset class="mb-3 gf-rows" id="{}" data-rows="{}"{}><legend class="form-label">{}</legend>{}'
        "<div data-row-list>{}</div>{}</fieldset>",
    ).format(
        field_id(name),
        name,
        ties(item, sheet),
        caption(item),
        below(item, sheet),
        drawn,
        add,
    )


def _row(
    item: Field,
    sheet: Sheet,
    number: int | str,
    row: Mapping[str, Any],
) -> Markup:
    name = sheet.name(item)
    inside = sheet.row(
        name,
        number,
        row,
        scope(item.components, row, sheet.read),
    )
    remove = NOTHING
    if not sheet.readonly and not item.fixed_rows:
        remove = Markup(
            '<button class="btn btn-sm btn-ghost-danger" name="_remove" value="{}.{}" '
            "formnovalidate>{}</button>",
        ).format(name, number, say("删除此项"))
    title = Markup(
        '<legend class="form-label">{} <span data-number>{}</span></legend>',
    ).format(item.label, number + 1 if isinstance(number, int) else "")
    return Markup("<fieldset data-row>{}{}{}</fieldset>").format(
        title,
        draw_all(item.components, inside),
        remove,
    )


def _group(item: Field, sheet: Sheet) -> Markup:
    if item.label:
        title = Markup('<legend class="h4">{}</legend>').format(item.label)
    else:
        title = NOTHING
    return Markup('<fieldset class="form-fieldset">{}{}</fieldset>').format(
        title,
        draw_all(item.components, sheet),
    )


def _text(item: Field, sheet: Sheet) -> Markup:
    """The small part of Markdown that form texts use: headings, bullets, bold."""
    markups = []
    bullets = NOTHING
    for raw in [*spoken(item.text).splitlines(), ""]:
        text = raw.strip()
        inline = Markup(
            re.sub(
                r"\*\*(.+?)\*\*",
                r"<strong>\1</strong>",
                str(escape(text.lstrip("#-* "))),
            ),
        )
        if text.startswith(("- ", "* ")):
            bullets += Markup("<li>{}</li>").format(inline)
            continue
        if bullets:
            markups.append(Markup("<ul>{}</ul>").format(bullets))
            bullets = NOTHING
        if text.startswith("#"):
            markups.append(Markup('<h3 class="h4">{}</h3>').format(inline))
        elif text:
            inline = Markup(
                re.sub(
                    r"\*\*(.+?)\*\*",
                    r"<strong>\1</strong>",
                    str(escape(text)),
                ),
            )
            markups.append(
                Markup('<p class="text-secondary">{}</p>').format(inline),
            )
    return NOTHING.join(markups)


DRAWN: Mapping[str, Callable[[Field, Sheet], Markup]] = {
    "textfield": controls.line,
    "number": controls.line,
    "datetime": controls.line,
    "textarea": controls.textarea,
    "select": controls.select,
    "radio": controls.boxes("radio"),
    "checklist": controls.boxes("checkbox"),
    "taglist": controls.boxes("checkbox"),
    "checkbox": controls.checkbox,
    "filepicker": controls.files,
    "dynamiclist": _rows,
    "group": _group,
    "text": _text,
    "separator": lambda item, sheet: Markup("<hr>"),
    "spacer": lambda item, sheet: Markup('<div class="mb-3"></div>'),
}
"""The keys are exactly the supported components."""
