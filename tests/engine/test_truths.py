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
    "absent": None,
    "numbers": [1, 2],
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
    "= not(nothing > nothing)": False,
    "= not(nothing >= nothing)": False,
    "= nothing <= nothing": False,
    "= five <= five": True,
    "= nothing >= absent": False,
    "= not(nothing <= nothing)": False,
    "= not(five <= zero)": True,
    "= not(five < zero)": True,
    "= not(five > zero and nothing <= nothing)": False,
    "= not(zero > five and nothing <= nothing)": True,
    "= not(five <= zero or zero <= minus)": True,
    "= nothing in [nothing..absent]": False,
    "= zero in [minus..five]": True,
    "= not(five in [minus..zero])": True,
    "= not(five in [nothing..zero])": True,
    "= not(nothing between nothing and five)": False,
    "= not(if yes then nothing > five else yes)": False,
    "= not(if yes then five > nothing else name)": False,
    "= not(if no then yes else name)": False,
    "= not(if nothing > five then no else zero > five)": True,
    "= (nothing > five) = false": False,
    "= (zero > five) = false": True,
    "= true = (zero < five)": True,
    "= (nothing > five) != true": True,
    "= (nothing > five) != false": True,
    "= (zero > five) != false": False,
    # FEEL: the sum of nothing is unknown
    "= sum(none_listed)": None,
    "= sum([])": None,
    "= sum([five, minus])": -2,
    "= sum(five, minus)": -2,
    "= sum(numbers) + 1": 4,
    # FEEL: what stood in brackets stays together when it is negated
    "= not(sum([five]) > 3)": False,
    "= not(sum(numbers) > 2)": False,
    "= not(sum(numbers) < 4)": False,
    "= not(3 > sum(numbers))": True,
    "= not((if yes then 1 else five) < 2)": False,
    "= not((if no then 1 else five) < five)": True,
    "= not(zero + five - minus < five * 2)": True,
    "= not(-five > minus)": False,
    "= not(not((five > zero and zero < five) = true))": True,
    # FEEL: a text is no list
    '= "b" in name': REFUSED,
    '= "b" in listed': True,
    '= list contains(name, "b")': REFUSED,
    '= list contains(listed, "b")': True,
    '= contains(name, "b")': True,
    "= five in [1, 5]": True,
    "= yes in [1, 5]": False,
    "= string(yes)": REFUSED,
    "= number(yes)": REFUSED,
    "= number(true)": REFUSED,
    "= number(five)": REFUSED,
    "= number(digit) = five": True,
    # FEEL: there is nothing before the first character
    "= substring(name, -3)": "abc",
    "= substring(name, -4)": None,
    "= sublist(numbers, -3)": None,
    "= substring(listed, -1)": REFUSED,
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
    # JUEL: a sum is of numbers
    "${five + zero}": 5,
    "${digit + digit}": REFUSED,
    "${digit + five}": REFUSED,
    "${five + zero + minus}": -2,
    "${five + 1}": 6,
    "${name + five * 2}": REFUSED,
    "${(five - zero) + minus}": -2,
    "${name + name == 'abcabc'}": REFUSED,
    "${nothing <= nothing}": True,
    # two kinds that are the same in one of the languages
    "${no == name}": REFUSED,
    "${no != name}": REFUSED,
    "${yes == name}": False,
    "${empty_text == zero}": REFUSED,
    "${empty_text == five}": False,
    "${five == digit}": REFUSED,
    "= yes = 1": REFUSED,
    "= no = zero": REFUSED,
    "= yes = five": REFUSED,
    # ours, where JUEL has no such words
    "${'a' if name else 'b'}": "a",
    "${name and len(name) > 2}": True,
    "name and five": 5,
    "not name": False,
    "minus % 3": 2,
}


def _value_of(ours: texts.Text) -> Any:
    assert ours.problem == ""
    try:
        return expressions.evaluate(ours.text, SEEN)
    except ExpressionError:
        return REFUSED


@pytest.mark.parametrize("text", VALUES)
def test_a_condition_has_the_value_that_it_has_where_it_comes_from(
    text: str,
) -> None:
    value = _value_of(texts.condition(text))
    assert (value, type(value)) == (VALUES[text], type(VALUES[text]))


CONDITIONS: dict[str, Any] = {
    "${yes}": True,
    "${no}": False,
    "${name}": REFUSED,
    "${word}": REFUSED,
    "${empty_text}": REFUSED,
    "${nothing}": REFUSED,
    "${five}": REFUSED,
    "${!name}": True,
    "${five > 3}": True,
    "${name ? yes : no}": False,
    "= yes": True,
    "= name": REFUSED,
    "= nothing": REFUSED,
    "= if yes then name else no": REFUSED,
    "= not(name)": False,
    "= (yes)": True,
    # ours
    "name": "abc",
    "${name and len(name) > 2}": True,
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_whole_condition_is_true_or_false_or_fails_as_where_it_comes_from(
    text: str,
) -> None:
    """Camunda 7 and Flowable: condition expression returns non-Boolean; Camunda 8: expected BOOLEAN."""
    assert _value_of(texts.truth(text)) == CONDITIONS[text]


@pytest.mark.parametrize(
    "text", ["${'a' + name}", "= (five > zero) = (yes or no)"]
)
def test_what_has_no_meaning_there_or_another_is_refused(text: str) -> None:
    assert texts.truth(text).problem


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
