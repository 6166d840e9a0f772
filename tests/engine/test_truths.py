"""What counts as true, and as the same, in FEEL and JUEL: each value is that of `feelin` (FEEL) and of
Tomcat's expression language (JUEL), tried beside ours. A refusal stands where the languages give no value or
several."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bpmn_import import texts
from orchestrator.engine import expressions
from orchestrator.engine.expressions import ExpressionError

REFUSED = "refused"
SEEN = {
    "yes": True,
    "no": False,
    "nothing": None,
    "name": "abc",
    "five": 5,
    "zero": 0,
    "digit": "5",
    "word": "true",
    "empty_text": "",
    "listed": ["a", "b"],
    "none_listed": [],
    "minus": -7,
    "group": {"a": 1},
    "bare": {},
}
VALUES: dict[str, Any] = {
    # FEEL: only true is true, and what is unknown is not true when negated
    "= yes and name": False,
    "= no or name": False,
    "= nothing or yes": True,
    "= no or zero": False,
    "= yes and (five)": False,
    "= not(nothing)": False,
    "= not(no)": True,
    "= not(name)": False,
    "= not(nothing > 5)": False,
    "= not(nothing > 5) and yes": False,
    "= not(five > 5)": True,
    "= not(five >= 5 and yes)": False,
    "= not(nothing and yes)": False,
    "= not(not(nothing))": False,
    "= not(nothing = 5)": True,
    "= not(name = null)": True,
    "= not(five in [1..3])": True,
    "= not(nothing in [1..3])": False,
    '= not("c" in listed)': True,
    "= not(no or not(yes))": True,
    '= if name then "a" else "b"': "b",
    '= if not(nothing < 5) then "a" else "b"': "b",
    '= if yes then "a" else "b"': "a",
    # FEEL: a text is no list
    '= "b" in name': REFUSED,
    '= "b" in listed': True,
    '= list contains(name, "b")': REFUSED,
    '= list contains(listed, "b")': True,
    '= contains(name, "b")': True,
    "= five in [1, 5]": True,
    "= yes in [1, 5]": False,
    "= string(yes)": REFUSED,
    # JUEL: every text but `true` is false
    "${yes && name}": False,
    "${yes and name}": False,
    "${no || name}": False,
    "${name || yes}": True,
    "${!name}": True,
    "${not name}": True,
    "${!nothing}": True,
    "${!yes}": False,
    "${!word}": REFUSED,
    "${yes && word}": REFUSED,
    "${name ? 1 : 2}": 2,
    "${yes ? 1 : 2}": 1,
    "${!(nothing > 5)}": True,
    "${yes && !empty listed}": True,
    "${empty bare}": True,
    "${empty group || empty none_listed}": True,
    # JUEL: the sign of a remainder is that of what is divided
    "${minus % 3}": -1,
    "${minus mod 3 == -1}": True,
    "${five % 3 + 1}": 3,
    "${10 - five % 3}": 8,
    # two kinds that are the same in one of the languages
    "${no == name}": REFUSED,
    "${no != name}": REFUSED,
    "${yes == name}": False,
    "${empty_text == zero}": REFUSED,
    "${empty_text == five}": False,
    "${five == digit}": REFUSED,
    "= yes = 1": REFUSED,
    "= no = zero": REFUSED,
    "= yes = five": False,
    # ours, where JUEL has no such words
    "${'a' if name else 'b'}": "a",
    "${name and len(name) > 2}": True,
    "name and five": 5,
    "not name": False,
    "minus % 3": 2,
}


@pytest.mark.parametrize("text", VALUES)
def test_a_condition_has_the_value_that_it_has_where_it_comes_from(
    text: str,
) -> None:
    ours = texts.condition(text)
    assert ours.problem == ""
    try:
        value = expressions.evaluate(ours.text, SEEN)
    except ExpressionError:
        value = REFUSED
    assert (value, type(value)) == (VALUES[text], type(VALUES[text]))


def test_a_truth_in_a_text_is_written_as_in_the_other_languages() -> None:
    assert expressions.fill("${yes}, ${no} ${nothing}", SEEN) == "true, false "


@pytest.mark.parametrize(
    "text",
    [
        "${" + "%".join("a" * 200) + "}",
        "= five" + " in [1..2]" * 40,
    ],
)
def test_a_chain_that_would_grow_twofold_at_each_sign_is_refused(
    text: str,
) -> None:
    assert "超过" in texts.condition(text).problem
