"""What surrounds every control: its label, hint, article and error, and the attributes that tie them
together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from forms.definition import Field, is_shown
from forms.schema import Options, longest
from orchestrator.sentences import joined, say

Errors = Mapping[str, Sequence[str]]
NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the fields of a form, or of one row, are drawn from."""

    data: Mapping[str, Any]
    errors: Errors
    options: Options
    filenames: Mapping[str, str]
    readonly: bool
    read: Mapping[str, Any]
    """What conditions read."""
    prefix: str = ""
    """Of the fields' names: `after.0.` in a row."""

    def row(
        self,
        name: str,
        number: int | str,
        data: Mapping[str, Any],
        read: Mapping[str, Any],
    ) -> Sheet:
        """The sheet of one row of a dynamiclist."""
        return replace(self, data=data, read=read, prefix=f"{name}.{number}.")

    def name(self, item: Field) -> str:
        return f"{self.prefix}{item.key}"

    def value(self, item: Field) -> Any:
        """What was typed, else what the field begins with."""
        return self.data.get(item.key, item.default)

    def wrong(self, item: Field) -> str:
        """The first sentence about this field; empty when it is right."""
        sentences = self.errors.get(self.name(item), ())
        if sentences:
            return sentences[0]
        return ""


def field_id(name: str) -> str:
    """The id of a field's first control."""
    return "field-" + name.replace(".", "-")


def attributes(item: Field, sheet: Sheet, name: str | None = None) -> Markup:
    """id, name and the ties to hint and error, for a control that stands alone under its label."""
    return Markup(' id="{}" name="{}"{}').format(
        field_id(sheet.name(item)),
        name or sheet.name(item),
        ties(item, sheet),
    )


def ties(item: Field, sheet: Sheet) -> Markup:
    """aria-describedby, aria-invalid and aria-required."""
    own = field_id(sheet.name(item))
    wrong = sheet.wrong(item)
    markup = NOTHING
    if item.filled_with:
        markup = Markup(' data-filled-with="{}"').format(
            ",".join(item.filled_with),
        )
    if item.point:
        markup += Markup(" data-point")
    if item.drawing:
        markup += Markup(" data-drawing")
    described = [
        f"{own}-{part}"
        for part, there in (("hint", hint_text(item)), ("error", wrong))
        if there
    ]
    if described:
        markup += Markup(' aria-describedby="{}"').format(" ".join(described))
    markup += Markup(' aria-invalid="true"') if wrong else NOTHING
    return markup + (
        Markup(' aria-required="true"') if item.required else NOTHING
    )


def css(base: str, item: Field, sheet: Sheet) -> str:
    if sheet.wrong(item):
        return f"{base} is-invalid"
    return base


def framed(item: Field, sheet: Sheet, control: Markup) -> Markup:
    """A control under its label."""
    label = Markup('<label class="form-label" for="{}">{}{}</label>').format(
        field_id(sheet.name(item)),
        caption(item),
        _article(item),
    )
    return Markup('<div class="mb-3">{}{}{}</div>').format(
        label,
        control,
        below(item, sheet),
    )


def fieldset(
    item: Field,
    sheet: Sheet,
    controls: Markup,
    role: str = "group",
) -> Markup:
    """Several controls under one legend."""
    return Markup(
        '<fieldset class="mb-3" role="{}"{}><legend class="form-label">{}{}</legend>{}{}</fieldset>',
    ).format(
        role,
        ties(item, sheet),
        caption(item),
        _article(item),
        controls,
        below(item, sheet),
    )


def caption(item: Field) -> Markup:
    """The label with its mark when the field must be filled."""
    mark = Markup(
        ' <span class="text-danger" aria-hidden="true">*</span><span class="visually-hidden">{}</span>',
    ).format(say("（必填）"))
    return Markup("{}{}").format(
        item.label,
        mark if item.required else NOTHING,
    )


def below(item: Field, sheet: Sheet) -> Markup:
    """Hint and error under the control."""
    own = field_id(sheet.name(item))
    said, limit = _unended(item.description), _limit(item)
    wrong = sheet.wrong(item)
    if limit:
        # A script shows it when it is nearly used up: under each of eight fields it is noise.
        most = Markup("<span data-most>{}{}</span>").format(
            "；" if said else "", limit
        )
    else:
        most = NOTHING
    if said or limit:
        hint = Markup(
            '<small class="form-hint" id="{}-hint">{}{}</small>',
        ).format(own, said or "", most)
    else:
        hint = NOTHING
    if wrong:
        markup = Markup(
            '<div class="invalid-feedback d-block" id="{}-error">{}</div>',
        ).format(own, wrong)
    else:
        markup = NOTHING
    return markup + hint


def hint_text(item: Field) -> str:
    """The description, and how many characters a text may have."""
    return joined(
        "；",
        (part for part in (_unended(item.description), _limit(item)) if part),
    )


def _limit(item: Field) -> str:
    if item.type in ("textfield", "textarea"):
        return say("最多 {longest} 个字", longest=longest(item))
    return ""


def _article(item: Field) -> Markup:
    if not item.citation:
        return NOTHING
    ground = say("依据：{citation}", citation=item.citation)
    return Markup('<span class="form-label-description">{}</span>').format(
        ground,
    )


def _unended(text: str) -> str:
    """The text without the stop at its end."""
    if text.endswith(("。", "；")):
        return text.rstrip("。；")
    return text


def hiding(item: Field, sheet: Sheet, inner: Markup) -> Markup:
    """The field inside what hides it; the browser evaluates the same condition on every change."""
    if item.hidden_when is None:
        return inner
    rule = json.dumps(
        item.hidden_when.as_json(),
        ensure_ascii=False,
        separators=(",", ":"),
    )
    if is_shown(item, sheet.read):
        hidden = NOTHING
    else:
        hidden = Markup(" hidden")
    return Markup(
        '<div data-hide-when="{}" data-scope="{}"{}>{}</div>',
    ).format(rule, sheet.prefix, hidden, inner)
