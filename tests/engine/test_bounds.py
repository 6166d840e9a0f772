"""No expression, script or table takes more work or memory than its budget, whatever it is written like.
Decided by counting, never by a clock."""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.engine import (
    budgets,
    errors,
    expressions,
    feel_values,
    request_work,
)
from tests.engine.diagrams import END, START, Play, flow, user

DOUBLED = "a = [1, 2]\n" + "a = [a, a]\n" * 40
BOMBS = {
    "a long text beside a number": "x = (big + 'x') == 0.5",
    "negative digits": "x = round(1, -99999999)",
    "many digits": "x = round(1.5, 99999999)",
    "sum of lists": "a = [1]\n" + "a = sum([a, a, a, a], [])\n" * 12,
    "doubled lists kept": DOUBLED,
    "doubled lists as text": DOUBLED + "b = str(a)",
    "doubled lists compared": DOUBLED + "c = [a, a] == [a, a]",
    "doubled lists ordered": DOUBLED + "c = [a, a] < [a, a]",
    "doubled lists sorted": DOUBLED + "c = sorted([a, a, a])",
    "doubled lists searched": DOUBLED + "c = [a] in [a, [a]]",
    "a list as a name": DOUBLED + "c = {(a, a): 1}",
    "doubled groups": "a = {'k': 1}\n"
    + "a = {'k': a, 'l': a}\n" * 40
    + "b = a == {'k': a['k'], 'l': a['k']}",
    "doubled texts": "a = 'x'\n" + "a = a + a\n" * 40,
    "joined lists": "a = [1]\n" + "a = a + a\n" * 40,
    "products": "a = 9223372036854775807\n" + "a = a * a\n" * 40,
    "small products": "a = 0.1\n" + "a = a * a\n" * 150,
    "whole numbers of fractions": "a = int(float('1e999999999'))",
    "doubled lists told": DOUBLED + "b = truth(a)",
    "doubled lists as a moment": DOUBLED + "b = moment(a, 'date')",
    "doubled lists as a key": DOUBLED + "b = put({'k': 1}, ['k', a], 1)",
    "doubled lists as a type": DOUBLED
    + """b = feel("instance of", a, '"Any"')""",
    "doubled lists of a type": DOUBLED
    + """b = feel("of type", a, '"number"', 'c')""",
    "doubled lists as an entry": DOUBLED + """b = feel(".", 1, a)""",
    "digits in a text": "a = int('9' + '9')\nb = int(big)",
    "shares": "a = 1 % 0.0000001\nb = 1e18 // 1e-18",
}
CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
from orchestrator.engine import expressions
told = {}
for name, script in json.load(sys.stdin).items():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        size = len(json.dumps(expressions.execute(script, {"big": "9" * 90_000})))
        told[name] = "kept" if size < 3_000_000 else f"{size} characters"
    except ValueError as refused:
        told[name] = str(refused).rpartition("：")[2]
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    if spent > 5:
        told[name] = f"{spent:.1f} s"
print(json.dumps(told))
"""


def in_a_child(scripts: dict[str, str]) -> dict[str, str]:
    """What became of each script in a process of 20 s of processor time and 1.5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_known_bomb_is_refused_in_a_sentence_or_harmless() -> None:
    told = in_a_child(BOMBS)
    harmless = {name for name, answer in told.items() if answer == "kept"}
    assert harmless == {"small products"}
    assert not [
        answer
        for answer in told.values()
        if not any("一" <= each <= "鿿" for each in answer)
        and answer != "kept"
    ]


ODD = ("1", "'x'", "null", "true", "[1]", "{'k': 1}", "digits", "1e18")


@pytest.mark.parametrize(
    "name", sorted({*feel_values._INNER, *feel_values._FUNCTIONS, "unknown"})
)
def test_a_function_of_feel_refuses_what_it_cannot_take_in_a_sentence(
    name: str,
) -> None:
    for count in range(4):
        for odd in itertools.product(ODD, repeat=count):
            text = f"feel({', '.join((repr(name), *odd))})"
            try:
                expressions.evaluate(text, {"digits": "9" * 5_000})
            except expressions.ExpressionError as refused:
                assert any("一" <= sign <= "鿿" for sign in str(refused))


def test_no_text_holds_the_sign_that_postgresql_refuses() -> None:
    with pytest.raises(expressions.ExpressionRefused, match="文字里不能有"):
        expressions.compile_checked(r"name == 'a\x00'")


def test_no_group_is_made_of_a_text() -> None:
    with pytest.raises(expressions.ExpressionError, match="put"):
        expressions.evaluate("put('x')", {})


NAMES = st.sampled_from(["a", "b", "c", "n", "s", "l"])
ATOMS = st.one_of(
    NAMES,
    st.sampled_from(
        [
            "1",
            "0.1",
            "-3",
            "'x'",
            "[]",
            "{}",
            "None",
            "9223372036854775807",
            "1e-18",
            "[a, b]",
            "{'k': a}",
        ]
    ),
)


