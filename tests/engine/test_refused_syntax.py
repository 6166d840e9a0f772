"""What cannot be written is called by a Chinese name, whatever it is."""

from __future__ import annotations

import ast
import re

import pytest

from orchestrator.engine import expressions
from orchestrator.engine.expression_syntax import SCRIPT_NODES

SCRIPTS = (
    "print(1)",
    "x",
    "a: int = 1",
    "a = b | c",
    "a = b & c",
    "a = b ^ c",
    "a = ~b",
    "a = b @ c",
    "a = b ** c",
    "a = b << c",
    "a = b >> c",
    "a = {1, 2}",
    "a = {x for x in y}",
    "a = {x: 1 for x in y}",
    "a = lambda: 1",
    "a = f'{b}'",
    "a = [*b]",
    "a = (b := 1)",
    "import os",
    "from os import path",
    "for x in y:\n    a = x",
    "while x:\n    a = x",
    "def f():\n    a = 1",
    "class A:\n    a = 1",
    "with x:\n    a = 1",
    "try:\n    a = 1\nexcept:\n    a = 2",
    "raise x",
    "assert x",
    "del x",
    "global x",
    "async def f():\n    await x",
    "match x:\n    case 1:\n        a = 1",
    "def f():\n    return 1",
    "a = (yield x)",
)
CODE = re.compile(r"“[^”]*”|\w+ == \"\w+\"|（(?:import|with)）")


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_refusal_says_in_chinese_what_it_is(script: str) -> None:
    with pytest.raises(expressions.ExpressionRefused) as refused:
        expressions.compile_script(script)
    told = CODE.sub("", str(refused.value))
    if not told.startswith("只能调用"):
        assert not re.search("[A-Za-z]{2,}", told), told


def test_every_kind_of_node_that_is_refused_is_among_them() -> None:
    nodes = {
        type(node)
        for script in SCRIPTS
        for node in ast.walk(ast.parse(script))
    }
    there = {
        kind
        for family in (ast.stmt, ast.operator, ast.unaryop)
        for kind in family.__subclasses__()
    }
    inside = {"AsyncFor", "AsyncWith", "Break", "Continue", "Nonlocal"}
    left = there - nodes - set(SCRIPT_NODES)
    assert {kind.__name__ for kind in left} <= {*inside, "TryStar"}
