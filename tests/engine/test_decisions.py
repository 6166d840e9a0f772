"""Decision tables: cells as the DMN editors write them, hit policies, and what is refused."""

from __future__ import annotations

from html import escape

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import END, START, Play, document, flow, user

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dd" name="d" namespace="t">'


def table(
    rules: list[tuple[str, str]],
    attributes: str = "",
    read: str = "x",
    name: str = "out",
) -> bytes:
    """A decision `route` with one input and one output."""
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{escape(result)}</text></outputEntry></rule>'
        for n, (cell, result) in enumerate(rules)
    )
    return (
        f'{HEAD}<decision id="route" name="定级"><decisionTable id="t" {attributes}><input '
        'id="in"><inputExpression id="ie">'
        f'<text>{read}</text></inputExpression></input><output id="on" '
        f'name="{name}"/>{rows}</decisionTable></decision></definitions>'
    ).encode()


BODY = (
    START
    + END
    + '<businessRuleTask id="r" camunda:decisionRef="route"/>'
    + user("a")
    + flow("start", "r", "a", "end")
)


def test_a_table_reads_and_sets_variables_called_like_functions() -> None:
    content = table([("> 3", '"high"')], read="max", name="sum")
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
    assert (
        Play(
            BODY, variables={"max": 5}, resources={"r.dmn": content}
        ).outcome.variables["sum"]
        == "high"
    )


def decide(content: bytes, **variables: object) -> object:
    return Play(
        BODY, variables=variables, resources={"r.dmn": content}
    ).outcome.variables["out"]


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('"red"', "red", "blue"),
        ('"red","amber"', "amber", "blue"),
        ('not("red","amber")', "blue", "red"),
        ('"a,b"', "a,b", "a"),
        (">= 10", 10, 9),
        ("< 10", 9, 10),
        ("!= 3", 4, 3),
        ("[1..5]", 5, 6),
        ("]1..5[", 2, 5),
        ("? > 3 and ? < 7", 5, 7),
        ("not(3)", None, 3),
        ("true", True, False),
    ],
)
def test_a_cell_decides_as_it_is_written(
    cell: str, hit: object, missed: object
) -> None:
    content = table([(cell, '"yes"'), ("-", '"no"')], 'hitPolicy="FIRST"')
    assert decide(content, x=hit) == "yes"
    assert decide(content, x=missed) == "no"


def test_an_empty_cell_is_true_for_all_and_a_result_is_an_expression() -> None:
    assert decide(table([("", "x * 2")]), x=4) == 8


def test_no_rule_gives_nothing() -> None:
    assert decide(table([('"red"', '"yes"')]), x="blue") is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('hitPolicy="FIRST"', 1),
        ('hitPolicy="COLLECT"', [1, 2, 3]),
        ('hitPolicy="RULE ORDER"', [1, 2, 3]),
        ('hitPolicy="COLLECT" aggregation="SUM"', 6),
        ('hitPolicy="COLLECT" aggregation="MIN"', 1),
        ('hitPolicy="COLLECT" aggregation="MAX"', 3),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 3),
    ],
)
def test_the_hit_policy_chooses_among_the_rules_that_match(
    attributes: str, expected: object
) -> None:
    assert (
        decide(
            table([("> 0", "1"), ("> 1", "2"), ("-", "3")], attributes), x=5
        )
        == expected
    )


def test_any_takes_what_all_matching_rules_say() -> None:
    assert (
        decide(table([("> 0", "1"), ("> 1", "1")], 'hitPolicy="ANY"'), x=5)
        == 1
    )
    with pytest.raises(ExpressionFailed, match="ANY"):
        decide(table([("> 0", "1"), ("> 1", "2")], 'hitPolicy="ANY"'), x=5)


