"""A form that was deployed by rules that knew less is never refused: tasks wait with it."""

from __future__ import annotations

import json
import time

import pytest

import forms
from forms.loading import FormUnsupported, load, load_deployed


def written(*components: dict, **more: object) -> str:
    return json.dumps({"components": list(components), **more})


def text(pattern: str, key: str = "t") -> dict:
    return {
        "type": "textarea",
        "key": key,
        "label": "意见",
        "validate": {"pattern": pattern},
    }


REFUSED_TODAY = {
    "a look-ahead": text("^(?=a)(a+)+$"),
    "a reference back": text("(a)\\1"),
    "a pattern too long": text("x" * 501),
    "a reserved word": {"type": "textfield", "key": "None", "label": "甲"},
    "a choice without options": {
        "type": "radio",
        "key": "d",
        "label": "意见",
        "values": [],
        "validate": {"required": True},
    },
    "a number that is none": {
        "type": "textfield",
        "key": "n",
        "label": "甲",
        "validate": {"maxLength": "1e999"},
    },
    "a day of another kind": {
        "type": "datetime",
        "subtype": "week",
        "key": "w",
        "label": "甲",
    },
    "a component nobody knows": {
        "type": "hologram",
        "key": "h",
        "label": "甲",
    },
    "a field without a name": {"type": "textfield", "label": "甲"},
}


@pytest.mark.parametrize("what", REFUSED_TODAY)
def test_what_is_refused_today_is_set_aside_and_told(what: str) -> None:
    given = written(
        REFUSED_TODAY[what],
        {"type": "textfield", "key": "kept", "label": "乙"},
    )
    with pytest.raises(FormUnsupported) as refused:
        load(given)
    found = load_deployed(given, whole=True)
    assert found.set_aside == refused.value.reasons
    data = {"kept": "在"}
    assert (
        forms.validate(
            load_deployed(
                written({"type": "textfield", "key": "kept", "label": "乙"}),
                True,
            ),
            data,
            {},
        )
        == data
    )
    assert "kept" in found.field_keys
    assert "kept" in str(forms.render(found, {}, {}, {}))
    assert forms.validate(found, data, {})["kept"] == "在"


def test_a_pattern_that_is_set_aside_takes_what_is_typed_at_once() -> None:
    found, typed = (
        load_deployed(written(text("^(?=a)(a+)+$")), whole=True),
        "a" * 3_000 + "！",
    )
    begun = time.process_time()
    assert forms.validate(found, {"t": typed}, {}) == {"t": typed}
    # Python's own `re` takes hours.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("pattern", ["\\d{3}", "^\\d{3}$", "12|123"])
def test_a_pattern_means_what_it_meant_when_it_was_deployed(
    pattern: str,
) -> None:
    before, now = (
        load_deployed(written(text(pattern)), whole=True),
        load_deployed(written(text(pattern)), whole=False),
    )
    assert (
        forms.validate(before, {"t": "123"}, {})
        == forms.validate(now, {"t": "123"}, {})
        == {"t": "123"}
    )
    with pytest.raises(forms.Invalid):
        forms.validate(before, {"t": "编号1234"}, {})
    if not pattern.startswith("^"):
        assert forms.validate(now, {"t": "编号1234"}, {}) == {"t": "编号1234"}


def test_what_is_no_form_at_all_is_no_form() -> None:
    with pytest.raises(FormUnsupported):
        load_deployed("{}", whole=True)
