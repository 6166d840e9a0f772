"""A condition as an official reads it: the fields and choices by their labels."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from orchestrator.engine.expressions import unwrap
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments.profile_checks.variables import (
    LEVELS,
    Variables,
)

_COMPARED: Mapping[type[ast.cmpop], str] = {
    ast.GtE: say("不小于"),
    ast.Gt: say("大于"),
    ast.LtE: say("不大于"),
    ast.Lt: say("小于"),
}
_Options = Mapping[str, Mapping[str, str]]


class ConditionWords:
    """The labels of what a version's conditions read."""

    def __init__(self, bundle: Bundle) -> None:
        definition = bundle.definition
        profile = bundle.jurisdiction
        known = Variables([definition], bundle.forms).known
        self.labels: Mapping[str, str] = known[definition.key]
        """Variable → what it is called."""
        roles = {key: role.name for key, role in profile.roles.items()}
        levels = dict.fromkeys(LEVELS, profile.levels.names)
        self._options: _Options = {
            **_choices(bundle),
            "initiator_role": roles,
            **levels,
        }

    def told(self, condition: str | None) -> str:
        """The condition in words; as it is written where it is more than comparisons of fields."""
        if not condition:
            return ""
        text = unwrap(condition)
        try:
            said = self._said(ast.parse(text, mode="eval").body)
        except (SyntaxError, RecursionError):
            said = None
        return said or text

    def _said(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.BoolOp):
            return self._several(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            denied = self._name(node.operand)
            return denied and say("“{name}”为否", name=denied)
        name = self._name(node)
        return name and say("“{name}”为是", name=name)

    def _several(self, node: ast.BoolOp) -> str | None:
        parts = [self._said(value) for value in node.values]
        if None in parts:
            return None
        marked = [
            say("（{part}）", part=part) if _is_several(value) else part
            for value, part in zip(node.values, parts, strict=True)
        ]
        if isinstance(node.op, ast.And):
            return joined("，并且", [part for part in marked if part])
        return joined("，或者", [part for part in marked if part])

    def _compared(self, node: ast.Compare) -> str | None:
        (operator,) = node.ops
        left, right = node.left, node.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            name = self._name(right)
            value = self._value(right, left)
            if name is None or value is None:
                return None
            if isinstance(operator, ast.In):
                return say("“{name}”选了{value}", name=name, value=value)
            return say("“{name}”没有选{value}", name=name, value=value)
        name = self._name(left)
        value = self._value(left, right)
        if name is None or value is None:
            return None
        if isinstance(operator, ast.Eq):
            return say("“{name}”是{value}", name=name, value=value)
        if isinstance(operator, ast.NotEq):
            return say("“{name}”不是{value}", name=name, value=value)
        word = _COMPARED.get(type(operator))
        if word is None:
            return None
        return say("“{name}”{word}{value}", name=name, word=word, value=value)

    def _name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.labels.get(node.id)
        return None

    def _value(self, field: ast.expr, node: ast.expr) -> str | None:
        """The value as it is called in that field; None for what is no plain value."""
        if not isinstance(node, ast.Constant) or not isinstance(
            field, ast.Name
        ):
            return None
        value = node.value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        if not isinstance(value, str):
            return f" {value}"
        label = self._options.get(field.id, {}).get(value) or value
        return say("“{value}”", value=label)


def _choices(bundle: Bundle) -> dict[str, dict[str, str]]:
    """Field → value → label, of the forms that the version uses; all labels where its forms call a value
    differently."""
    definition = bundle.definition
    used = {definition.start_form_key} | {
        element.form_key for element in definition.elements.values()
    }
    labels: dict[str, dict[str, list[str]]] = {}
    for key in filter(used.__contains__, bundle.forms):
        for field in bundle.forms[key].inputs():
            offered = labels.setdefault(field.key, {})
            for each in field.options:
                offered.setdefault(each.value, []).append(each.label)
    return {
        name: {
            value: "/".join(dict.fromkeys(said))
            for value, said in offered.items()
        }
        for name, offered in labels.items()
    }


def _is_several(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp)
