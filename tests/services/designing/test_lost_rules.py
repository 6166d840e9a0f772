"""A field that got another key is compared with the field that it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from forms import Field
from orchestrator.services.designing import lost_rules

NAME = Field("textfield", "name", "姓名", personal=True)
ANSWER = Field("radio", "answer", "结论", approves="yes")


def _form(*fields: Field) -> Any:
    return SimpleNamespace(inputs=lambda: fields, rule="none")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ([NAME, ANSWER], []),
        # By the same label; by being the only one of its type; not at all.
        ([Field("textfield", "who", "姓名")], ["姓名"]),
        ([Field("radio", "result", "结果")], ["结论"]),
        ([Field("textfield", "a", "甲"), Field("textfield", "b", "乙")], []),
        # A field that was there before is not the one that went.
        ([Field("textfield", "place", "地点")], []),
    ],
)
def test_a_field_with_another_key_is_told_of_what_it_lost(
    fields: list[Field], told: list[str]
) -> None:
    old = _form(NAME, ANSWER, Field("textfield", "place", "地点"))
    lost = list(lost_rules._lost(old, _form(*fields)))
    assert len(lost) == len(told), lost
    for label, sentence in zip(told, lost, strict=True):
        assert f"“{label}”" in sentence