def test_unique_names_the_rules_that_contradict_it() -> None:
    with pytest.raises(ExpressionFailed, match="第 1、2 行"):
        decide(table([("> 0", "1"), ("> 1", "2")]), x=5)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (table([("-", "1")], 'hitPolicy="PRIORITY"'), "PRIORITY"),
        (table([("-", "1")], 'hitPolicy="COLLECT" aggregation="AVG"'), "AVG"),
        (table([("-", "1")], read=""), "输入列"),
        (table([("-", "1")], name="a.b"), "输出列"),
        (table([("-", "1,5")]), "用逗号隔开的几个值"),
        (table([("-", "1")], read="x, y"), "用逗号隔开的几个值"),
        (
            table([("-", "1")]).replace(
                b"</decision>",
                b'</decision><decision id="route" name="\xe4\xba\x8c">'
                b"<literalExpression><text>1</text></literalExpression></decision>",
            ),
            "编号都是",
        ),
        (table([("> ", "1")]), "第 1 行"),
        (table([('__import__("os")', "1")]), "第 1 行"),
        (table([("-", "x.__class__")]), "第 1 行"),
        (
            table([("-", "1")]).replace(
                b'<outputEntry id="o0"><text>1</text></outputEntry>', b""
            ),
            "第 1 行的格数",
        ),
        (
            table([("-", "1")]).replace(
                b"decisionTable", b"literalExpression"
            ),
            "没有写表达式",
        ),
    ],
)
def test_what_would_not_decide_as_written_is_refused_at_deployment(
    content: bytes, told: str
) -> None:
    found = [
        f
        for f in check({"p.bpmn": document(BODY), "r.dmn": content})
        if f.severity == "error"
    ]
    assert [f.element_id for f in found if told in f.message] == ["route"], (
        found
    )


# ---- what the result
# is taken for


def wide(
    rules: list[tuple[str, ...]],
    attributes: str = "",
    outputs: str = "",
    names: tuple[str, ...] = ("out",),
) -> bytes:
    """One input `x`; each rule is its cell and its results; `outputs` stands inside every output."""
    columns = "".join(
        f'<output id="o_{name}" name="{name}">{outputs}</output>'
        for name in names
    )
    rows = ""
    for number, (cell, *results) in enumerate(rules):
        given = "".join(
            f'<outputEntry id="u{number}_{at}"><text>{escape(each)}</text></outputEntry>'
            for at, each in enumerate(results)
        )
        rows += (
            f'<rule id="w{number}"><inputEntry '
            f'id="c{number}"><text>{escape(cell)}</text></inputEntry>{given}</rule>'
        )
    return (
        f'{HEAD}<decision id="route" name="定级"><decisionTable id="t" {attributes}><input '
        'id="in"><inputExpression id="ie">'
        f"<text>x</text></inputExpression></input>{columns}{rows}</decisionTable></decision></definitions>"
    ).encode()


@pytest.mark.parametrize("cell", ["true", "> 5", '"a", 1', "[1..3]", "-1"])
def test_a_number_or_a_truth_in_a_column_of_texts_is_refused(
    cell: str,
) -> None:
    content = table([(cell, "1")])
    texts = content.replace(b'id="ie"', b'id="ie" typeRef="string"')
    told = [
        found.message
        for found in check({"p.bpmn": document(BODY), "r.dmn": texts})
        if "类型是文字" in found.message and "第 1 行“x”" in found.message
    ]
    assert told
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []


def _told(cell: str, more: bytes = b'typeRef="string"') -> list[str]:
    content = table([(cell, "1")]).replace(b'id="ie"', b'id="ie" ' + more)
    return [
        f"{found.severity} {found.message}"
        for found in check({"p.bpmn": document(BODY), "r.dmn": content})
    ]


@pytest.mark.parametrize("cell", ["> 5", "[1..5]", '> "5"', '["1".."5"]'])
def test_an_order_of_texts_that_are_numbers_asks_for_another_type(
    cell: str,
) -> None:
    told = _told(cell)
    assert told and all("请把列的类型改为数字" in text for text in told)
    assert not any("写成" in text for text in told)
    assert _told('> "b"') == []


def test_what_is_told_of_a_column_of_texts_names_row_and_column() -> None:
    (told,) = _told("true")
    assert "第 1 行“x”与“true”比较" in told
    (told,) = _told("? != 5")
    assert "没有文字与它相等" in told
    (told,) = _told("list contains(nums, ?)")
    assert told.startswith("note") and "列表里也要是文字" in told
    assert _told('list contains(["a"], ?)') == []


