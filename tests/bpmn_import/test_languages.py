"""FEEL and JUEL become expressions of ours that mean the same; what cannot is told and never let through."""

from __future__ import annotations

import pytest

from orchestrator import bpmn_import
from orchestrator.bpmn_checks import check
from orchestrator.bpmn_checks.names import names_of
from orchestrator.bpmn_import import scripts, texts
from orchestrator.engine import expressions, xml
from orchestrator.engine.reading import read_processes
from orchestrator.engine.translating import Untranslatable

SEEN = {
    "a": 1,
    "b": 2,
    "c": 3,
    "yes": True,
    "no": False,
    "name": "x",
    "none": None,
    "blank": "",
    "list": ["x", "y"],
    "o": {"p": 5},
    "text": "abcde",
    "max": 4,
    "sum": 5,
}
FEEL = {
    "= a = 1": True,
    "=a != 1 or b = 2": True,
    '= name = "x" and not(no)': True,
    "= a + b * c = 7": True,
    "= (a + b) * c = 9": True,
    "= -a < 0": True,
    "= if a > b then 1 else 2": 2,
    "= a in [1..2]": True,
    "= c in [1..2]": False,
    '= name in ("x", "z")': True,
    "= b between 1 and 2 and yes": True,
    '= list contains(list, "y")': True,
    "= count(list) = 2": True,
    '= starts with(text, "ab") and ends with(text, "de")': True,
    '= contains(text, "bc") and string length(text) = 5': True,
    "= is defined(a) and not(is defined(nowhere))": True,
    "= is empty(list)": False,
    "= o.p > 4": True,
    "= none = null": True,
    "= sum([a, b]) = c": True,
    "= not(a = 1) = no": True,
    "= max > 3 and count(list) = 2": True,
    "= max(a, b) + max = 6": True,
    "= a in (1..3)": False,
    "= b in (1..3) and c in ]1..3]": True,
    "= c in [1..3[": False,
    "= a in > 0 and a in (< 0, 1) and not(a in (> 1, [3..5], 7))": True,
    "= none in > 0": False,
    "= not(none in > 0)": False,
    '= list[1] = "x" and list[-1] = "y"': True,
    '= upper case(name) = "X" and lower case("AB") = "ab"': True,
    '= trim(" x ") = name and is blank(blank)': True,
    '= substring(text, 2) = "bcde" and substring(text, 2, 2) = "bc"': True,
    '= substring(text, -2) = "de"': True,
    '= substring(text, b) = "bcde" and sublist([1, 2, 3], b) = [2, 3]': True,
    "= {x: 1, y: x}.y = 1 and {x: b, y: x + 1}.y = 3": True,
    "= floor(-1.2) = -2 and ceiling(-1.2) = -1 and ceiling(1.2) = b": True,
    "= modulo(-7, 3) = 2 and modulo(7, -3) = -2": True,
    "= even(b) and odd(a) and odd(-3) and not(even(c))": True,
    "= decimal(1 / 3, 2) = 0.33 and round half even(2.5, 0) = 2": True,
    '= number("5") = 5 and string(5) = "5"': True,
    "= string(none) = null": True,
    "= mean([1, 2, 6]) = 3 and mean(1, 3) = 2 and mean([]) = null": True,
    "= min([]) = null and max([a, b]) = 2": True,
    '= append(list, "z") = ["x", "y", "z"]': True,
    "= concatenate([a], [b, c]) = [1, 2, 3]": True,
    '= reverse(list) = ["y", "x"] and sublist([1, 2, 3], 2, 1) = [2]': True,
    '= get value(o, "p") = 5 and get value(o, "q") = null': True,
    "= get or else(nowhere, 4) = 4 and get or else(a, 4) = 1": True,
    "= a = 1 // one\n and b = 2 /* two */": True,
    '= "//" != "/* */"': True,
}
JUEL = {
    "${a == 1 && b > 1}": True,
    "#{a eq 2 || name ne 'x'}": False,
    "${!no}": True,
    "${!yes == no}": True,
    "${not (a gt b)}": True,
    "${empty blank and empty none and not empty list}": True,
    "${a lt b ? 'p' : 'q'}": "p",
    "${a mod 2 == 1}": True,
    "${c div 2 == 1.5}": True,
    "${list[0] eq 'x'}": True,
    "${o.p le 5 && a ge 1}": True,
    "${a == b == no}": True,
    '${name.equals("x") && !"y".equals(name)}': True,
    "${list.contains('x') and 'abc'.contains(\"b\")}": True,
    "${list.size() == 2 || name.length() > 1}": True,
    "${list.isEmpty() or blank.isEmpty()}": True,
    '${text.startsWith("abc") && text.endsWith("de") && !text.endsWith("xabcde")}': True,
    "${text.substring(3) == 'de' && text.substring(0, 3) eq 'abc' && text.charAt(1) == 'b'}": True,
    "${text.substring(5) == '' && text.substring(2, 2) == '' && text.substring((1), 2) == 'b'}": True,
    "${o.get('p') == 5 && o.containsKey('p') && list.get(0) == 'x'}": True,
    "${execution.getVariable('a') == 1 && execution.getVariable('nothing') == null}": True,
    "${execution.hasVariable('a') && !execution.hasVariable('nothing')}": True,
    "${vars:get(a) == 1 && variables:getOrDefault(nothing, 4) == 4}": True,
    "${var:eq(name, 'x') && var:ne(nothing, 'x') && var:lt(a, 2) && !var:gte(nothing, 2)}": True,
    "${variables:isEmpty(blank) && variables:isNotEmpty(list) && variables:contains(list, 'x', 'y')}": True,
    "${variables:exists('a') && !variables:exists(nothing)}": True,
    "${yes ? a : b}": 1,
    "${max > 3 && sum eq 5}": True,
    "${name.equalsIgnoreCase('X') && name.toUpperCase() == 'X'}": True,
    "${' X '.trim().toLowerCase() == name}": True,
    "sum > 3": True,
}
NOT_OURS = [
    "= for x in list return partial",
    "= a in (list, 3)",
    "= a in [1..3",
    "= a > ",
    "=",
    "= class = 1",
    "${execution.getVariable(a)}",
    "${execution.getProcessInstanceId() == 'x'}",
    "${execution.processInstanceId == 'x'}",
    "${name.indexOf('x') >= 0}",
    "${text.substring(-1) == 'e'}",
    "${text.substring(a) == 'bcde'}",
    "${text.substring(0, -1) == 'abcd'}",
    "${text.substring(3, 1) == 'bc'}",
    "${text.charAt(-1) == 'e'}",
    "${text.charAt(a) == 'b'}",
    "${list.get(-1) == 'y'}",
    "${vars:join(list)}",
    "${other:get(a)}",
    "${list.contains('x', 'y')}",
    "${bean.run() && yes}",
    "${a = 1}",
    "${f(a)}",
    "a &&",
    "lambda: 1",
    "${" + "(" * 400 + "a" + ")" * 400 + "}",
    "= " + "not(" * 200 + "a" + ")" * 200,
    "= " + "-" * 300 + "a",
    "= " + "if a then " * 100,
    "${" + "! " * 100 + "a}",
]


