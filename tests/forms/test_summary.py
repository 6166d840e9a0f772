"""A drawing is read by the names of the register, whatever it calls its areas itself."""

from __future__ import annotations

import json

import pytest

from forms import load
from forms.definition import Option
from forms.summary import summarise

FORM = load(
    json.dumps(
        {
            "type": "default",
            "id": "drawn",
            "components": [
                {
                    "type": "textarea",
                    "key": "boundaries",
                    "label": "边界",
                    "properties": {"drawing": "true"},
                }
            ],
        }
    )
)
AREAS = {"areas": [Option("a", "一组")]}


def shown(properties: object) -> str:
    written = json.dumps({"features": [{"properties": properties}]})
    ((_label, text),) = summarise(FORM, {"boundaries": written}, AREAS)
    return text


def test_the_name_that_the_drawing_gives_is_not_shown() -> None:
    for name in ("九组", "\ud800", "长" * 9000):
        text = shown({"id": "a", "name": name})
        assert text.encode()
        assert "一组" in text and len(text) < 40
        assert "九组" not in text


@pytest.mark.parametrize("area", ["\ud800", "x\x07", "x" * 9000, [], {}, 5])
def test_an_id_of_any_kind_is_shown_short(area: object) -> None:
    text = shown({"id": area, "name": "\ud800"})
    assert text.encode() and len(text) < 80