@pytest.mark.parametrize(
    ("type_ref", "cell", "value"),
    [
        ("integer", '"5"', '"5"'),
        ("number", '> "5"', '"5"'),
        ("double", 'not("5")', '"5"'),
        ("long", "true", "true"),
        ("number", '["3".."7"]', '"7"'),
        ("boolean", '"true"', '"true"'),
        ("boolean", "not(1)", "1"),
        ("boolean", "> 0", "0"),
    ],
)
def test_a_column_of_numbers_or_truths_compares_with_its_own_kind(
    type_ref: str, cell: str, value: str
) -> None:
    told = _told(cell, f'typeRef="{type_ref}"'.encode())
    kind = "是否" if type_ref == "boolean" else "数字"
    assert any(
        text.startswith("error")
        and f"第 1 行“x”与“{value}”比较，而列的类型是“{kind}”，" in text
        for text in told
    )


@pytest.mark.parametrize(
    ("type_ref", "cell"),
    [
        ("number", "not(-5, 1.5)"),
        ("number", "null"),
        ("number", 'y, number("5")'),
        ("number", 'string(?) = "5"'),
        ("boolean", "not(false)"),
        ("boolean", "y = 5"),
    ],
)
def test_what_is_of_the_kind_of_a_column_of_numbers_or_truths_is_taken(
    type_ref: str, cell: str
) -> None:
    assert _told(cell, f'typeRef="{type_ref}"'.encode()) == []


def test_a_comma_behind_a_quote_of_its_own_stands_in_the_text() -> None:
    content = table([("-", '"\\"甲, 乙"')])
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []


def test_decisions_without_an_id_are_told_so() -> None:
    content = table([("-", "1")]).replace(b' id="route"', b"")
    head, _tag, rest = content.partition(b"<decision ")
    body, _tag, _end = rest.partition(b"</definitions>")
    twice = head + (b"<decision " + body) * 2 + b"</definitions>"
    told = [found.message for found in check({"r.dmn": twice})]
    assert any("2 个决策没有编号" in text for text in told)
    assert not any("None" in text for text in told if "编号都是" in text)


def test_texts_and_what_is_asked_of_them_stand_in_a_column_of_texts() -> None:
    cells = ('"1"', "null", "string length(?) > 2", 'not("true")', "y", "< y")
    content = table([(cell, "1") for cell in cells]).replace(
        b'id="ie"', b'id="ie" typeRef="string"'
    )
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []


def taken(form: str | None, content: bytes, **variables: object) -> object:
    """What a task's result variable holds."""
    attributes = 'camunda:resultVariable="res"' + (
        f' camunda:mapDecisionResult="{form}"' if form else ""
    )
    body = BODY.replace(
        'camunda:decisionRef="route"',
        f'camunda:decisionRef="route" {attributes}',
    )
    return Play(
        body, variables=variables, resources={"r.dmn": content}
    ).outcome.variables["res"]


ROWS = wide(
    [("-", '"a"', "1"), ("-", '"b"', "2")],
    'hitPolicy="COLLECT"',
    names=("p", "q"),
)
ROW = wide([("> 0", '"a"', "1")], names=("p", "q"))
VALUES = wide([("> 0", '"a"'), ("> 1", '"b"')], 'hitPolicy="COLLECT"')
VALUE_ALONE = wide([("> 0", '"a"')])


@pytest.mark.parametrize(
    ("form", "content", "x", "held"),
    [
        ("resultList", ROWS, 1, [{"p": "a", "q": 1}, {"p": "b", "q": 2}]),
        (None, ROWS, 1, [{"p": "a", "q": 1}, {"p": "b", "q": 2}]),
        ("resultList", ROW, 0, []),
        ("singleResult", ROW, 1, {"p": "a", "q": 1}),
        ("singleResult", ROW, 0, None),
        ("collectEntries", VALUES, 2, ["a", "b"]),
        ("collectEntries", VALUES, 0, []),
        ("singleEntry", VALUE_ALONE, 1, "a"),
        ("singleEntry", VALUE_ALONE, 0, None),
    ],
)
def test_the_result_is_taken_as_the_task_says(
    form: str | None, content: bytes, x: int, held: object
) -> None:
    assert taken(form, content, x=x) == held