@pytest.mark.parametrize("text", [*FEEL, *JUEL])
def test_a_condition_means_what_it_meant(text: str) -> None:
    found = texts.condition(text)
    assert found.problem == ""
    assert expressions.evaluate(found.text, SEEN) == {**FEEL, **JUEL}[text]


@pytest.mark.parametrize("text", NOT_OURS)
def test_what_cannot_be_said_is_told_and_refused(text: str) -> None:
    found = texts.condition(text)
    assert found.problem
    with pytest.raises(expressions.ExpressionRefused):
        expressions.compile_checked(found.text)
    assert (
        texts.condition(found.text) == found
        or texts.condition(found.text).text == found.text
    )


TEMPLATES = {
    '= "demo"': "demo",
    '= ["a", "b"]': '${["a", "b"]}',
    "= manager": "${manager}",
    "= o.p": "${o.p}",
    "dept-${a eq 1 ? 'x' : 'y'}-${b}": "dept-${'x' if a == 1 else 'y'}-${b}",
    "plain": "plain",
}


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_is_rewritten_part_by_part(text: str) -> None:
    assert texts.template(text) == texts.Text(TEMPLATES[text])


@pytest.mark.parametrize(
    "text",
    ["= {a: 1, a: 2}", "${bean.find(a)}", '= "a{b}" + upper(c)'],
)
def test_a_template_that_cannot_be_said_has_a_part_that_the_checks_refuse(
    text: str,
) -> None:
    found = texts.template(text)
    assert found.problem
    parts = expressions.template_expressions(found.text)
    assert parts
    with pytest.raises(expressions.ExpressionRefused):
        for part in parts:
            expressions.compile_checked(part)
    assert texts.template(found.text).text == found.text


