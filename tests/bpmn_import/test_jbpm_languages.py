"""Files of jBPM that name their languages for the whole file, as its older modelers write them."""

from __future__ import annotations

from itertools import pairwise

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import commands as c
from tests.engine.diagrams import Play

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:tns="http://www.jboss.org/drools" '
    'targetNamespace="tests" expressionLanguage="http://www.mvel.org/2.0" '
    'typeLanguage="http://www.java.com/javaTypes"><process id="p" isExecutable="true">'
)
FLOW = '<sequenceFlow id="{0}_{1}" sourceRef="{0}" targetRef="{1}">{2}</sequenceFlow>'


def flows(*names: str) -> str:
    return "".join(FLOW.format(*pair, "") for pair in pairwise(names))


def when(one: str, other: str, text: str) -> str:
    condition = f"<conditionExpression>{text}</conditionExpression>"
    return FLOW.format(one, other, condition)


def imported(body: str) -> tuple[bytes, list[str]]:
    """The diagram in our dialect, and why it is refused."""
    written = f"{HEAD}{body}</process></definitions>".encode()
    diagram = convert(written).diagram.encode()
    found = check({"p.bpmn": diagram})
    return diagram, [
        each.message for each in found if each.severity == "error"
    ]


def passed(diagram: bytes, **variables: object) -> list[str]:
    play = Play("", variables=variables, resources={"p.bpmn": diagram})
    return [
        effect.element_id
        for effect in play.all
        if isinstance(effect, c.ActivityCompleted)
    ]


def test_conditions_are_of_the_language_of_the_file() -> None:
    diagram, errors = imported(
        '<startEvent id="s"/><exclusiveGateway id="g" default="g_no"/>'
        '<endEvent id="yes"/><endEvent id="no"/>'
        + flows("s", "g")
        + flows("g", "no")
        + when("g", "yes", "return amount > 5;")
    )
    assert errors == []
    assert "yes" in passed(diagram, amount=6)
    assert "no" in passed(diagram, amount=5)


def test_a_script_of_no_named_language_is_of_the_tool() -> None:
    """What it assigns there is no variable of the process."""
    script = '<startEvent id="s"/><scriptTask id="x"><script>{}</script></scriptTask><endEvent id="e"/>'
    line = flows("s", "x", "e")
    printing = 'System.out.println("x is " + x);'
    diagram, errors = imported(script.format(printing) + line)
    assert errors == []
    assert passed(diagram)[-1] == "e"
    _diagram, errors = imported(script.format("x = 5;") + line)
    assert ["mvel" in message for message in errors] == [True]


def test_a_subprocess_goes_over_the_list_that_its_input_is_given() -> None:
    loop = (
        '<ioSpecification><dataInput id="given" name="rows"/><inputSet/><outputSet/></ioSpecification>'
        "<dataInputAssociation><sourceRef>list</sourceRef><targetRef>given</targetRef></dataInputAssociation>"
        "<multiInstanceLoopCharacteristics><loopDataInputRef>given</loopDataInputRef>"
        '<inputDataItem id="item"/></multiInstanceLoopCharacteristics>'
    )
    diagram, errors = imported(
        '<startEvent id="s"/><endEvent id="e"/>'
        f'<subProcess id="m">{loop}<startEvent id="a"/><endEvent id="b"/>{flows("a", "b")}</subProcess>'
        + flows("s", "m", "e")
    )
    assert errors == []
    assert passed(diagram, list=[1, 2, 3]).count("b") == 3


def test_a_semicolon_in_a_text_ends_no_statement() -> None:
    diagram, errors = imported(
        '<startEvent id="s"/><scriptTask id="t"><script>System.out.println("a;b");\n'
        'kcontext.setVariable("x", "c;d");</script></scriptTask><endEvent id="e"/>'
        + flows("s", "t", "e")
    )
    assert errors == []
    assert b'x = "c;d"' in diagram and b"System" not in diagram