@pytest.mark.parametrize(
    ("form", "content", "told"),
    [
        ("singleEntry", ROW, "2 个输出列"),
        ("collectEntries", ROWS, "2 个输出列"),
        ("singleEntry", VALUES, "给出多行"),
        ("singleResult", ROWS, "给出多行"),
        ("firstOfAll", ROW, "不受支持"),
    ],
)
def test_a_result_that_cannot_be_taken_so_is_refused_at_deployment(
    form: str, content: bytes, told: str
) -> None:
    attributes = (
        f'camunda:resultVariable="res" camunda:mapDecisionResult="{form}"'
    )
    body = BODY.replace(
        'camunda:decisionRef="route"',
        f'camunda:decisionRef="route" {attributes}',
    )
    found = [
        f
        for f in check({"p.bpmn": document(body), "r.dmn": content})
        if f.severity == "error"
    ]
    assert [f.element_id for f in found if told in f.message] == ["r"], found


ORDER = (
    '<outputValues id="v"><text>"high","middle","low"</text></outputValues>'
)


def test_the_order_of_the_outputs_values_decides() -> None:
    rules = [("> 0", '"low"'), ("> 1", '"high"'), ("> 2", '"middle"')]
    assert decide(wide(rules, 'hitPolicy="PRIORITY"', ORDER), x=5) == "high"
    assert decide(wide(rules, 'hitPolicy="PRIORITY"', ORDER), x=1) == "low"
    assert decide(wide(rules, 'hitPolicy="OUTPUT ORDER"', ORDER), x=5) == [
        "high",
        "middle",
        "low",
    ]
    assert decide(wide(rules, 'hitPolicy="PRIORITY"', ORDER), x=0) is None


def test_a_default_output_stands_where_no_rule_matches() -> None:
    default = '<defaultOutputEntry id="de"><text>"fallback"</text></defaultOutputEntry>'
    assert (
        decide(wide([('"red"', '"yes"')], "", default), x="blue") == "fallback"
    )
    assert decide(wide([('"red"', '"yes"')], "", default), x="red") == "yes"
    assert (
        taken("singleEntry", wide([('"red"', '"yes"')], "", default), x="blue")
        == "fallback"
    )


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("SUM", None), ("MIN", None), ("MAX", None), ("COUNT", 0)],
    ids=lambda each: str(each),
)
def test_no_rule_is_counted_as_none(
    aggregation: str, expected: object
) -> None:
    assert (
        decide(
            wide(
                [("> 9", "1")],
                f'hitPolicy="COLLECT" aggregation="{aggregation}"',
            ),
            x=1,
        )
        == expected
    )


def test_a_single_output_without_a_name_is_the_decisions_variable() -> None:
    content = VALUE_ALONE.replace(b'name="out"', b"").replace(
        b"<decisionTable", b'<variable id="v" name="grade"/><decisionTable'
    )
    play = Play(BODY, variables={"x": 1}, resources={"r.dmn": content})
    assert play.outcome.variables == {"x": 1, "grade": "a"}


@pytest.mark.parametrize(
    "version",
    ["http://www.omg.org/spec/DMN/20130901", "http://www.example.com/dmn"],
)
def test_a_version_of_dmn_that_is_not_read_is_told(version: str) -> None:
    content = VALUE_ALONE.replace(
        b"https://www.omg.org/spec/DMN/20191111/MODEL/", version.encode()
    )
    found = [
        f
        for f in check({"p.bpmn": document(BODY), "r.dmn": content})
        if f.resource == "r.dmn"
    ]
    assert [version in f.message for f in found] == [True]