TIMES = {
    ("timeDuration", '= duration("P3D")'): "P3D",
    ("timeDuration", '="PT24H"'): "PT24H",
    ("timeDuration", '"PT24H"'): "PT24H",
    ("timeDuration", "'P2D'"): "P2D",
    ("timeDuration", "= wait"): "${wait}",
    ("timeDuration", "${wait}"): "${wait}",
    ("timeDuration", "deadline:review"): "deadline:review",
    (
        "timeDate",
        '= date and time("2027-01-04T08:00:00+08:00")',
    ): "2027-01-04T08:00:00+08:00",
    ("timeCycle", '= cycle(3, duration("PT1H"))'): "R3/PT1H",
    ("timeCycle", '=cycle(duration("P1D"))'): "R/P1D",
    ("timeCycle", "R3/PT10M"): "R3/PT10M",
    ("timeDate", "${dateTime().plusDays(2)}"): "P2D",
    ("timeDate", "#{ dateTime().plusWeeks(1).plusHours(3).toDate() }"): (
        "P7DT3H"
    ),
    ("timeDuration", "timedelta(days=1, minutes=90)"): "P1DT90M",
    ("timeDuration", "= duration(o.wait)"): "${o.wait}",
    ("timeDate", "=date and time(due)"): "${due}",
    ("timeDate", "=date(due)"): (
        "${(due + '')[0:10] if due is not null else null}"
    ),
    ("timeDuration", '= @"PT5M"'): "PT5M",
    (
        "timeDuration",
        '= if a = "duration(y)" and d < 2 then @"P1D" else duration(d)',
    ): '${"P1D" if a == "duration(y)" and d < 2 else d}',
    (
        "timeDuration",
        '= get or else(duration(d), duration("P1D"))',
    ): "${variable('d') if variable('d') is not null else \"P1D\"}",
    (
        "timeDuration",
        '= if yes = true then duration("PT1H") else duration("P1D")',
    ): '${"PT1H" if yes == true else "P1D"}',
    ("timeDate", "=now() + x"): '${clock("now") + x}',
    (
        "timeDate",
        '=date and time(due) + duration("P1D")',
    ): '${feel("date and time", due) + feel("duration", "P1D")}',
    (
        "timeDuration",
        "= max(duration(a), duration(b))",
    ): '${max(feel("duration", a), feel("duration", b))}',
}


@pytest.mark.parametrize(("form", "text"), TIMES)
def test_a_time_is_written_as_we_write_it(form: str, text: str) -> None:
    assert texts.time(text, form) == texts.Text(TIMES[form, text])


@pytest.mark.parametrize(
    "text",
    [
        "0 0 9 * * ?",
        "timedelta(7)",
        "${dateTime().plusMonths(1).plusMonths(1)}",
        "${dateTime().plusDays(1).plusMonths(1)}",
        "timedelta(days=n)",
        "timedelta(days=0)",
        "tomorrow",
        '= duration("3 days")',
        '= duration("P1D") = x',
        "= sort([date(a), date(b)])[1]",
        "=duration(1)",
        "P",
    ],
)
def test_what_is_no_time_is_told(text: str) -> None:
    assert texts.time(text).problem


@pytest.mark.parametrize(
    "text", ["tomorrow", "=today()", "${dateTime().minusDays(2)}"]
)
def test_a_due_date_that_is_none_is_refused_though_no_rule_looks_at_due_dates(
    text: str,
) -> None:
    found = texts.due(text)
    assert found.problem
    with pytest.raises(expressions.ExpressionRefused):
        expressions.compile_checked(
            expressions.template_expressions(found.text)[0]
        )


