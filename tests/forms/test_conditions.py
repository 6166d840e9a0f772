"""Conditions of forms: the simple part of FEEL. conditions.json holds the cases of server and browser."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.conditions import Condition, ConditionRefused, parse

CLIENT = Path(__file__).parents[2] / "web" / "client" / "conditions.js"
TABLE = json.loads(
    (Path(__file__).parent / "conditions.json").read_text(encoding="utf-8")
)


def test_the_table_holds_enough_to_say_something() -> None:
    texts = [
        (case["text"], json.dumps(case["data"])) for case in TABLE["cases"]
    ]
    assert len(set(texts)) == len(texts) >= 80
    assert {case["holds"] for case in TABLE["cases"]} == {True, False}


@pytest.mark.parametrize(
    "case",
    TABLE["cases"],
    ids=lambda case: f"{case['text']} {case['data']}"[:80],
)
def test_a_condition_is_read_as_the_table_says(case: dict) -> None:
    condition = parse(case["text"])
    assert condition.as_json() == case["tree"]
    assert condition.holds(case["data"]) is case["holds"]


@pytest.mark.parametrize("text", TABLE["refused"], ids=lambda text: text[:40])
def test_what_is_outside_the_simple_part_is_refused_in_chinese(
    text: str,
) -> None:
    with pytest.raises(ConditionRefused, match="隐藏条件"):
        parse(text)


@pytest.mark.parametrize("tree", TABLE["refused_trees"], ids=json.dumps)
def test_what_is_no_tree_of_a_condition_is_refused(tree: list) -> None:
    with pytest.raises(TypeError):
        Condition("", _tuples(tree)).holds({})


def _tuples(tree: list) -> tuple:
    return tuple(
        _tuples(each) if isinstance(each, list) else each for each in tree
    )


texts = st.sampled_from(
    [
        "",
        " ",
        "a",
        "b ",
        "3",
        "-1.5",
        "x y",
        "３",
        "1e2",
        ".5",
        "同意",
        "😀",
        "\ue000",
        "2026-03-02",
    ]
)
values = st.one_of(
    st.none(),
    st.booleans(),
    texts,
    st.integers(-3, 3),
    st.lists(st.sampled_from(["a", "3", "同意"])),
)
constants = st.sampled_from(
    [
        '"a"',
        '"3"',
        '"同意"',
        '"😀"',
        '"2026-03-01"',
        "3",
        "-1.5",
        "0.10",
        "true",
        "false",
        "null",
    ]
)
comparisons = st.builds(
    "{} {} {}".format,
    st.sampled_from(["p", "q"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.one_of(constants, st.just("q")),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not({})".format, inner),
    ),
    max_leaves=5,
)


def test_the_browser_decides_as_the_server_does(tmp_path: Path) -> None:
    examples: list[tuple[list, dict, bool]] = []

    @settings(
        max_examples=600,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(conditions, st.fixed_dictionaries({"p": values, "q": values}))
    def collect(text: str, data: dict) -> None:
        condition = parse(text)
        examples.append((condition.as_json(), data, condition.holds(data)))

    collect()
    script = tmp_path / "check.mjs"
    script.write_text(
        f"import {{ holds }} from {json.dumps(CLIENT.as_uri())};\n"
        f"const wrong = {json.dumps(examples)}.filter(([tree, data, expected]) => "
        "holds(tree, (key) => data[key]) !== expected);\nconsole.log(JSON.stringify(wrong));"
    )
    node = (
        os.environ.get("PLAYWRIGHT_NODEJS_PATH")
        or shutil.which("node")
        or "node"
    )
    ran = subprocess.run(
        [node, str(script)],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    assert json.loads(ran.stdout) == []
    assert len(examples) >= 300
