"""Form, data and errors to accessible HTML (Bootstrap classes). Works without scripts; scripts only hide at once what the server would hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from forms.definition import Field, Form, is_shown
from forms.schema import Options, choices

Errors = Mapping[str, Sequence[str]]
_M = Markup


def render(
    form: Form, data: Mapping[str, Any], errors: Errors, options: Options, filenames: Mapping[str, str] | None = None
) -> Markup:
    """The form's fields as HTML, without the <form> around them. `filenames` names attachments already uploaded, by their id."""
    return _M("\n").join(_render(each, data, errors, options, "", filenames or {}) for each in form.fields)


def _render(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    inner = _RENDER[item.type](item, data, errors, options, prefix, filenames)
    if item.only_if is None:
        return inner
    rule = "|".join((f"{prefix}{item.only_if.field}", *item.only_if.values))
    hidden = _M("") if is_shown(item, data) else _M(" hidden")
    return _M('<div data-hide-unless="{}"{}>{}</div>').format(rule, hidden, inner)


def _ids(name: str) -> str:
    return "field-" + name.replace(".", "-")


def _frame(item: Field, name: str, errors: Errors, control: Markup, legend: bool = False) -> Markup:
    wrong = errors.get(name, ())
    hint = (
        _M('<div class="form-hint" id="{}-hint">{}</div>').format(_ids(name), item.description) if item.description else _M("")
    )
    told = _M("").join(
        _M('<div class="invalid-feedback d-block" id="{}-error">{}</div>').format(_ids(name), sentence)
        for sentence in wrong[:1]
    )
    mark = (
        _M(' <span class="text-danger" aria-hidden="true">*</span><span class="visually-hidden">（必填）</span>')
        if item.required
        else _M("")
    )
    if legend:
        return _M('<fieldset class="mb-3"><legend class="form-label">{}{}</legend>{}{}{}</fieldset>').format(
            item.label, mark, control, hint, told
        )
    return _M('<div class="mb-3"><label class="form-label" for="{}">{}{}</label>{}{}{}</div>').format(
        _ids(name), item.label, mark, control, hint, told
    )


def _attributes(item: Field, name: str, errors: Errors) -> Markup:
    described = [f"{_ids(name)}-{part}" for part, there in (("hint", item.description), ("error", errors.get(name))) if there]
    text = _M(' id="{}" name="{}"').format(_ids(name), name)
    if described:
        text += _M(' aria-describedby="{}"').format(" ".join(described))
    if errors.get(name):
        text += _M(' aria-invalid="true"')
    if item.required:
        text += _M(' aria-required="true"')
    return text


def _class(base: str, name: str, errors: Errors) -> str:
    return f"{base} is-invalid" if errors.get(name) else base


def _given(item: Field, data: Mapping[str, Any]) -> Any:
    value = data.get(item.key)
    return item.default if value is None and item.default is not None and item.key not in data else value


def _text_input(kind: str) -> Callable[..., Markup]:
    def render_it(
        item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
    ) -> Markup:
        name, value = f"{prefix}{item.key}", _given(item, data)
        input_type = (
            {"date": "date", "time": "time", "datetime": "datetime-local"}[item.subtype] if kind == "datetime" else kind
        )
        step = _M(' step="any" inputmode="decimal"') if kind == "number" else _M("")
        control = _M('<input type="{}" class="{}"{}{} value="{}">').format(
            input_type,
            _class("form-control", name, errors),
            _attributes(item, name, errors),
            step,
            "" if value is None else value,
        )
        return _frame(item, name, errors, control)

    return render_it


def _textarea(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    name, value = f"{prefix}{item.key}", _given(item, data)
    control = _M('<textarea rows="4" class="{}"{}>{}</textarea>').format(
        _class("form-control", name, errors), _attributes(item, name, errors), "" if value is None else value
    )
    return _frame(item, name, errors, control)


def _select(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    name, value = f"{prefix}{item.key}", _given(item, data)
    listed = choices(item, options)
    entries = _M("").join(
        _M('<option value="{}"{}>{}</option>').format(
            each.value, _M(" selected") if str(value) == each.value else "", each.label
        )
        for each in listed
    )
    empty = "请选择" if listed else "暂无可选项"
    control = _M('<select class="{}"{}><option value="">{}</option>{}</select>').format(
        _class("form-select", name, errors), _attributes(item, name, errors), empty, entries
    )
    return _frame(item, name, errors, control)


def _chosen(kind: str) -> Callable[..., Markup]:
    def render_it(
        item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
    ) -> Markup:
        name, value = f"{prefix}{item.key}", _given(item, data)
        given = {str(each) for each in value} if isinstance(value, (list, tuple)) else {str(value)}
        listed = choices(item, options)
        boxes = _M("").join(
            _M(
                '<label class="form-check"><input class="{}" type="{}" name="{}" value="{}"{}><span class="form-check-label">{}</span></label>'
            ).format(
                _class("form-check-input", name, errors),
                kind,
                name,
                each.value,
                _M(" checked") if each.value in given else "",
                each.label,
            )
            for each in listed
        )
        return _frame(item, name, errors, boxes or _M('<div class="text-secondary">暂无可选项</div>'), legend=True)

    return render_it


def _checkbox(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    name, value = f"{prefix}{item.key}", _given(item, data)
    told = _M("").join(
        _M('<div class="invalid-feedback d-block">{}</div>').format(sentence) for sentence in errors.get(name, ())[:1]
    )
    return _M(
        '<div class="mb-3"><label class="form-check"><input type="checkbox" value="true" class="{}"{}{}>'
        '<span class="form-check-label">{}</span></label>{}</div>'
    ).format(
        _class("form-check-input", name, errors),
        _attributes(item, name, errors),
        _M(" checked") if value is True else "",
        item.label,
        told,
    )


def _files(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    name = f"{prefix}{item.key}"
    kept = _M("").join(
        _M(
            '<label class="form-check"><input class="form-check-input" type="checkbox" name="{}" value="{}" checked>'
            '<span class="form-check-label">已上传：{}</span></label>'
        ).format(name, each, filenames.get(each, each))
        for each in data.get(item.key) or []
    )
    accept = _M(' accept="{}"').format(item.accept) if item.accept else _M("")
    several = _M(" multiple") if item.multiple else _M("")
    attributes = _attributes(item, name, errors).replace(_M(' name="{}"').format(name), _M(' name="file:{}"').format(name))
    control = kept + _M('<input type="file" class="{}"{}{}{}>').format(
        _class("form-control", name, errors), attributes, accept, several
    )
    return _frame(item, name, errors, control)


def _rows(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    name = f"{prefix}{item.key}"
    rows = data.get(item.key) or [{}]
    fieldsets = _M("").join(
        _M(
            '<fieldset><legend class="form-label">{} {}</legend>{}'
            '<button class="btn btn-sm btn-ghost-danger" name="_remove" value="{}.{}" formnovalidate>删除此项</button></fieldset>'
        ).format(
            item.label,
            number + 1,
            _M("").join(_render(each, row, errors, options, f"{name}.{number}.", filenames) for each in item.components),
            name,
            number,
        )
        for number, row in enumerate(rows)
    )
    told = _M("").join(
        _M('<div class="invalid-feedback d-block">{}</div>').format(sentence) for sentence in errors.get(name, ())[:1]
    )
    hint = _M('<div class="form-hint mb-2">{}</div>').format(item.description) if item.description else _M("")
    return _M(
        '<div class="mb-3 gf-rows"><div class="form-label">{}</div>{}{}{}'
        '<button class="btn btn-outline-primary btn-sm" name="_add" value="{}" formnovalidate>增加一项</button></div>'
    ).format(item.label, hint, fieldsets, told, name)


def _group(
    item: Field, data: Mapping[str, Any], errors: Errors, options: Options, prefix: str, filenames: Mapping[str, str]
) -> Markup:
    inner = _M("").join(_render(each, data, errors, options, prefix, filenames) for each in item.components)
    return _M('<fieldset class="form-fieldset"><legend class="h4">{}</legend>{}</fieldset>').format(item.label, inner)


def _static_text(item: Field, *_rest: Any) -> Markup:
    lines = [line.strip("# ") for line in item.text.splitlines() if line.strip()]
    return _M("").join(_M('<p class="text-secondary">{}</p>').format(line) for line in lines)


_RENDER: Mapping[str, Callable[..., Markup]] = {
    "textfield": _text_input("text"),
    "number": _text_input("number"),
    "datetime": _text_input("datetime"),
    "textarea": _textarea,
    "select": _select,
    "radio": _chosen("radio"),
    "checklist": _chosen("checkbox"),
    "taglist": _chosen("checkbox"),
    "checkbox": _checkbox,
    "filepicker": _files,
    "dynamiclist": _rows,
    "group": _group,
    "text": _static_text,
    "separator": lambda *_: _M("<hr>"),
    "spacer": lambda *_: _M('<div class="mb-3"></div>'),
}
"""Component type → how it is drawn; the keys are exactly the supported components."""