def test_a_variable_called_by_a_reserved_word_is_renamed_with_a_line_and_nothing_is_left_to_do() -> (
    None
):
    flows = (
        '<sequenceFlow id="f3" sourceRef="g" targetRef="n"/><sequenceFlow id="f4" sourceRef="g" '
        'targetRef="e">'
        "<conditionExpression>${pass==\"1\" and note != 'pass'}</conditionExpression></sequenceFlow>"
    )
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:flowable="http://flowable.org/bpmn" '
        'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d" '
        'targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s"/>'
        '<userTask id="a" name="审批" flowable:candidateGroups="lead"/><exclusiveGateway id="g" '
        'default="f3"/><endEvent id="e"/>'
        '<endEvent id="n"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow '
        'id="f2" sourceRef="a" targetRef="g"/>'
        f'{flows}</process><bpmndi:BPMNDiagram id="D"><bpmndi:BPMNPlane id="P" bpmnElement="p">'
        '<bpmndi:BPMNShape id="s1" bpmnElement="a"><dc:Bounds x="1" y="1" width="100" '
        'height="80"/></bpmndi:BPMNShape>'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
    )
    converted = bpmn_import.convert(content.encode())
    assert "pass_value==\"1\" and note != 'pass'" in converted.diagram
    mapped = [
        line
        for line in converted.lines
        if line.verdict == "mapped" and "pass_value" in line.told
    ]
    assert [line.element_id for line in mapped] == ["f4"]
    assert not [
        line
        for line in converted.lines
        if line.verdict == "unsupported" and "pass" in line.told
    ]


SETTERS = {
    "a script": '<scriptTask id="a"><script>max = 3\npass = "1"\npass\nnote = "pass"</script></scriptTask>',
    "Camunda 8": '<scriptTask id="a"><extensionElements><zeebe:script expression="=x" resultVariable="pass"/>'
    '<zeebe:ioMapping><zeebe:output source="=class" '
    'target="max"/></zeebe:ioMapping></extensionElements></scriptTask>',
    "a table": '<businessRuleTask id="a" camunda:decisionRef="r" camunda:resultVariable="pass"/>',
    "a parameter": '<userTask id="a" '
    'camunda:candidateGroups="office@county"><extensionElements><camunda:inputOutput>'
    "<camunda:outputParameter "
    'name="pass">1</camunda:outputParameter></camunda:inputOutput></extensionElements></userTask>',
}


@pytest.mark.parametrize(
    "condition",
    ['=pass = "1" and max &gt; 3', '${pass=="1" &amp;&amp; max &gt; 3}'],
)
@pytest.mark.parametrize("setter", SETTERS)
def test_whatever_sets_a_variable_called_by_a_reserved_word_sets_it_by_its_new_name(
    setter: str, condition: str
) -> None:
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" '
        'targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s"/><endEvent '
        'id="e"/><endEvent id="n"/>'
        f'{SETTERS[setter]}<exclusiveGateway id="g" default="f3"/><sequenceFlow id="f1" '
        'sourceRef="s" targetRef="a"/>'
        '<sequenceFlow id="f2" sourceRef="a" targetRef="g"/><sequenceFlow id="f3" sourceRef="g" '
        'targetRef="n"/>'
        '<sequenceFlow id="f4" sourceRef="g" '
        f'targetRef="e"><conditionExpression>{condition}</conditionExpression>'
        "</sequenceFlow></process></definitions>"
    )
    converted = bpmn_import.convert(content.encode())
    refused = [
        each.message
        for each in check({"p.bpmn": converted.diagram.encode()})
        if each.severity == "error"
    ]
    assert [
        each
        for each in refused
        if "保留" in each or "函数名" in each or "写法" in each
    ] == []
    told = [
        line.told
        for line in converted.lines
        if line.verdict == "mapped" and "改名为“pass_value”" in line.told
    ]
    assert len(told) == 1
    process = read_processes(
        xml.parse(converted.diagram.encode())[0], "p.bpmn"
    )[0]
    assert "pass_value" in {
        name
        for each in process.elements.values()
        for _what, name in names_of(each)
    }
    flow = next(each for each in process.scopes["p"].flows if each.id == "f4")
    assert expressions.names_read(flow.condition or "") == {
        "pass_value",
        "max",
    }


