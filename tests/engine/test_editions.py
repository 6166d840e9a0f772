"""A deployment keeps the rules by which its conditions, templates and tables were read when it began."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import (
    CURRENT,
    Edition,
    edition_of,
    expressions,
    translating,
)
from orchestrator.engine import commands as c
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.expressions import ExpressionError
from tests.engine.diagrams import (
    END,
    START,
    Play,
    document,
    flow,
    gateway,
    user,
)
from tests.engine.test_decisions import BODY, table

REFUSED = "refused"
SEEN = {
    "yes": True,
    "no": False,
    "zero": 0,
    "one": 1,
    "empty_text": "",
    "word": "abc",
    "numbers": [1, 2],
    "truths": [True],
}
VALUES = {
    "empty_text == zero": (False, REFUSED),
    "zero != empty_text": (True, REFUSED),
    "yes == one": (True, REFUSED),
    "yes != 1": (False, REFUSED),
    "no == zero": (True, REFUSED),
    "word == no": (False, REFUSED),
    "yes in numbers": (True, False),
    "yes not in numbers": (False, True),
    "truths == [1]": (True, False),
    "put(null, 'a', yes) == put(null, 'a', 1)": (True, False),
    "truths is [1]": (True, False),
    "str(yes)": ("True", REFUSED),
    "str(one)": ("1", "1"),
    '"1" == one': (REFUSED, REFUSED),
    '"true" == yes': (REFUSED, REFUSED),
    "word == yes": (False, False),
    "yes < 2": (True, REFUSED),
    "one >= yes": (True, REFUSED),
    "sum([yes, 1])": (2, REFUSED),
    "sum(numbers, yes)": (4, REFUSED),
    "max(yes, 0)": (True, REFUSED),
    "min([no, 3])": (False, REFUSED),
    "sorted(truths)": ([True], REFUSED),
    "abs(yes)": (1, REFUSED),
    "yes + one": (2, REFUSED),
    "2 * yes": (2, REFUSED),
    "-yes": (-1, REFUSED),
    "int(yes)": (1, 1),
    "sum(numbers) - one": (2, 2),
}
"""Expression → its value in the first edition, and since the second."""


@pytest.mark.parametrize("text", VALUES)
@pytest.mark.parametrize("edition", Edition)
def test_an_expression_has_the_value_of_its_edition(
    text: str, edition: Edition
) -> None:
    value: Any = REFUSED
    with suppress(ExpressionError):
        value = expressions.evaluate(text, SEEN, edition)
        assigned = expressions.execute(f"x = {text}", SEEN, edition)
        assert assigned == {"x": value}
    expected = VALUES[text][edition is not Edition.FIRST]
    assert (value, type(value)) == (expected, type(expected))


def test_a_truth_in_a_template_is_written_as_in_its_edition() -> None:
    template = "${yes}, ${truths}"
    first = expressions.fill(template, SEEN, Edition.FIRST)
    assert first == "True, True"
    assert expressions.fill(template, SEEN) == "true, true"


@pytest.mark.parametrize(
    ("number", "edition"),
    [
        (None, Edition.FIRST),
        ("2", Edition.FIRST),
        (True, Edition.FIRST),
        (0, Edition.FIRST),
        (1, Edition.FIRST),
        (2, Edition.SECOND),
        (max(Edition) + 5, CURRENT),
    ],
)
def test_a_newer_edition_is_read_by_the_newest_known(
    number: object, edition: Edition
) -> None:
    assert edition_of(number) is edition


OF_TWO_KINDS = (
    "word == one",
    "one != word",
    "yes == 5",
    "numbers == one",
    "numbers == yes",
    "numbers != '[1, 2]'",
)


@pytest.mark.parametrize("text", OF_TWO_KINDS)
def test_two_kinds_beside_each_other_differed_before_the_sixth_edition(
    text: str,
) -> None:
    before = expressions.evaluate(text, SEEN, Edition.FIFTH)
    assert before is ("!=" in text)
    with pytest.raises(ExpressionError, match="不能比较是否相等"):
        expressions.evaluate(text, SEEN, Edition.SIXTH)
    assert expressions.evaluate_cell(text, SEEN) is before


@pytest.mark.parametrize("edition", Edition)
def test_a_text_beside_the_number_of_a_cell_is_another_value(
    edition: Edition,
) -> None:
    rows = [("5", "true"), ("-", "false")]
    assert _decided(edition, *rows, x="abc") is False
    result = 'if x = 5 then "a" else "b"'
    assert _decided(edition, ("-", result), x="abc") == "b"


BRANCHES = (
    START
    + gateway("exclusive", "g", default="other")
    + user("same", "different")
    + END
    + flow("start", "g")
    + flow("g", "same", when="amount == &quot;&quot;")
    + flow("g", "different", id="other")
    + flow("same", "end")
    + flow("different", "end")
)


def _open(play: Play) -> list[str]:
    return [task.element_id for task in play.tasks.values()]


def test_a_deployment_without_a_mark_decides_as_it_did() -> None:
    play = Play(BRANCHES, variables={"amount": 0}, edition=edition_of(None))
    assert _open(play) == ["different"]
    again = Play(BRANCHES, variables={"amount": ""}, edition=edition_of(7))
    assert _open(again) == ["same"]
    with pytest.raises(ExpressionFailed, match="不能比较是否相等"):
        Play(BRANCHES, variables={"amount": 0}, edition=edition_of(2))


def test_an_instance_that_waits_goes_on_by_the_edition_it_began_with() -> None:
    body = BRANCHES.replace(START, START + user("before")).replace(
        flow("start", "g"), flow("start", "before", "g")
    )
    play = Play(body, variables={"amount": 0}, edition=Edition.FIRST)
    play.complete("before")
    assert _open(play) == ["different"]


TITLE = (
    "<extensionElements><camunda:properties>"
    '<camunda:property name="title" value="${yes}"/>'
    "</camunda:properties></extensionElements>"
)


@pytest.mark.parametrize(
    ("edition", "title"), [(Edition.FIRST, "True"), (CURRENT, "true")]
)
def test_a_title_is_filled_by_the_edition(
    edition: Edition, title: str
) -> None:
    body = TITLE + START + user("a") + END + flow("start", "a", "end")
    play = Play(body, variables={"yes": True}, edition=edition)
    assert play.outcome.title == title


MESSAGE = (
    '<message id="ms" name="news"><extensionElements><camunda:properties>'
    '<camunda:property name="correlationKey" value="${yes}"/>'
    "</camunda:properties></extensionElements></message>"
)


@pytest.mark.parametrize("edition", Edition)
def test_a_truth_as_a_correlation_key_finds_those_that_wait(
    edition: Edition,
) -> None:
    waits = '<receiveTask id="r" messageRef="ms"/>'
    body = START + waits + END + flow("start", "r", "end")
    play = Play(body, MESSAGE, {"yes": True}, edition=edition)
    (opened,) = (
        effect
        for effect in play.all
        if isinstance(effect, c.SubscriptionOpened)
    )
    assert opened.correlation == "True"


CELLS = {
    'if word then "a" else "b"': ("a", "b", "b"),
    'if not(word) then "a" else "b"': ("b", "b", "b"),
    'if "b" in word then "a" else "b"': ("a", REFUSED, REFUSED),
    'if list contains(word, "b") then "a" else "b"': ("a", REFUSED, REFUSED),
    "string(yes)": ("True", REFUSED, REFUSED),
    '"b" in word': (True, True, REFUSED),
    "contains(numbers, 1)": (True, True, REFUSED),
    "count(word)": (3, 3, REFUSED),
    "{key: 1}": ({"a": 1}, {"a": 1}, {"key": 1}),
    "yes and word": ("abc", "abc", False),
    "sum(x, 2)": (REFUSED, REFUSED, 3),
    "string(nothing)": ("None", "None", None),
    "10 // x": (10, 10, 10),
    "max(group)": ("a", "a", REFUSED),
    "min(group)": ("a", "a", REFUSED),
    "max(numbers)": (2, 2, 2),
    'contains(["a"], "a")': (True, True, REFUSED),
    'starts with(["a"], "a")': (False, False, REFUSED),
    'ends with(["a"], "a")': (False, False, REFUSED),
    "string length([1])": (1, 1, REFUSED),
    'is empty("")': (True, True, REFUSED),
    "is empty([])": (True, True, True),
    "'date(\"2026-03-01\")'": (
        '"2026-03-01"',
        '"2026-03-01"',
        'date("2026-03-01")',
    ),
    "'a // b /* c */'": ("a // b /* c */",) * 3,
}
"""Cell → what it gives in each edition, the last for all later ones."""
SINCE_THE_FIFTH = {"string(yes)": "true", "yes and word": None}
TESTS = {
    ("not(> 5)", None): (True, True, False),
    ("not([1..5], 9)", None): (True, True, False),
    ("not([1..5], 9)", 7): (True, True, True),
    ('["a", "b"]', "a"): (False, False, True),
    ("letters", "a"): (False, False, True),
    ("not(letters)", "a"): (True, True, False),
    ("x > 3", 5): (False, False, False),
    ("x < 3", 5): (False, False, True),
    ("yes", 5): (False, False, True),
    ("? > 3 and word", 5): (True, True, False),
    ("not(? > 5)", None): (True, True, False),
    ("not(?)", None): (True, True, False),
    ('? in "abc"', "b"): (True, True, REFUSED),
    ('< date and time("2026-03-01T08:30:00")', "2026-03-01T08:30:00"): (
        (False, False, False)
    ),
    ('<= date and time("2026-03-01T08:30:00")', "2026-03-01T08:30:00"): (
        (False, False, True)
    ),
    ('time("08:30:00")', "08:30:00"): (False, False, True),
    ('< date("2026-03-01")', ""): (True, True, False),
    ("yes and x < 3", False): (False, False, True),
    ("x > 3", False): (True, True, False),
    ("not(x > 3)", False): (False, False, True),
    ("yes", False): (False, False, False),
    ("'why?'", "why?"): (True, True, True),
    ('"a\\"?"', 'a"?'): (True, True, True),
    ('date("2026-03-01")', "pending"): (False, False, False),
    ('"pending", date("2026-03-01")', "pending"): (True, True, True),
    ('!= date("2026-03-01")', "pending"): (True, True, True),
    ('date("2026-03-01")', 5): (False, False, False),
    ('> date("2026-03-01")', "pending"): (True, True, REFUSED),
    ('date("2026-03-01")', "2026-03-01T08:00:00Z"): (False, False, REFUSED),
    ('> date("2026-03-01")', "2026-03-01T08:00:00Z"): (True, True, REFUSED),
}
"""(cell, the input's value) → whether it is fulfilled, in each edition."""


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("edition", Edition)
def test_a_cell_of_a_table_gives_what_it_gave_in_its_edition(
    cell: str, edition: Edition
) -> None:
    expected = CELLS[cell][min(edition, 3) - 1]
    if edition >= Edition.FIFTH:
        expected = SINCE_THE_FIFTH.get(cell, expected)
    assert _decided(edition, ("-", cell)) == expected


@pytest.mark.parametrize(("cell", "value"), TESTS)
@pytest.mark.parametrize("edition", Edition)
def test_a_test_of_a_table_is_fulfilled_as_in_its_edition(
    cell: str, value: Any, edition: Edition
) -> None:
    fulfilled = _decided(edition, (cell, "true"), ("-", "false"), x=value)
    assert fulfilled == TESTS[cell, value][min(edition, 3) - 1]


MANY = 25
MARKED = {
    "not({})": 'a"b3',
    "{}": 'a"b3',
    'date("2026-03-01"), {}': "2026-03-01",
    '"x" /* c */, {} // it\'s': 'a"b1',
}
"""Cell around texts with quotes of their own → the input's value."""


@pytest.mark.parametrize("cell", MARKED)
@pytest.mark.parametrize("edition", [Edition.THIRD, Edition.FOURTH])
def test_a_cell_of_many_escapes_is_read_as_one_of_few(
    cell: str, edition: Edition
) -> None:
    few, many = (
        _decided(
            edition,
            (cell.format(_quoted(count)), "true"),
            ("-", "false"),
            x=MARKED[cell],
        )
        for count in (4, MANY)
    )
    assert few is many is not cell.startswith("not")


def _quoted(count: int) -> str:
    return ", ".join(f'"a\\"b{number}"' for number in range(count))


@pytest.mark.parametrize("edition", [Edition.THIRD, Edition.FOURTH])
def test_a_cell_of_many_remarks_is_read(edition: Edition) -> None:
    cell = "> 3" + " /* it's */" * MANY
    rows = [(cell, "true"), ("-", "false")]
    assert _decided(edition, *rows, x=5) is True
    assert _decided(edition, *rows, x=2) is False


@pytest.mark.parametrize(
    "cell", ['"' + '\\"' * MANY, "> 3" + " /*" * MANY, '"\\\n' * MANY]
)
def test_a_cell_with_quotes_that_nothing_closes_is_refused(cell: str) -> None:
    content = table([(cell, "1")])
    findings = check({"p.bpmn": document(BODY), "r.dmn": content})
    assert any("第 1 行" in found.message for found in findings)


def test_open_quotes_are_counted_as_the_texts_are_found() -> None:
    is_open = translating.has_many_open_quotes
    assert is_open('"' + '\\"' * MANY)
    assert is_open("'" + "\\'" * MANY + '"')
    assert is_open('"\\"\\"' * 8 + '\\"' * MANY + '\\\n"')
    assert not is_open('"' + '\\"' * MANY + '"')
    assert not is_open('"\\\\"' * MANY)
    assert not is_open("/* it's */" * MANY)


def _decided(edition: Edition, *rows: tuple[str, str], x: Any = 1) -> Any:
    known = {
        "word": "abc",
        "yes": True,
        "numbers": [1, 2],
        "letters": ["a", "b"],
        "key": "a",
        "nothing": None,
        "group": {"a": 1},
    }
    content = table(list(rows), 'hitPolicy="FIRST"', read="value")
    with suppress(ExpressionFailed):
        return Play(
            BODY,
            variables={**known, "x": 1, "value": x},
            resources={"r.dmn": content},
            edition=edition,
        ).outcome.variables["out"]
    return REFUSED


EIGHT = 'date and time("2026-03-01T08:00:00")'
IN_RESULTS = {
    (f"x <= {EIGHT}", "2026-03-01T08:00:00"): (False, True),
    (f"x <= {EIGHT}", "2026-03-01T08:00"): (True, True),
    ('x > date("2026-03-01")', "2026-03-01T00:00:00+08:00"): (True, REFUSED),
    ('x in [date("2026-03-01")]', "2026-03-01"): (True, True),
    (f"if x = {EIGHT} then 1 else 2", "2026-03-01T08:00:00"): (2, 1),
    ('date("2026-03-01")', None): ("2026-03-01", "2026-03-01"),
}
"""(result, a variable) → what it gives in the third edition and in the fourth."""


@pytest.mark.parametrize(("text", "x"), IN_RESULTS)
@pytest.mark.parametrize("edition", [Edition.THIRD, Edition.FOURTH])
def test_times_in_results_and_inputs_compare_in_one_form(
    text: str, x: str | None, edition: Edition
) -> None:
    expected = IN_RESULTS[text, x][edition - Edition.THIRD]
    assert _given(table([("-", text)]), edition, x=x) == expected
    if isinstance(expected, bool):
        rows = [("true", "true"), ("-", "false")]
        asked = table(rows, 'hitPolicy="FIRST"', read=escape(text))
        assert _given(asked, edition, x=x) is expected


def test_times_among_words_of_ours_alone_are_refused() -> None:
    text = 'x > date("2026-03-01") and len(y) > 0'
    for content in (table([("-", text)]), table([(f"? and {text}", "1")])):
        findings = check({"p.bpmn": document(BODY), "r.dmn": content})
        assert any("不能用" in found.message for found in findings)


TYPED = [
    ("integer", "abc", ("other", REFUSED)),
    ("integer", 2.5, ("other", REFUSED)),
    ("integer", "1", ("one", "one")),
    ("integer", 1.0, ("one", "one")),
    ("integer", None, ("other", "other")),
    ("integer", "", ("other", "other")),
    ("boolean", "", ("other", "other")),
    ("double", [1], ("other", REFUSED)),
    ("number", 1.5, ("other", "other")),
    ("boolean", "yes", ("other", REFUSED)),
    ("string", 1, ("one", REFUSED)),
    ("string", [1], ("other", "other")),
]
"""(type of an input, its value) → what the cell `1` makes of it in the third edition and in the fourth."""


@pytest.mark.parametrize(("type_ref", "x", "expected"), TYPED)
@pytest.mark.parametrize("edition", [Edition.THIRD, Edition.FOURTH])
def test_a_value_that_is_not_of_its_columns_type_stops_the_decision(
    type_ref: str, x: Any, expected: tuple[str, str], edition: Edition
) -> None:
    rows = [("1", '"one"'), ("-", '"other"')]
    content = table(rows, 'hitPolicy="FIRST"').replace(
        b'id="ie"', f'id="ie" typeRef="{type_ref}"'.encode()
    )
    assert _given(content, edition, x=x) == expected[edition - Edition.THIRD]


@pytest.mark.parametrize("edition", [Edition.THIRD, Edition.FOURTH])
def test_a_truth_and_a_number_are_two_results(edition: Edition) -> None:
    content = table([("-", "1"), ("-", "true")], 'hitPolicy="ANY"')
    expected = (1, REFUSED)[edition - Edition.THIRD]
    assert _given(content, edition) == expected


def _given(content: bytes, edition: Edition, x: Any = 1) -> Any:
    with suppress(ExpressionFailed):
        return Play(
            BODY,
            variables={"x": x},
            resources={"r.dmn": content},
            edition=edition,
        ).outcome.variables["out"]
    return REFUSED
