"""What a file says is written in another language is translated, where it means the same, or refused; never
run as if it were ours."""

from __future__ import annotations

from html import escape
from itertools import product

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import written_in
from orchestrator.engine.table_trials import decide
from tests.engine.diagrams import END, START, document, flow, user
from tests.engine.test_decisions import HEAD, table

FORMAL = "http://www.w3.org/1999/XPath"
MULTI = (
    '<userTask id="a" name="a" camunda:candidateGroups="o@county"><multiInstanceLoopCharacteristics>{0}'
    "</multiInstanceLoopCharacteristics></userTask>"
)


def condition(text: str, language: str = "", whole: str = "") -> bytes:
    """A diagram with one condition in that language, or in that of the whole file."""
    of = f' language="{language}"' if language else ""
    flows = (
        flow("start", "a", "g", "end")
        + '<exclusiveGateway id="g" default="g_end"/>'
    )
    asked = (
        '<sequenceFlow id="f" sourceRef="g" '
        f'targetRef="b"><conditionExpression{of}>{text}</conditionExpression></sequenceFlow>'
    )
    content = document(
        START + END + user("a", "b") + flows + asked + flow("b", "end")
    ).decode()
    return (
        content.replace(
            "<definitions ", f'<definitions expressionLanguage="{whole}" ', 1
        )
        if whole
        else content
    ).encode()


def script(text: str, written: str, more: str = "") -> bytes:
    task = f'<scriptTask id="s" name="s" scriptFormat="{written}" {more}><script>{text}</script></scriptTask>'
    return document(
        START + END + task + user("a") + flow("start", "s", "a", "end")
    )


def refused(content: bytes) -> set[tuple[str | None, str]]:
    return {
        (each.element_id, each.rule)
        for each in check({"p.bpmn": content})
        if each.severity == "error"
    }


@pytest.mark.parametrize(
    "language",
    [
        "groovy",
        "javascript",
        "feel",
        "juel",
        FORMAL,
        "http://www.mvel.org/2.0",
        "text/x-sql",
    ],
)
def test_a_condition_of_another_language_is_refused_at_its_flow(
    language: str,
) -> None:
    assert refused(condition('x == "a"', language)) == {
        ("f", "expression-language")
    }


@pytest.mark.parametrize(
    "language",
    ["", "python", "text/python", "application/x-python3", "Jython"],
)
def test_ours_is_not(language: str) -> None:
    assert refused(condition('x == "a"', language)) == set()


@pytest.mark.parametrize(
    "part",
    [
        '<loopCardinality id="lc" language="groovy">3</loopCardinality>',
        '<loopCardinality>3</loopCardinality><completionCondition id="cc" '
        'language="groovy">true</completionCondition>',
    ],
)
def test_so_is_any_other_text_of_the_diagram(part: str) -> None:
    found = refused(
        document(START + END + MULTI.format(part) + flow("start", "a", "end"))
    )
    assert found == {("a", "expression-language")}


def test_the_language_of_the_whole_file_counts_as_well() -> None:
    assert refused(condition("x == 1", whole="groovy")) == {
        (None, "expression-language")
    }
    assert refused(condition("x == 1", whole=FORMAL)) == set(), (
        "what tools write there and no engine reads"
    )


@pytest.mark.parametrize(
    "written", ["groovy", "javascript", "juel", "feel", "ruby"]
)
def test_a_script_of_another_language_is_refused(written: str) -> None:
    assert refused(script("x = 1", written)) == {("s", "scripts-allowed")}


@pytest.mark.parametrize(
    "attribute",
    ['camunda:resource="deployment://x.py"', 'camunda:resource="x.groovy"'],
)
def test_a_script_in_a_file_of_its_own_is_refused(attribute: str) -> None:
    assert ("s", "expression-language") in refused(
        script("x = 1", "python", attribute)
    )