SCRIPTS = {
    "yes && name": (True, "x"),
    "no || name": (True, "x"),
    "blank || 4": (True, 4),
    "a > 1 || yes": (True, True),
    "list && name": (True, "x"),
    "nothing_in && name": (False, "x"),
    "!nothing_in": (True, False),
    "!none": (True, True),
    "nothing_in ? 1 : 2": (2, 1),
    "blank ? 1 : 2": (2, 2),
    "a ? 1 : 2": (1, 1),
    "(a - 1) ? 1 : 2": (2, 2),
    "no_text ? 1 : 2": (1, 1),
}
"""A value of a script → what it is in Groovy, and in JavaScript."""


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_counts_as_true_in_a_script_is_its_languages(text: str) -> None:
    seen = {**SEEN, "nothing_in": [], "no_text": "0"}
    values = tuple(
        expressions.evaluate(scripts.value(text, language), seen)
        for language in ("groovy", "javascript")
    )
    assert values == SCRIPTS[text]
    assert [type(value) for value in values] == [
        type(value) for value in SCRIPTS[text]
    ]


def read(script: str, result: str = "", **said: bool | None) -> str | None:
    """The script of Groovy in our language; None where it is refused."""
    try:
        return scripts.read(script, "groovy", result, **said).text
    except Untranslatable:
        return None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('int n = 3\nexecution.setVariable("y", n)', "y = 3"),
        (
            'int n = 7 / 2\nexecution.setVariable("y", n)',
            'y = only(shared(7, 2), "whole")',
        ),
        ('String n = 5\nexecution.setVariable("y", n)', None),
        ('def n = a\nexecution.setVariable("y", n)', "y = a"),
        (
            'execution.setVariable("y", yes && name)',
            "y = bool(yes) and bool(name)",
        ),
        ('String n = "a"\nn = 5\ny = n', None),
        ('String n = "a"\nn = "b"\ny = n', 'y = "b"'),
        ("def n = 1\nn = 7 / 2\ny = n", "y = shared(7, 2)"),
        ("int n = a\ny = n", 'y = only(a, "whole")'),
        ("String n = a\ny = n", 'y = only(a, "text", "null")'),
        ("double n = a\ny = n", None),
    ],
)
def test_a_type_that_changes_its_value_is_not_passed_over(
    script: str, expected: str | None
) -> None:
    assert read(script) == expected


def test_what_a_script_assigns_beside_set_variable_is_its_own() -> None:
    script = 'n = n + 1\nexecution.setVariable("y", n)'
    assert read(script, keeps_all=None) == "y = plus(n, 1)"
    assert read(script) == "n = plus(n, 1)\ny = n"
    assert read("n = 1", keeps_all=None) == "n = 1"
    assert read("n = 1", keeps_all=False) is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('a = 5\nexecution.setVariable("x", a)', None),
        ('a = 5\nexecution.setVariable("a", a + 1)', None),
        ('a = 1\na = a + 1\nexecution.setVariable("x", 1)', None),
        ('a = 5\nexecution.setVariable("x", 1)', "x = 1"),
        ('def a = 5\nexecution.setVariable("x", a)', "x = 5"),
    ],
)
def test_flowable_reads_a_variable_before_what_the_script_assigned(
    script: str, expected: str | None
) -> None:
    made = read(script, keeps_all=None, asks_variables_first=True)
    assert made == expected


def test_only_flowable_and_activiti_read_the_variable_first() -> None:
    script = 'a = 5\nexecution.setVariable("x", a)'
    task = f'<scriptTask id="t" scriptFormat="groovy"><script>{script}</script></scriptTask>'
    for uri, is_refused in (
        ("http://flowable.org/bpmn", True),
        ("http://activiti.org/bpmn", True),
        ("http://camunda.org/schema/1.0/bpmn", False),
    ):
        lines = bpmn_import.convert(
            f'<definitions xmlns="{xml.BPMN}" xmlns:o="{uri}"><process '
            f'id="p" isExecutable="true">{task}</process></definitions>'.encode()
        ).lines
        verdicts = {line.verdict for line in lines if line.element_id == "t"}
        assert ("unsupported" in verdicts) is is_refused