@pytest.mark.parametrize(
    "version",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
        "https://www.omg.org/spec/DMN/20240513/MODEL/",
    ],
)
def test_every_version_that_is_read_decides(version: str) -> None:
    content = VALUE_ALONE.replace(
        b"https://www.omg.org/spec/DMN/20191111/MODEL/", version.encode()
    )
    assert decide(content, x=1) == "a"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            wide(
                [("-", "1", "2")],
                'hitPolicy="COLLECT" aggregation="SUM"',
                names=("p", "q"),
            ),
            "只用于一个输出列",
        ),
        (
            wide([("-", "1")], 'hitPolicy="FIRST" aggregation="SUM"'),
            "汇总只用于收集",
        ),
        (wide([("-", "1")], 'hitPolicy="OUTPUT ORDER"'), "按重要程度"),
        (wide([("-", "1", "2")], names=("p", "p")), "都叫“p”"),
        (
            wide(
                [("-", "1")],
                'hitPolicy="COLLECT"',
                '<defaultOutputEntry id="d"><text>0</text></defaultOutputEntry>',
            ),
            "默认值",
        ),
    ],
)
def test_a_hit_policy_that_cannot_be_kept_is_refused(
    content: bytes, told: str
) -> None:
    found = [
        f
        for f in check({"p.bpmn": document(BODY), "r.dmn": content})
        if f.severity == "error"
    ]
    assert [f.element_id for f in found if told in f.message] == ["route"], (
        found
    )


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('? = "a" or ? = "b"', "b", "c"),
        ('contains(?, "road")', "railroad", "river"),
        ("list contains([1, 2], ?)", 2, 3),
        ("? between 1 and 3", 3, 4),
        ("not([1..3])", 4, 2),
        ('if y > 1 then "a" else "b"', "a", "b"),
        ("count([1, 2, 3])", 3, 2),
        ('>= date("2026-03-01")', "2026-03-02", "2026-02-28"),
        (
            '[date("2026-03-01")..date("2026-03-31")]',
            "2026-03-31",
            "2026-04-01",
        ),
    ],
)
def test_a_cell_may_be_written_in_feel(
    cell: str, hit: object, missed: object
) -> None:
    content = table(
        [(cell, '"yes"'), ("-", 'if x = null then "none" else "no"')],
        'hitPolicy="FIRST"',
    )
    assert [
        f.message
        for f in check({"p.bpmn": document(BODY), "r.dmn": content})
        if f.severity == "error"
    ] == []
    assert decide(content, x=hit, y=2) == "yes"
    assert decide(content, x=missed, y=2) == "no"


def test_every_decision_of_a_file_and_cells_without_ids_are_read() -> None:
    content = VALUE_ALONE.decode()
    for named in (
        ' id="c0"',
        ' id="u0_0"',
        ' id="in"',
        ' id="ie"',
        ' id="w0"',
        ' id="o_out"',
    ):
        content = content.replace(named, "")
    noted = "<annotation/><description>表</description>"
    other = (
        '<decision id="other" name="另一张"><decisionTable id="t2">' + noted
    )
    content = content.replace(
        "<decision ",
        other
        + content.split('<decisionTable id="t" >')[1].split("</decision>")[0]
        + "</decision><decision ",
        1,
    )
    assert decide(content.encode(), x=1) == "a"


@pytest.mark.parametrize(
    ("cell", "result", "why"),
    [
        ("> 3 // two, three", "1", "在 FEEL 中是备注"),
        ("-", "7 // 2", "在 FEEL 中是备注"),
        ('("red", "amber")', "1", "请去掉括号"),
        ('"red",', "1", "多了一个逗号"),
        ("-", 'name or "none"', "if … then … else"),
        ("-", "1 and x", "if … then … else"),
    ],
)
def test_what_feel_reads_otherwise_and_nobody_means_so_is_refused(
    cell: str, result: str, why: str
) -> None:
    (finding,) = check(
        {"p.bpmn": document(BODY), "r.dmn": table([(cell, result)])}
    )
    assert why in finding.message
    assert finding.severity == "error"


def test_slashes_and_words_inside_a_text_are_text() -> None:
    content = table([('"http://x"', '"a or b // c"')])
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
    assert decide(content, x="http://x") == "a or b // c"