@pytest.mark.parametrize(
    ("given", "language", "whole", "ours"),
    [
        ('x = "a"', "feel", "", 'x == "a"'),
        ('x = "a"', "", "http://www.omg.org/spec/FEEL/20140401", 'x == "a"'),
        ("x in [1..3]", "FEEL", "", "x &gt;= 1 and x &lt;= 3"),
        (
            "${x == 'a' &amp;&amp; !y}",
            "juel",
            "",
            "x == 'a' and not (y == true)",
        ),
        ("${x eq 1}", FORMAL, "", "x == 1"),
        ("${x eq 1}", "", FORMAL, "x == 1"),
    ],
)
def test_what_can_be_translated_is_translated_at_import(
    given: str, language: str, whole: str, ours: str
) -> None:
    diagram = convert(condition(given, language, whole)).diagram
    assert ours in diagram
    assert "anguage=" not in diagram
    assert refused(diagram.encode()) == set()


@pytest.mark.parametrize(
    "language", ["beanshell", "http://www.java.com/java", "ruby", FORMAL]
)
def test_a_condition_that_only_looks_like_ours_stays_refused_at_import(
    language: str,
) -> None:
    found = convert(condition('x == "1"', language))
    assert [
        line.verdict for line in found.lines if line.element_id == "f"
    ] == ["unsupported"]
    assert refused(found.diagram.encode()) == {("f", "expression-language")}


@pytest.mark.parametrize("text", ["x == 1", "x / 2 > 3"])
def test_nor_does_the_language_of_the_whole_file_get_lost(text: str) -> None:
    found = convert(condition(text, whole="http://www.mvel.org/2.0"))
    assert ("f", "expression-language") in refused(found.diagram.encode())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x = 5", "groovy"),
        ("x = a + b - 2\ny = [1, 2]", "javascript"),
        ("x = 1", "ECMAScript"),
    ],
)
def test_a_script_that_means_the_same_is_taken_over(
    text: str, written: str
) -> None:
    found = convert(script(text, written))
    assert (
        "scriptFormat" not in found.diagram
        and refused(found.diagram.encode()) == set()
    )
    assert [
        line.verdict for line in found.lines if line.element_id == "s"
    ] == ["mapped"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x = 7 / 2", "java"),  # 3 there
        ("x = [0, 1][0]", "ruby"),
        ("x = len(a)", "groovy"),
        ("x = a if b else c", "groovy"),
        (r'x = "\a"', "javascript"),  # the letter a there
        ('x = r"a"', "groovy"),
        ("x = 1  # one", "javascript"),
    ],
)
def test_a_script_that_means_something_else_there_stays_refused(
    text: str, written: str
) -> None:
    found = convert(script(text, written))
    assert [
        line.verdict for line in found.lines if line.element_id == "s"
    ] == ["unsupported"]
    assert refused(found.diagram.encode()) == {("s", "scripts-allowed")}


def test_the_result_of_a_feel_script_is_translated() -> None:
    found = convert(
        script("if a = 1 then 2 else 3", "feel", 'camunda:resultVariable="x"')
    ).diagram
    assert "<script>x = 2 if a == 1 else 3</script>" in found


def dmn(content: bytes) -> list[str]:
    return [
        each.message
        for each in check({"t.dmn": content})
        if each.severity == "error"
    ]


@pytest.mark.parametrize(
    ("language", "place"),
    [
        *product(
            ("groovy", "javascript", "http://www.mvel.org/2.0"),
            ("<inputEntry ", "<outputEntry ", "<inputExpression "),
        ),
        ("juel", "<inputEntry "),
    ],
)
def test_a_cell_of_another_language_is_refused_by_its_text(
    language: str, place: str
) -> None:
    content = (
        table([("x > 1", "x + 1")], read="x + 0")
        .decode()
        .replace(place, f'{place}expressionLanguage="{language}" ', 1)
    )
    (message,) = dmn(content.encode())
    assert language in message and "FEEL" in message


@pytest.mark.parametrize(
    "language",
    [
        "feel",
        "http://www.omg.org/spec/FEEL/20140401",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "python",
    ],
)
def test_feel_and_ours_are_read(language: str) -> None:
    content = table([("> 1", "x + 1")]).decode()
    for place in (
        "<inputEntry ",
        "<outputEntry ",
        "<inputExpression ",
        "<definitions ",
    ):
        content = content.replace(
            place, f'{place}expressionLanguage="{language}" '
        )
    assert dmn(content.encode()) == []


