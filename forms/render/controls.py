"""The controls that a person types into or chooses from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from markupsafe import Markup

from forms.definition import Field, Option
from forms.render.frame import (
    NOTHING,
    Sheet,
    attributes,
    below,
    css,
    field_id,
    fieldset,
    framed,
    ties,
)
from forms.schema import choices, longest
from orchestrator.sentences import say

MANY = 12
"""From so many options on, a list scrolls and the browser offers a filter."""
FEW = 4
"""Up to so many short options stand beside each other as buttons."""
SHORT = 14
"""Characters of an option that fits on a button."""
_INPUT = {
    "email": "email",
    "phone": "tel",
    "date": "date",
    "time": "time",
    "datetime": "datetime-local",
}


def line(item: Field, sheet: Sheet) -> Markup:
    """A line of text, a number, a date or a time."""
    value = sheet.value(item)
    kind = _INPUT.get(
        item.subtype if item.type == "datetime" else item.kind, "text"
    )
    mode = _limit(item)
    if item.type == "datetime" and item.interval:
        mode = Markup(' step="{}"').format(item.interval * 60)
    if item.type == "number":
        # A text field keeps what was typed wrong, so that the error can be told beside it.
        mode = Markup(
            ' inputmode="{}" autocomplete="off" data-step="{}"'
        ).format("numeric" if item.decimals == 0 else "decimal", _step(item))
    offered = sheet.options.get(item.suggestions, ())
    control = Markup('<input type="{}" class="{}"{}{} value="{}"{}>').format(
        kind,
        css("form-control", item, sheet),
        attributes(item, sheet),
        mode,
        "" if value is None else value,
        Markup(' list="{}-offered"').format(field_id(sheet.name(item)))
        if offered
        else NOTHING,
    )
    if item.point:
        control += _locating()
    shown = _with_adorners(item, control)
    return framed(
        item, sheet, Markup("{}{}").format(shown, _offered(item, sheet))
    )


def _step(item: Field) -> str:
    """By how much an arrow key changes the number, as in the form editor."""
    if item.increment:
        return f"{item.increment:f}"
    return f"{Decimal(1).scaleb(-(item.decimals or 0)):f}"


def _offered(item: Field, sheet: Sheet) -> Markup:
    """What the browser offers while one types into a text with suggestions."""
    offered = sheet.options.get(item.suggestions, ())
    if not offered:
        return NOTHING
    entries = Markup("").join(
        Markup('<option value="{}"></option>').format(option.label)
        for option in offered
    )
    return Markup('<datalist id="{}-offered">{}</datalist>').format(
        field_id(sheet.name(item)), entries
    )


def _locating() -> Markup:
    """Buttons that ask the device where it is, and that open a map to pick the place; shown by the browser
    that can."""
    return Markup(
        '<button class="btn btn-sm mt-2 me-2" type="button" data-locate hidden>{}</button>'
        '<button class="btn btn-sm mt-2" type="button" data-pick hidden>{}</button>'
        '<span class="text-secondary ms-2" role="status" data-located data-done="{}" data-failed="{}"></span>'
    ).format(
        say("取手机定位"),
        say("在地图上选"),
        say("已取到定位"),
        say("没有取到定位，请写明详细地点"),
    )


def _with_adorners(item: Field, control: Markup) -> Markup:
    """The control between what stands in front of its value and behind it."""
    if not item.before and not item.after:
        return control
    beside = [
        Markup('<span class="input-group-text">{}</span>').format(value)
        if value
        else NOTHING
        for value in (item.before, item.after)
    ]
    return Markup('<div class="input-group">{}{}{}</div>').format(
        beside[0], control, beside[1]
    )


def _limit(item: Field) -> Markup:
    """What the browser counts the typed characters against."""
    if item.type in ("textfield", "textarea"):
        return Markup(' data-limit="{}"').format(longest(item))
    return NOTHING


def textarea(item: Field, sheet: Sheet) -> Markup:
    value = sheet.value(item)
    control = Markup(
        '<textarea rows="4" class="{}"{}{}>\n{}</textarea>'
    ).format(
        css("form-control", item, sheet),
        attributes(item, sheet),
        _limit(item),
        "" if value is None else value,
    )
    if item.drawing:
        control += Markup(
            '<button class="btn btn-sm mt-2" type="button" data-draw hidden>{}</button>'
        ).format(say("在地图上勾画"))
    return framed(item, sheet, control)


def select(item: Field, sheet: Sheet) -> Markup:
    chosen = str(sheet.value(item))
    listed = choices(item, sheet.options)
    if item.multiple:
        return boxes("checkbox")(item, sheet)
    entries = Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(
            option.value,
            Markup(" selected") if chosen == option.value else NOTHING,
            option.label,
        )
        for option in listed
    )
    control = Markup(
        '<select class="{}"{}><option value="">{}</option>{}</select>'
    ).format(
        css("form-select", item, sheet),
        attributes(item, sheet),
        say("请选择") if listed else say("暂无可选项"),
        entries,
    )
    return framed(item, sheet, control)


def boxes(kind: str) -> Callable[[Field, Sheet], Markup]:
    """A list of radio buttons or check boxes."""

    def draw(item: Field, sheet: Sheet) -> Markup:
        value = sheet.value(item)
        listed = choices(item, sheet.options)
        name = sheet.name(item)
        if isinstance(value, (list, tuple)):
            given = {str(entry) for entry in value}
        else:
            given = {str(value)}
        drawn = Markup("").join(
            Markup(
                '<label class="form-check"><input class="{}" type="{}" id="{}" name="{}" value="{}"{}>'
                '<span class="form-check-label">{}</span></label>'
            ).format(
                css("form-check-input", item, sheet),
                kind,
                field_id(name)
                if number == 0
                else f"{field_id(name)}-{number}",
                name,
                option.value,
                Markup(" checked") if option.value in given else NOTHING,
                option.label,
            )
            for number, option in enumerate(listed)
        )
        if kind == "radio" and _fit_side_by_side(listed):
            drawn = Markup('<div class="gf-answers">{}</div>').format(drawn)
        if len(listed) > MANY:
            drawn = Markup(
                '<div class="gf-options" data-options data-hint="{}" data-named="{}">{}</div>'
            ).format(say("输入文字筛选"), say("筛选选项"), drawn)
        drawn = drawn or Markup(
            '<div class="text-secondary" id="{}">{}</div>'
        ).format(field_id(name), say("暂无可选项"))
        return fieldset(
            item, sheet, drawn, "radiogroup" if kind == "radio" else "group"
        )

    return draw


def _fit_side_by_side(options: Sequence[Option]) -> bool:
    return 1 < len(options) <= FEW and all(
        len(option.label) <= SHORT for option in options
    )


def checkbox(item: Field, sheet: Sheet) -> Markup:
    if sheet.value(item) in (True, "true"):
        checked = Markup(" checked")
    else:
        checked = NOTHING
    if item.required:
        mark = Markup(' <span class="text-danger" aria-hidden="true">*</span>')
    else:
        mark = NOTHING
    return Markup(
        '<div class="mb-3"><label class="form-check"><input type="checkbox" value="true" class="{}"{}{}>'
        '<span class="form-check-label">{}{}</span></label>{}</div>'
    ).format(
        css("form-check-input", item, sheet),
        attributes(item, sheet),
        checked,
        item.label,
        mark,
        below(item, sheet),
    )


def files(item: Field, sheet: Sheet) -> Markup:
    """Files already uploaded, which may be let go, and a control for more."""
    name = sheet.name(item)
    kept = Markup("").join(
        Markup(
            '<label class="form-check"><input class="form-check-input" type="checkbox" name="{}" '
            'value="{}" checked>'
            '<span class="form-check-label">{}</span></label>'
        ).format(
            name,
            value,
            say(
                "已上传：{filename}",
                filename=sheet.filenames.get(value, value),
            ),
        )
        for value in sheet.data.get(item.key) or []
    )
    if item.accept:
        accept = Markup(' accept="{}"').format(item.accept)
    else:
        accept = NOTHING
    control = Markup(
        '{}<input type="file" class="{}" id="{}" name="file:{}"{}{}{}>'
    ).format(
        kept,
        css("form-control", item, sheet),
        field_id(name),
        name,
        ties(item, sheet),
        accept,
        Markup(" multiple") if item.multiple else NOTHING,
    )
    return framed(item, sheet, control)
