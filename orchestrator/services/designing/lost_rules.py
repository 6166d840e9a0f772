"""What a form checked or set, and the form that takes its place in a draft does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import forms
from orchestrator.engine import nameless
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
        for what in _lost(old, new):
            message = say(
                "{named}的表单“{new}”没有了原来的“{old}”有的{what}，不是有意去掉的，请在表单里补上",
                named=nameless.called(element),
                new=new.title or element.form_key,
                old=old.title or old_key,
                what=what,
            )
            yield Finding("form-rule-lost", key, message, "note", resource)


def _lost(old: forms.Form, new: forms.Form) -> Iterator[str]:
    rule = form_rules.RULES.get(form_rules.rule_of(old))
    wants_none = new.rule == form_rules.NONE
    if rule and not wants_none and not form_rules.rule_of(new):
        yield say("规则“{rule}”", rule=rule.label)
    for field, now in _pairs([*old.inputs()], [*new.inputs()]):
        for name, label in _OF_FIELDS:
            if getattr(field, name) and not getattr(now, name):
                yield say(
                    "字段“{field}”的设置“{label}”",
                    field=field.label or field.key,
                    label=label,
                )


def _pairs(
    old: Sequence[forms.Field], new: Sequence[forms.Field]
) -> Iterator[tuple[forms.Field, forms.Field]]:
    """Each field with the one that it is now: that of its key, else the new one of its label, else the only
    new one of its type where it is the only one of that type that went."""
    by_key = {field.key: field for field in new}
    gone = [field for field in old if field.key not in by_key]
    known = {field.key for field in old}
    fresh = [field for field in new if field.key not in known]
    for field in old:
        if field.key in by_key:
            yield field, by_key[field.key]
            continue
        alike = [other for other in fresh if other.label == field.label]
        if not alike and sum(one.type == field.type for one in gone) == 1:
            alike = [other for other in fresh if other.type == field.type]
        if len(alike) == 1:
            yield field, alike[0]