IN_JUEL: dict[tuple[str, str], object] = {
    ("${x + 1}", "${x * 2}"): 10,
    ("x mod 2", "x div 2"): 2.5,
    ("#{x}", "${x gt 3 && y eq 'a'}"): True,
    ("${!no}", "${empty note ? 'none' : note}"): "none",
    ("${list.size()}", "${list[0]}"): "first",
    ("${o.p}", "${o['p']}"): 3,
    ("${x == 5 || x == 6}", '${y != "a"}'): False,
}
"""(input, result) of a table → what it gives; Camunda 7 reads both as JUEL where no language is named."""


@pytest.mark.parametrize("where", ["cell", "none"])
@pytest.mark.parametrize(("read", "result"), IN_JUEL)
def test_juel_of_inputs_and_results_of_a_table_is_run(
    read: str, result: str, where: str
) -> None:
    content = table([("-", result)], read=escape(read)).decode()
    mark = ' expressionLanguage="juel" '
    if where == "cell":
        for place in ("<outputEntry", "<inputExpression"):
            content = content.replace(place, f"{place}{mark}")
    elif not read.endswith("}"):
        return
    assert dmn(content.encode()) == []
    given = {
        "x": 5,
        "y": "a",
        "no": False,
        "note": "",
        "list": ["first"],
        "o": {"p": 3},
    }
    decided = decide(content.encode(), "route", given)
    assert (decided.result, decided.failure) == (
        {"out": IN_JUEL[read, result]},
        "",
    )


@pytest.mark.parametrize("text", ["${bean.run(x)}", "${x} items", "${x +}"])
def test_juel_that_means_nothing_here_is_refused(text: str) -> None:
    content = table([("-", text)]).decode()
    assert dmn(content.encode())
    mark = '<outputEntry expressionLanguage="juel" '
    content = content.replace("<outputEntry ", mark)
    assert dmn(content.encode())


@pytest.mark.parametrize("place", ["<literalExpression", "<definitions"])
def test_a_literal_expression_in_juel_is_run(place: str) -> None:
    content = (
        f'{HEAD}<decision id="route" name="和"><variable name="out"/><literalExpression>'
        "<text>${a mod b}</text></literalExpression></decision></definitions>"
    ).replace(place, f'{place} expressionLanguage="juel"', 1)
    assert dmn(content.encode()) == []
    decided = decide(content.encode(), "route", {"a": 5, "b": 3})
    assert decided.result == {"out": 2}


def test_a_bare_name_or_value_is_the_same_in_every_language() -> None:
    content = table([("-", '"yes"')]).decode()
    for place in ("<outputEntry ", "<inputExpression "):
        content = content.replace(place, f'{place}expressionLanguage="juel" ')
    assert dmn(content.encode()) == []


def test_the_language_of_the_whole_table_file_counts_as_well() -> None:
    content = (
        table([("> 1", "x + 1")])
        .decode()
        .replace(
            "<definitions ", '<definitions expressionLanguage="groovy" ', 1
        )
    )
    assert len(dmn(content.encode())) == 2


def test_entry_nought_is_refused_for_feel_counts_from_one() -> None:
    assert any(
        "FEEL 从 1 数起" in message
        for message in dmn(table([("-", "names[0]")]))
    )
    assert any(
        "FEEL 从 1 数起" in message
        for message in dmn(table([("-", '"a"')], read="names[0]"))
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (None, written_in.OURS),
        (" ", written_in.OURS),
        ("Python", written_in.OURS),
        ("feel-scala-unary-tests", written_in.FEEL),
        ("unified", written_in.OTHER),
        ("feeling", written_in.OTHER),
        ("http://java.sun.com/products/jsp/", written_in.JUEL),
        ("http://www.java.com/java", written_in.OTHER),
    ],
)
def test_a_language_is_known_by_its_name(name: str | None, meant: str) -> None:
    assert written_in.language(name) == meant
