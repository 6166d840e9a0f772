"""Scripts in Groovy and JavaScript do what they do there, stop where the two turn one kind of value into
another, or are refused by a sentence that names what is not run."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator import bpmn_import
from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import scripts
from orchestrator.engine import expressions, xml
from orchestrator.engine.expressions import ExpressionError
from orchestrator.engine.translating import Untranslatable

STOPS = "stops"
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "0": 0,
    "5": 5,
    "2.5": 2.5,
    "''": "",
    "'a'": "a",
    "'5'": "5",
    "[]": [],
    "['a']": ["a"],
    "{}": {},
}
TABLE = """
groovy x == 'a'        |.   .   .   .   .   .   .  t  .  .   .    .
js     x == 'a'        |.   .   .   .   .   .   .  t  .  .   t    .
js     x === 'a'       |.   .   .   .   .   .   .  t  .  .   .    .
js     x !== 'a'       |t   t   t   t   t   t   t  .  t  t   t    t
groovy x != 'a'        |t   t   t   t   t   t   t  .  t  t   t    t
js     x == 5          |.   .   .   .   t   .   .  .  t  .   .    .
js     x === 5         |.   .   .   .   t   .   .  .  .  .   .    .
groovy x == 5          |.   .   .   .   t   .   .  .  .  .   .    .
js     x == null       |t   .   .   .   .   .   .  .  .  .   .    .
js     x === null      |t   .   .   .   .   .   .  .  .  .   .    .
groovy x != null       |.   t   t   t   t   t   t  t  t  t   t    t
js     x == true       |.   t   .   .   .   .   .  .  .  .   .    .
js     x === false     |.   .   t   .   .   .   .  .  .  .   .    .
js     x == ''         |.   .   t   t   .   .   t  .  .  t   .    .
groovy x == ''         |.   .   .   .   .   .   t  .  .  .   .    .
js     !x              |t   .   t   t   .   .   t  .  .  .   .    .
groovy !x              |t   .   t   t   .   .   t  .  .  t   .    t
js     x ? 1 : 2       |2   1   2   2   1   1   2  1  1  1   1    1
groovy x ? 1 : 2       |2   1   2   2   1   1   2  1  1  2   1    2
groovy x ?: 7          |7   True 7  7   5   2.5 7  'a' '5' 7 ['a'] 7
js     x ?? 7          |7   True False 0 5  2.5 '' 'a' '5' [] ['a'] {}
js     x || 7          |7   True 7  7   5   2.5 7  'a' '5' [] ['a'] {}
js     x && 7          |None 7  False 0  7  7   '' 7  7  7   7    7
groovy x || false      |.   t   .   .   t   t   .  t  t  .   t    .
js     x + 1           |1   2   1   1   6   3.5 '1' 'a1' '51' '1' 'a1' !
groovy x + 1           |!   !   !   1   6   3.5 '1' 'a1' '51' [1] ['a',1] !
js     x + '!'         |'null!' 'true!' 'false!' '0!' '5!' '2.5!' '!' 'a!' '5!' '!' 'a!' !
groovy x + '!'         |'null!' 'true!' 'false!' '0!' '5!' '2.5!' '!' 'a!' '5!' ['!'] ['a','!'] !
groovy "-${x}"         |'-null' '-true' '-false' '-0' '-5' '-2.5' '-' '-a' '-5' '-[]' '-[a]' '-[:]'
js     `-${x}`         |'-null' '-true' '-false' '-0' '-5' '-2.5' '-' '-a' '-5' '-' '-a' !
js     x - 1           |-1  0   -1  -1  4   1.5 -1 !  4  -1  !    !
groovy x - 1           |!   !   !   -1  4   1.5 '' 'a' '5' [] ['a'] !
js     x > 3           |.   .   .   .   t   .   .  .  t  .   .    .
groovy x > 3           |.   !   !   .   t   .   !  !  !  !   !    !
js     x <= 3          |t   t   t   t   .   t   t  .  .  t   .    .
js     x < 'b'         |.   .   .   .   .   .   t  t  t  t   t    t
groovy x < 'b'         |t   !   !   !   !   !   t  t  t  !   !    !
js     -x              |0   -1  0   0   -5  -2.5 0 !  -5 0   !    !
groovy x / 2           |!   !   !   0   2.5 1.25 ! !  !  !   !    !
js     x / 2           |0   .5  0   0   2.5 1.25 0 !  2.5 0  !    !
js     x % 2           |0   1   0   0   1   .5  0  !  1  0   !    !
js     x.length        |!   !   !   !   !   !   0  1  1  0   1    !
groovy x.size()        |!   !   !   !   !   !   0  1  1  0   1    0
groovy x.length()      |!   !   !   !   !   !   0  1  1  !   !    !
groovy x.isEmpty()     |!   !   !   !   !   !   t  .  .  t   .    t
groovy x.equals('a')   |!   .   .   .   .   .   .  t  .  .   .    .
groovy x.contains('a') |!   !   !   !   !   !   .  t  .  .   t    !
js     x.includes('a') |!   !   !   !   !   !   .  t  .  .   t    !
groovy x.startsWith('a')|!  !   !   !   !   !   .  t  .  !   !    !
js     x.endsWith('a') |!   !   !   !   !   !   .  t  .  !   !    !
groovy x in ['a','b']  |.   .   .   .   .   .   .  t  .  .   .    .
groovy x[0]            |!   !   !   !   !   !   !  'a' '5' None 'a' None
js     x[0]            |!   !   !   !   !   !   !  'a' '5' ! 'a' !
js     x.toUpperCase() |!   !   !   !   !   !   '' 'A' '5' ! !    !
js     String(x)       |'null' 'true' 'false' '0' '5' '2.5' '' 'a' '5' '' 'a' !
js     Math.max(x, 3)  |3   3   3   3   5   3   3  !  5  3   !    !
"""
"""Language, expression | what it gives there for each of VALUES: t true, . false, ! an error or no value that
we have (NaN, undefined)."""
WORDS = {"t": True, ".": False, "!": STOPS}


def _rows() -> dict[tuple[str, str], list[Any]]:
    rows = {}
    for line in TABLE.strip().splitlines():
        head, _bar, cells = line.rpartition("|")
        language, _space, text = head.strip().partition(" ")
        rows[language, text.strip()] = [
            WORDS[cell] if cell in WORDS else eval(cell)
            for cell in cells.split()
        ]
    return rows


ROWS = _rows()
LANGUAGES = {"groovy": "groovy", "js": "javascript"}


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_a_value_is_theirs_or_the_script_stops(row: tuple[str, str]) -> None:
    ours = scripts.value(row[1], LANGUAGES[row[0]])
    assert len(ROWS[row]) == len(VALUES)
    same = 0
    for theirs, value in zip(ROWS[row], VALUES.values(), strict=True):
        try:
            result = expressions.evaluate(ours, {"x": value})
        except ExpressionError:
            continue
        assert theirs != STOPS
        assert (result, isinstance(result, bool)) == (
            theirs,
            isinstance(theirs, bool),
        )
        same += 1
    assert same


RUNS: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    (
        "groovy",
        'if (amount > 1000) { level = "city" } else { level = "county" }',
    ): ({"amount": 1200}, {"level": "city"}),
    (
        "js",
        'var r;\nif (a >= 60) {\n  r = "pass";\n} else if (a >= 40)\n  r = "again";\n'
        'else r = "fail";\nexecution.setVariable("r", r);',
    ): ({"a": 50}, {"r": "again"}),
    (
        "js",
        'execution.setVariable("total", quantity * price)\n'
        'execution.setVariable("large", quantity * price > 100)',
    ): ({"quantity": 3, "price": 40}, {"total": 120, "large": True}),
    (
        "groovy",
        'def n = execution.getVariable("n")\nif (n == null) n = 0\n'
        'execution.setVariable("n", n + 1)',
    ): ({}, {"n": 1}),
    ("js", "count += 1; total -= count; count++"): (
        {"count": 1, "total": 9},
        {"count": 3, "total": 7},
    ),
    ("groovy", "list = ['a', \"b\"]\nmap = [k: 1, 'l': [2]]\nnone = [:]"): (
        {},
        {"list": ["a", "b"], "map": {"k": 1, "l": [2]}, "none": {}},
    ),
    ("js", "var o = {k: 1, 'l': [2]};\nx = o.l[0] + o['k']"): ({}, {"x": 3}),
    ("groovy", 'println "n: $n"\nprintln(n)\nx = n // kept'): (
        {"n": 4},
        {"x": 4},
    ),
    ("js", "console.log('n', n);\nx = n ? n : 1"): ({"n": 0}, {"x": 1}),
    ("groovy", "x = a +\n  b\n+ c\ny = 1"): ({}, {}),
    ("js", "x = a\n  + b"): ({"a": 1, "b": 2}, {"x": 3}),
    (
        "groovy",
        "if (a) {\n  x = 1\n  if (b) { y = 2 }\n}\nelse\n{\n  x = 3\n}\nz = x",
    ): ({"a": True, "b": False}, {"x": 1, "z": 1}),
    ("groovy", "String s = name\nboolean b = name\nx = b ? s : 'none'"): (
        {"name": "li"},
        {"x": "li"},
    ),
    (
        "groovy",
        'def ok = a in ["x", "y"] && !(b == 2)\nexecution.setVariable("ok", ok)',
    ): ({"a": "y", "b": 3}, {"ok": True}),
    ("js", "'use strict';\nlet a = 1, b = 2;\nx = a + b * 2 - -1;"): (
        {},
        {"x": 6},
    ),
    ("groovy", "x = (a + b) / 4; y = -(a % b)"): (
        {"a": 7, "b": 3},
        {"x": 2.5, "y": -1},
    ),
    ("groovy", "def int n = a\ndef Object o = n\nx = n + 1"): (
        {"a": 2},
        {"x": 3},
    ),
    ("groovy", "x = -7 % 3"): ({}, {"x": -1}),
    ("js", "if (!done) { x = 1; }"): ({"done": True}, {}),
    (
        "js",
        "var x = 1;\nif (a == 1) { var x = 2; }\nexecution.setVariable('y', x);",
    ): ({"a": 1}, {"y": 2}),
    ("js", "if (a) { var x = 1 } else { var x = 2 }\ny = x"): (
        {"a": False},
        {"y": 2},
    ),
    (
        "groovy",
        "if (a == 1) { def x = 2; y = x } else { def x = 3; y = x }\n"
        "if (a == 1) { def x = 5\n z = x }",
    ): ({"a": 1}, {"y": 2, "z": 5}),
    (
        "groovy",
        "if (a == 1) { def x = 2; execution.setVariable('x', x) }",
    ): ({"a": 1}, {"x": 2}),
    ("groovy", "x = a\n(b)"): ({}, {}),
    ("js", "x = a\n[0]"): ({"a": [7]}, {"x": 7}),
}
"""Language, script → the variables before it, and those that it sets."""


@pytest.mark.parametrize("row", RUNS, ids=" ".join)
def test_a_script_sets_what_it_sets_there(row: tuple[str, str]) -> None:
    seen, expected = RUNS[row]
    if not expected and row[0] == "groovy":
        with pytest.raises(Untranslatable):
            scripts.read(row[1], "groovy")
        return
    made = scripts.read(row[1], LANGUAGES[row[0]])
    assert expressions.execute(made.text, seen) == expected


RESULTS: dict[tuple[str, str], list[Any]] = {
    ("groovy", "x > 3 ? 'high' : 'low'"): ["low", "high"],
    ("js", "if (x > 3) { return 'high'; }\nreturn 'low';"): ["low", "high"],
    ("js", "if (x > 3) 'high'; else 'low';"): ["low", "high"],
    (
        "groovy",
        "def y = x * 2\nif (y > 6) {\n  return y\n} else {\n  return 0\n}",
    ): [0, 8],
    ("js", "var y = x + 1;\ny"): [4, 5],
    ("groovy", "y = x"): [3, 4],
}
"""Language, script → its value where x is 3 and where it is 4."""


@pytest.mark.parametrize("row", RESULTS, ids=" ".join)
def test_the_value_of_a_script_goes_to_its_variable(
    row: tuple[str, str],
) -> None:
    made = scripts.read(row[1], LANGUAGES[row[0]], "r")
    values = [
        expressions.execute(made.text, {"x": number})["r"] for number in (3, 4)
    ]
    assert values == RESULTS[row]


REFUSED = {
    ("groovy", "for (i in list) { x = i }"): "“for”（循环）",
    ("js", "while (x) { x = 1 }"): "“while”（循环）",
    ("js", "var d = new Date()"): "“new”（函数和对象）",
    ("js", "x = typeof y"): "“typeof”",
    ("js", "var f = function() {}"): "“function”（函数和对象）",
    ("groovy", "import groovy.json.JsonSlurper"): "“import”",
    ("groovy", "x = a as Integer"): "“as”（类型转换）",
    ("js", "x = parseInt(a)"): "没有函数“parseInt(…)”",
    ("js", "x = Math.round(a)"): "不调用方法“Math.round(…)”",
    ("groovy", "x = list.collect { it + 1 }"): "“{”处的写法",
    ("js", "x = JSON.parse(a)"): "本系统没有“JSON.parse(…)”",
    ("groovy", "x = execution.processBusinessKey"): (
        "本系统没有“execution.processBusinessKey”"
    ),
    ("groovy", "x = execution.getId()"): "不调用“execution.getId(…)”",
    ("groovy", 'execution.removeVariable("x")'): (
        "不调用“execution.removeVariable(…)”"
    ),
    ("groovy", "y = amount.intdiv(2)"): "不调用方法“intdiv(…)”",
    ("js", "x === undefined"): "“undefined”",
    ("js", "x = a = 1"): "“=”处的写法",
    ("groovy", "x = 'a\\q'"): "反斜杠",
    ("js", "x = 010"): "“010”处的写法",
    ("js", "x = 1e3"): "“1e3”处的写法",
    ("groovy", "x = '''a'''"): "处的写法本系统没有",
    ("js", "x = /a/.test(b)"): "“/”处的写法",
    ("js", "x = true - 1"): "这里应是数字，现为真假值",
    ("groovy", "x = [1] - 1"): "这里应是数字，现为列表",
    ("groovy", 'execution.setVariable("a b", 1)'): "变量名“a b”",
    ("groovy", 'execution.setVariable("a = 1\\nb", 1)'): "变量名",
    ("js", "var x; y = x"): "“x”在这里可能还没有值",
    ("js", "if (a) { let x = 1 }\ny = x"): "“x”在分支里声明",
    ("js", "if (a) { var x = 1 }\ny = x"): "“x”在这里可能还没有值",
    ("js", "let x = 1; if (a == 1) { let x = 2; } y = x"): "“x”在分支里声明",
    ("groovy", "if (a == 1) { def x = 2; y = x }\nx = 5"): "“x”在分支里声明",
    ("groovy", "if (a) { def x = 2 } else { def x = 3 }\ny = x"): (
        "“x”在分支里声明"
    ),
    ("groovy", 'if (a) { def x = 2 }\ny = "n: $x"'): "“x”在分支里声明",
    ("js", "if (a) { let x = 1; if (b) { let x = 2 } y = x }"): (
        "“x”在分支里声明"
    ),
    ("js", "if (a) { return 1 } else { let x = 2 }\nreturn x"): (
        "“x”在分支里声明"
    ),
    ("js", "x = a\n('b').c"): "“(”处的写法",
    ("js", "var x = a.b\n(c)"): "“(”处的写法",
    ("js", "if (a) { return 1 }\nif (b) { x = 1 }\nreturn 2\nx = 3"): (
        "return 之后还有语句"
    ),
    ("js", "foo(x)"): "没有函数“foo(…)”",
    ("js", "console.log(next())"): "写日志的语句里调用了别的方法",
    ("js", "x = (1"): "脚本不完整",
    ("js", "x = " + "(" * 200 + "1"): "表达式嵌套太深",
    ("js", "x = 1" + " + 1" * 200): "脚本太长",
    ("js", "x = " + "/* " * 6_000): "处的写法本系统没有",
    ("js", "x = '" + "\\'" * 9_000): "处的写法本系统没有",
    ("groovy", "x = 1 === 1"): "“===”处的写法",
    ("groovy", 'x = "${list.collect{it}}"'): "处的写法本系统没有",
}
"""Language, script → a part of the sentence."""


@pytest.mark.parametrize(
    "row", REFUSED, ids=lambda row: f"{row[0]} {row[1][:40]}"
)
def test_what_is_not_run_is_refused_by_its_name(row: tuple[str, str]) -> None:
    with pytest.raises(Untranslatable, match=re.escape(REFUSED[row])):
        scripts.read(row[1], LANGUAGES[row[0]])


def imported(inner: str, uri: str) -> tuple[dict[str, str], str]:
    """(attribute → verdict, the diagram) of a process with these steps between start and end."""
    content = (
        f'<definitions xmlns="{xml.BPMN}" xmlns:xsi="{xml.XSI}" xmlns:o="{uri}" '
        'targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s"/>'
        f'{inner}<endEvent id="e"/></process></definitions>'
    )
    found = bpmn_import.convert(content.encode())
    assert [
        each.message
        for each in check({"p.bpmn": found.diagram.encode()})
        if each.severity == "error"
    ] == []
    return {
        line.attribute: line.verdict for line in found.lines
    }, found.diagram


CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def test_a_script_that_only_prints_does_nothing_and_is_told() -> None:
    told, diagram = imported(
        '<sequenceFlow id="a" sourceRef="s" targetRef="t"/><sequenceFlow id="b" sourceRef="t" targetRef="e"/>'
        '<scriptTask id="t" scriptFormat="groovy"><script>println "x: ${execution.getId()}"</script>'
        "</scriptTask>",
        CAMUNDA,
    )
    assert "<script>pass</script>" in diagram
    assert told["script"] in ("mapped", "ignored")


@pytest.mark.parametrize(
    ("language", "condition", "ours"),
    [
        ("groovy", "amount &gt; 5 &amp;&amp; ok", "and bool(ok)"),
        ("javascript", "amount &gt; 5", 'only(amount, "number") &gt; 5'),
        ("JavaScript", "var y = amount; return y === 5", "same(amount, 5)"),
        ("groovy", "ok", "truth(ok)"),
    ],
)
def test_a_condition_in_a_script_language_is_ours(
    language: str, condition: str, ours: str
) -> None:
    _told, diagram = imported(
        '<sequenceFlow id="a" sourceRef="s" targetRef="g"/><exclusiveGateway id="g" default="c"/>'
        f'<sequenceFlow id="b" sourceRef="g" targetRef="e"><conditionExpression xsi:type="tFormalExpression" '
        f'language="{language}">{condition}</conditionExpression></sequenceFlow>'
        '<sequenceFlow id="c" sourceRef="g" targetRef="e"/>',
        CAMUNDA,
    )
    assert ours in diagram
    assert "language=" not in diagram
