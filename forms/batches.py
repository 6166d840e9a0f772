"""Whether several tasks may be decided with one form: the form's own property `batch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms.definition import Field, inputs
from orchestrator.sentences import say

_MEANS = {"true": True, "false": False, "none": False, "": False}
_OWN_TO_EACH = ("filepicker", "dynamiclist")


def read(value: Any, fields: Sequence[Field]) -> tuple[bool, list[str]]:
    """What the property says, true or false, also as text as form-js keeps it; and why it can't be used."""
    if isinstance(value, (str, bool)) or value is None:
        sentence = str(value).strip().lower()
    else:
        sentence = "?"
    if sentence not in _MEANS:
        return False, [say("表单的属性 batch 只能写 true 或 false")]
    if _MEANS[sentence] and any(
        field.type in _OWN_TO_EACH for field in inputs(fields)
    ):
        return False, [
            say(
                "可以批量办理的表单（batch）不能有附件和动态列表，它们各件不同",
            ),
        ]
    return _MEANS[sentence], []