def _joined(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(
        children,
        st.sampled_from(
            [
                "+",
                "-",
                "*",
                "/",
                "//",
                "%",
                "==",
                "<",
                "<=",
                "in",
                "is",
                "and",
                "or",
            ]
        ),
        children,
    )
    call = st.tuples(
        st.sampled_from(sorted(expressions.FUNCTIONS)),
        st.lists(children, min_size=1, max_size=3),
    )
    return st.one_of(
        pair.map(lambda found: f"({' '.join(found)})"),
        call.map(lambda found: f"{found[0]}({', '.join(found[1])})"),
        st.lists(children, min_size=2, max_size=3).map(
            lambda found: f"[{', '.join(found)}]"
        ),
        st.tuples(children, children).map(
            lambda found: f"{found[0]}[{found[1]}]"
        ),
        children.map(lambda found: f"{{'k': {found}, 'l': {found}}}"),
    )


SCRIPTS = st.lists(
    st.tuples(NAMES, st.recursive(ATOMS, _joined, max_leaves=8)),
    min_size=1,
    max_size=30,
).map(
    lambda lines: "\n".join(f"{name} = {text}" for name, text in lines)[
        : expressions.MAX_LENGTH
    ]
)


@given(SCRIPTS)
@settings(max_examples=150, deadline=None)
def test_any_script_gives_values_of_json_or_a_sentence_within_its_budget(
    script: str,
) -> None:
    variables = {
        "a": [1, 2],
        "b": {"k": [0.5]},
        "c": "text" * 50,
        "n": 3,
        "s": "x",
        "l": [["a"], ["b"]],
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    try:
        json.dumps(expressions.execute(script, variables))
    except ValueError as refused:
        assert str(refused)
    # A unit of work is well under ten microseconds; unbounded, such scripts take minutes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("x + 0.2 == 0.3", True),
        ("1.1 * 3 == 3.3", True),
        ("0.3 - 0.1 == 0.2", True),
        ("sum([0.1, 0.2, 0.3]) == 0.6", True),
        ("[0.1 + 0.2] == [0.3]", True),
        ("0.1 + 0.2", 0.3),
        ("4 / 2", 2),
        ("7 / 2", 3.5),
        ("-7 // 2", -4),
        ("-7.5 // 2", -4),
        ("-7 % 3", 2),
        ("-7.5 % 2", 0.5),
        ("round(2.675, 2)", 2.68),
        ("round(1234.5, -2)", 1200),
        ("round(2.5)", 2),
        ("int('12') + int(3.9)", 15),
        ("float('0.1') + 0.2 == 0.3", True),
        ("str(0.1 + 0.2)", "0.3"),
        ("max([1, 2.5])", 2.5),
        ("min('b', 'a')", "a"),
        ("sorted([3, 0.5, 2])", [0.5, 2, 3]),
        ("'a' in 'abc' and 2 in [1, 2.0]", True),
        ("x is None or x is 0.1", True),
        ("[1, 2, 3][1:][0]", 2),
    ],
)
def test_numbers_are_counted_in_decimals(text: str, value) -> None:
    assert expressions.evaluate(text, {"x": 0.1}) == value


@pytest.mark.parametrize(
    "name", sorted({*expressions.FUNCTIONS, "defined", "variable"})
)
def test_a_variable_called_like_a_function_is_read_by_its_name(
    name: str,
) -> None:
    assert expressions.evaluate(f"{name} > 3", {name: 5}) is True
    assert expressions.names_read(f"{name} > 3") == {name}
    assert expressions.names_read(f"{name}('x')") == frozenset()


def test_all_expressions_of_one_command_share_one_budget() -> None:
    variables = {"a": list(range(5_000))}
    with (
        pytest.raises(expressions.ExpressionError, match="计算量过大"),
        expressions.shared_work(20_000),
    ):
        for _round in range(10):
            expressions.evaluate("sum(a) > 1", variables)
    assert expressions.evaluate("sum(a) > 1", variables) is True


def test_an_instance_that_grows_beyond_what_is_kept_of_one_is_an_incident_with_its_size() -> (
    None
):
    scripts = "".join(
        f'<scriptTask id="{name}"><script>{name}_list = [{", ".join("t" * 30)}]</script></scriptTask>'
        for name in ("grow", "on")
    )
    body = (
        START
        + user("a")
        + scripts
        + END
        + flow("start", "a", "grow", "on", "end")
    )
    play = Play(body, variables={"t": "文" * 30_000})
    with pytest.raises(errors.DataTooLarge, match="MB"):
        play.complete("a")
    assert play.open == ["a"]


def test_all_commands_of_one_request_share_one_budget_and_what_had_begun_is_carried_out() -> (
    None
):
    play, done = Play(START + user("a") + flow("start", "a", "a") + END), 0
    with (
        pytest.raises(errors.WorkExhausted, match="计算量过大"),
        request_work(10 * (budgets.FEE + 3 * budgets.STEP)),
    ):
        while done < 100:
            play.complete("a")
            done += 1
    assert 5 <= done <= 30 and play.complete("a").open == ["a"], (
        "without a budget the instance goes on"
    )


def test_a_part_of_a_request_takes_its_work_from_the_whole() -> None:
    body = (
        START
        + user("a")
        + '<scriptTask id="s"><script>n = sum(list) > 1</script></scriptTask>'
        + END
    )
    play = Play(
        body + flow("start", "a", "s", "a") + flow("s", "end"),
        variables={"list": list(range(2_000))},
    )
    with request_work(100_000) as whole:
        with request_work(1_000) as part, pytest.raises(errors.WorkExhausted):
            for _round in range(3):
                play.complete("a")
        assert part.left <= 0
        assert 90_000 < whole.left < 99_000
        play.complete("a")
        assert whole.left < 98_000
