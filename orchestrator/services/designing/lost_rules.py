"""What a form checked or set, and the form that takes its place in a draft does not."""

from __future__ import annotations

from collections.abc import Iterator

import forms
from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_rules

_OF_FIELDS = (
    ("approves", say("哪个答案算批准")),
    ("proposed", say("从权责清单带出的初值")),
    ("limit_of", say("由它定的时限")),
    ("personal", say("按个人信息遮盖")),
)
"""(property of a field, what it does) that nobody sees who looks at the new form alone."""


def lost_rules(
    before: Bundle, after: Bundle, resource: str
) -> Iterator[Finding]:
    """A note for each step whose form lost a rule that the one of the version before had. A form that says
    that it wants no rule, or names another one, has none to lose. `resource`: the diagram's name."""
    known = before.definition.elements
    for key, element in after.definition.elements.items():
        old_key = known[key].form_key if key in known else None
        old = before.forms.get(old_key or "")
        new = after.forms.get(element.form_key or "")
        if old is None or new is None or old == new:
            continue
        for what in _lost(old, old_key, new, element.form_key):
            message = say(
                "「{name}」的表单「{new}」没有了原来的「{old}」有的{what}，不是有意去掉的，请在表单里补上",
                name=element.name or key,
                new=new.title or element.form_key,
                old=old.title or old_key,
                what=what,
            )
            yield Finding("form-rule-lost", key, message, "note", resource)


def _lost(
    old: forms.Form,
    old_key: str | None,
    new: forms.Form,
    new_key: str | None,
) -> Iterator[str]:
    rule = form_rules.RULES.get(form_rules.rule_of(old, old_key))
    wants_none = new.rule == form_rules.NONE
    if rule and not wants_none and not form_rules.rule_of(new, new_key):
        yield say("规则「{rule}」", rule=rule.label)
    kept = {field.key: field for field in new.inputs()}
    for field in old.inputs():
        if field.key not in kept:
            continue
        for name, label in _OF_FIELDS:
            if getattr(field, name) and not getattr(kept[field.key], name):
                yield say(
                    "字段「{field}」的设置「{label}」",
                    field=field.label or field.key,
                    label=label,
                )