@pytest.mark.parametrize(
    ("script", "keeps_all", "expected"),
    [
        ('execution.setVariable("a", 1)\nb = 2', None, "a = 1\nr = 2"),
        ("a = 1\na = a + 1", True, "a = 1\na = plus(a, 1)\nr = a"),
        ('b = 2\nexecution.setVariable("a", b)', None, None),
        ("a = 1\ndef b = 2", True, None),
        ("a = 1\nreturn a", True, "a = 1\nr = a"),
    ],
)
def test_the_value_of_the_last_line_is_the_result(
    script: str, keeps_all: bool | None, expected: str | None
) -> None:
    assert read(script, "r", keeps_all=keeps_all) == expected


def test_remarks_of_a_script_are_left_out_and_texts_like_them_kept() -> None:
    script = 'a = "//"; // costs $5\n/* first\nb = 2 */ c = 3 /* third */'
    assert read(script) == 'a = "//"\nc = 3'


def test_the_trim_of_a_script_takes_off_what_its_language_does() -> None:
    ours = scripts.value("wide.trim()", "groovy")
    assert expressions.evaluate(ours, {"wide": " 区\u3000"}) == "区\u3000"
    with pytest.raises(Untranslatable, match="全角空格"):
        scripts.value("wide.trim()", "javascript")


BEGIN = 'def old = execution.getVariable("n")\nexecution.setVariable("n", 5)\n'


@pytest.mark.parametrize(
    ("script", "set_by_it"),
    [
        (BEGIN + "y = old", None),
        (BEGIN + "def other = old\ny = 1", None),
        (BEGIN + "old = 7\ny = old", {"n": 5, "y": 7}),
        ("def old = n\nn = 5\ny = old", None),
        ("def old = 数\n数 = 5\ny = old", None),
        ("def 旧 = n\ny = 旧 + 1", {"y": 2}),
        ("def old = n\ny = old\nn = 5", {"y": 1, "n": 5}),
        (
            'def n = execution.getVariable("n")\nn = n + 1\n'
            'execution.setVariable("n", n)',
            {"n": 2},
        ),
        (
            'def n = execution.getVariable("n")\nn = n + 1\n'
            'execution.setVariable("n", n)\nexecution.setVariable("m", n)',
            None,
        ),
        ("def n = 1\ny = 'it\\'s n; ' + 'n'", {"y": "it's n; n"}),
    ],
)
def test_a_name_of_a_script_keeps_the_value_that_it_was_given(
    script: str, set_by_it: dict[str, object] | None
) -> None:
    made = read(script)
    if set_by_it is None:
        assert made is None
        return
    assert made is not None
    assert expressions.execute(made, {"n": 1, "数": 1}) == set_by_it


def _lines(inner: str) -> set[tuple[str, str]]:
    content = (
        f'<definitions xmlns="{xml.BPMN}" xmlns:o="http://flowable.org/bpmn">'
        f'<process id="p" isExecutable="true">{inner}</process></definitions>'
    )
    lines = bpmn_import.convert(content.encode()).lines
    return {
        (line.attribute, line.verdict)
        for line in lines
        if line.element_id in ("g", "t", "f")
    }


def test_what_a_parallel_gateway_passes_over_is_told_once() -> None:
    told = _lines(
        '<parallelGateway id="g" default="f"/><userTask id="t"/>'
        '<sequenceFlow id="f" sourceRef="g" targetRef="t"><conditionExpression>'
        "${bean.run(x)}</conditionExpression></sequenceFlow>"
    )
    assert {("default", "mapped"), ("condition", "mapped")} <= told
    assert not any(
        "ondition" in name and bad != "mapped" for name, bad in told
    )


@pytest.mark.parametrize(("name", "is_refused"), [("n", False), ("x", True)])
def test_the_number_of_an_instance_needs_a_name_of_its_own(
    name: str, is_refused: bool
) -> None:
    told = _lines(
        '<userTask id="t"><multiInstanceLoopCharacteristics isSequential="true" '
        f'o:collection="xs" o:elementVariable="x" o:elementIndexVariable="{name}"/>'
        "</userTask>"
    )
    verdict = "unsupported" if is_refused else "mapped"
    assert ("elementIndexVariable", verdict) in told
