"""Conditions: the simple part of FEEL, the same on the server and in the browser."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.conditions import ConditionRefused, parse

CLIENT = Path(__file__).parents[2] / "web" / "client" / "forms.js"
DATA = {"decision": "reject", "amount": "12", "kinds": ["a", "b"], "ok": True, "empty": "", "none": []}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('=decision = "reject"', True),
        ('decision == "approve"', False),
        ("=decision != 'approve' and decision != \"supplement\"", True),
        ('=decision = "approve" or amount > 9', True),
        ('=decision = "approve" or amount > 9 and ok = false', False),
        ('=(decision = "reject" or ok) and not(amount >= 12.5)', True),
        ("=amount = 12", True),
        ('=amount < "9"', False),
        ("=empty = null and none = null and absent = null", True),
        ("=absent > 1 or absent < 1", False),
        ('=kinds = "b"', True),
        ('=kinds != "c"', True),
        ("=ok", True),
        ("=not(ok)", False),
    ],
)
def test_a_condition_is_read_as_feel_reads_it(text: str, holds: bool) -> None:
    assert parse(text).holds(DATA) is holds


@pytest.mark.parametrize(
    "text",
    [
        "=",
        "=a =",
        "=a = 1 b",
        "=(a = 1",
        "=a ~ 1",
        '="x"',
        "=a in [1]",
        "=count(a) > 1",
        "=a.b = 1",
        "=" + "(" * 99 + "a" + ")" * 99,
        "=a = 1 and",
        "=and",
        "=a" * 300,
    ],
)
def test_what_is_outside_the_simple_part_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(ConditionRefused, match="隐藏条件"):
        parse(text)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", "a", "b", "3", "-1.5", "x y"]),
    st.integers(-3, 3),
    st.lists(st.sampled_from(["a", "3"])),
)
constants = st.sampled_from(['"a"', '"3"', "3", "-1.5", "true", "false", "null"])
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

    @settings(max_examples=400, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(conditions, st.fixed_dictionaries({"p": values, "q": values}))
    def collect(text: str, data: dict) -> None:
        condition = parse(text)
        examples.append((condition.as_json(), data, condition.holds(data)))

    collect()
    source = CLIENT.read_text()
    functions = source[: source.index("// A field's value")].replace("export ", "")
    script = tmp_path / "check.mjs"
    script.write_text(
        f"{functions}\nconst wrong = {json.dumps(examples)}.filter(([tree, data, expected]) => "
        "holds(tree, (key) => data[key]) !== expected);\nconsole.log(JSON.stringify(wrong));"
    )
    node = os.environ.get("PLAYWRIGHT_NODEJS_PATH") or shutil.which("node") or "node"
    told = subprocess.run([node, str(script)], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(told.stdout) == []
    assert len(examples) >= 200
