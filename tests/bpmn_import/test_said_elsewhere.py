"""What the engines of other tools do that their files do not say, or say at another place: each small file
comes through the import and does the same here."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine.errors import ExpressionFailed
from tests.bpmn_import.test_events import imported, playing, told
from tests.bpmn_import.test_events import written as in_dialect
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import end

CAMUNDA_LIKE = ("Camunda 7", "Operaton", "Flowable", "Activiti")
CODES = (
    '<error id="known" errorCode="E1"/><error id="any" name="whatever"/>'
    '<escalation id="up" escalationCode="U1"/>'
    '<escalation id="blank" escalationCode=" "/>'
)


def refused(body: str, dialect: str, extra: str = "") -> list[str]:
    """Why the file is not deployed."""
    found = convert(in_dialect(body, extra, dialect))
    return [
        finding.message
        for finding in check({"p.bpmn": found.diagram.encode()})
        if finding.severity == "error"
    ]


def subprocess(inner: str, extensions: str = "") -> str:
    return (
        f'<subProcess id="S">{extensions}<startEvent id="s"/>{inner}'
        "</subProcess>"
    )


@pytest.mark.parametrize("dialect", [*CAMUNDA_LIKE, "SpiffWorkflow"])
def test_an_error_without_a_code_catches_every_code(dialect: str) -> None:
    thrown = end("thrown", '<errorEventDefinition errorRef="known"/>')
    body = (
        START
        + END
        + subprocess(user("i") + thrown + flow("s", "i", "thrown"))
        + boundary("b", "S", '<errorEventDefinition errorRef="any"/>')
        + user("caught")
        + flow("start", "S", "end")
        + flow("b", "caught", "end")
    )
    found = imported(body, CODES, dialect)
    assert told(found, "b", "errorRef") == ["mapped"]
    assert playing(found).complete("i").open == ["caught"]


def test_an_error_without_an_id_is_none_that_an_event_refers_to() -> None:
    body = (
        START
        + END
        + user("a")
        + boundary("b", "a", "<errorEventDefinition/>")
        + flow("start", "a", "end")
        + flow("b", "end")
    )
    assert told(imported(body, '<error name="x"/>'), "b", "errorRef") == []


def test_an_escalation_with_an_empty_code_catches_every_code() -> None:
    thrown = end("thrown", '<escalationEventDefinition escalationRef="up"/>')
    event = '<escalationEventDefinition escalationRef="blank"/>'
    body = (
        START
        + END
        + subprocess(thrown + flow("s", "thrown"))
        + boundary("b", "S", event, interrupting=False)
        + user("caught")
        + flow("start", "S", "end")
        + flow("b", "caught", "end")
    )
    found = imported(body, CODES)
    assert told(found, "b", "escalationRef") == ["mapped"]
    assert playing(found).open == ["caught"]


@pytest.mark.parametrize("dialect", CAMUNDA_LIKE)
def test_an_error_at_a_border_interrupts_whatever_the_border_says(
    dialect: str,
) -> None:
    thrown = end("thrown", '<errorEventDefinition errorRef="known"/>')
    event = '<errorEventDefinition errorRef="known"/>'
    body = (
        START
        + END
        + subprocess(
            user("i", "j")
            + thrown
            + gateway("parallel", "g")
            + flow("s", "g", "i", "thrown")
            + flow("g", "j")
        )
        + boundary("b", "S", event, interrupting=False)
        + user("caught")
        + flow("start", "S", "end")
        + flow("b", "caught", "end")
    )
    found = imported(body, CODES, dialect)
    assert told(found, "b", "cancelActivity") == ["mapped"]
    assert playing(found).complete("i").open == ["caught"]


def test_of_two_link_targets_of_one_name_none_is_taken_off() -> None:
    link = '<linkEventDefinition name="A"/>'
    body = (
        START
        + END
        + user("a", "b")
        + f'<intermediateThrowEvent id="l">{link}</intermediateThrowEvent>'
        + f'<intermediateCatchEvent id="m">{link}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="n">{link}</intermediateCatchEvent>'
        + flow("start", "l")
        + flow("m", "a", "end")
        + flow("n", "b", "end")
    )
    assert any("A" in message for message in refused(body, "Camunda 7"))


def test_no_condition_is_asked_behind_an_event_gateway() -> None:
    soon = timer("PT1H")
    body = (
        START
        + END
        + gateway("eventBased", "g")
        + f'<intermediateCatchEvent id="m">{soon}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="n">{soon}</intermediateCatchEvent>'
        + flow("start", "g", "m", "end")
        + flow("g", "n", when="${false}")
        + flow("n", "end")
    )
    found = imported(body)
    assert told(found, "g", "condition") == ["mapped"]
    waits = [opened.element_id for opened in playing(found).timers]
    assert sorted(waits) == ["m", "n"]


def test_a_parameter_without_a_text_has_no_value() -> None:
    mapped = (
        "<extensionElements><x:inputOutput><x:inputParameter name='given'/>"
        "<x:outputParameter name='result'>${given == null}"
        "</x:outputParameter></x:inputOutput></extensionElements>"
    )
    task = user("a").replace("/>", f">{mapped}</userTask>")
    found = imported(START + END + task + flow("start", "a", "end"))
    assert playing(found).complete("a").outcome.variables["result"] is True


@pytest.mark.parametrize("dialect", ["Camunda 7", "Flowable"])
def test_a_script_of_no_named_language_that_is_an_expression_is_one_of_juel(
    dialect: str,
) -> None:
    script = "${execution.setVariable('n', 1 + 1)}"
    task = f'<scriptTask id="x"><script>{script}</script></scriptTask>'
    found = imported(
        START + END + task + user("a") + flow("start", "x", "a", "end"),
        "",
        dialect,
    )
    assert playing(found).outcome.variables["n"] == 2


@pytest.mark.parametrize("result", ["", 'x:resultVariable="r"'])
@pytest.mark.parametrize("text", ["n = 1", "n", "5"])
def test_in_flowable_a_script_of_no_named_language_assigns_nothing(
    text: str, result: str
) -> None:
    task = f'<scriptTask id="x" {result}><script>{text}</script></scriptTask>'
    reasons = refused(
        START + END + task + flow("start", "x", "end"), "Activiti"
    )
    assert any("juel" in message for message in reasons)


def test_a_script_that_sees_no_variables_is_refused_by_that_name() -> None:
    task = (
        '<scriptTask id="x" scriptFormat="groovy" x:doNotIncludeVariables="true">'
        "<script>n = 1</script></scriptTask>"
    )
    reasons = refused(
        START + END + task + flow("start", "x", "end"), "Flowable"
    )
    assert any(
        "doNotIncludeVariables" in told and "脚本读不到流程的变量" in told
        for told in reasons
    )


def test_results_that_flowable_gathers_are_told_by_their_name() -> None:
    several = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<x:variableAggregation target="all"><variable source="ok"/>'
        "</x:variableAggregation></extensionElements>"
        "<loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>"
    )
    task = user("a").replace("/>", f">{several}</userTask>")
    reasons = refused(
        START + END + task + flow("start", "a", "end"), "Flowable"
    )
    assert ["variableAggregation" in message for message in reasons] == [True]


def test_a_data_object_of_a_subprocess_is_its_own_variable() -> None:
    value = "<extensionElements><x:value>7</x:value></extensionElements>"
    data = (
        '<dataObject id="d1" name="n" itemSubjectRef="xsd:int">'
        f"{value}</dataObject>"
    )
    inner = (
        user("i", "j").replace('name="j"', 'name="${n}"')
        + '<endEvent id="e"/>'
        + flow("s", "i", "j", "e")
    )
    body = (
        START
        + END
        + subprocess(inner, data)
        + user("a")
        + flow("start", "S", "a", "end")
    )
    found = imported(body, "", "Flowable")
    run: Play = playing(found, n=1).complete("i", n=8)
    assert [task.name for task in run.tasks.values()] == ["8"]
    assert run.complete("j").outcome.variables["n"] == 1


@pytest.mark.parametrize("kind", ["signal", "message"])
def test_flowable_names_a_signal_at_its_event(kind: str) -> None:
    event = f"<{kind}EventDefinition x:{kind}Expression=\"go${{'-'}}${{n}}\"/>"
    caught = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
    body = START + END + caught + flow("start", "c", "end")
    found = imported(body, "", "Flowable")
    assert told(found, "c", f"{kind}Expression") == ["mapped"]
    (opened,) = (
        effect
        for effect in playing(found, n="7").all
        if getattr(effect, "kind", "") == kind
    )
    assert opened.name == "go-7"


def test_a_signal_named_at_its_event_has_no_scope_and_a_free_id() -> None:
    event = "<signalEventDefinition x:signalExpression='{}'/>"
    caught = "".join(
        f'<intermediateCatchEvent id="{id_}">{event.format(name)}</intermediateCatchEvent>'
        for id_, name in (("c", "go"), ("m", "go"), ("signal_1", "on"))
    )
    body = START + END + caught + flow("start", "c", "m", "signal_1", "end")
    extra = '<signal id="near" name="go" x:scope="processInstance"/><signal id="on" name="on"/>'
    diagram = imported(body, extra, "Flowable").diagram
    assert diagram.count('signalRef="signal_2"') == 2
    assert diagram.count('<signal id="signal_2" name="go"/>') == 1
    assert diagram.count('signalRef="on"') == 1


@pytest.mark.parametrize(
    "text", ["due", 'plan["due"]', "due if due else later"]
)
def test_in_spiffworkflow_a_time_is_an_expression(text: str) -> None:
    event = timer(text, "timeDate")
    caught = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
    body = START + END + caught + flow("start", "c", "end")
    found = imported(body, "", "SpiffWorkflow")
    day = "2026-03-20T10:00:00"
    run = playing(found, due=day, plan={"due": day}, later="")
    assert [opened.due_at.isoformat() for opened in run.timers] == [
        "2026-03-20T02:00:00+00:00"
    ]


def test_a_time_that_does_not_fit_into_a_template_is_refused() -> None:
    event = timer("{'a': due}['a']", "timeDate")
    caught = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
    body = START + END + caught + flow("start", "c", "end")
    assert refused(body, "SpiffWorkflow") != []


def test_the_name_of_a_task_is_read_in_its_own_language() -> None:
    named = user("a").replace(
        'name="a"', """name="${n == null ? 'new' : n}!\""""
    )
    found = imported(START + END + named + flow("start", "a", "end"))
    assert told(found, "a", "name") == ["mapped"]
    (task,) = playing(found, n=None).tasks.values()
    assert task.name == "new!"


def test_that_outputs_of_what_is_broken_off_are_left_out_is_told() -> None:
    mapped = (
        "<extensionElements><x:inputOutput><x:outputParameter name='r'>${1 + 1}"
        "</x:outputParameter></x:inputOutput></extensionElements>"
    )
    task = user("a").replace("/>", f">{mapped}</userTask>")
    body = START + END + task + flow("start", "a", "end")
    late = boundary("late", "a", timer("PT1H")) + flow("late", "end")
    assert "ignored" not in told(imported(body), "a", "outputParameter")
    found = imported(body + late)
    assert "ignored" in told(found, "a", "outputParameter")
    assert "r" not in playing(found).fire("late").outcome.variables


@pytest.mark.parametrize("kind", ["signal", "message"])
def test_a_signal_whose_name_reads_what_does_not_exist_stops(
    kind: str,
) -> None:
    event = f'<{kind}EventDefinition {kind}Ref="m"/>'
    caught = f'<intermediateCatchEvent id="c">{event}</intermediateCatchEvent>'
    found = imported(
        START + END + caught + flow("start", "c", "end"),
        f'<{kind} id="m" name="go-${{nobody}}"/>',
    )
    with pytest.raises(ExpressionFailed, match="nobody"):
        playing(found)


def test_parameters_of_the_whole_file_belong_to_no_activity() -> None:
    given = "<x:inputOutput><x:outputParameter name='r'>1</x:outputParameter></x:inputOutput>"
    body = START + END + user("a") + flow("start", "a", "end")
    for extra in (given, f"<extensionElements>{given}</extensionElements>"):
        found = convert(in_dialect(body, extra, "Flowable"))
        assert "ignored" not in [line.verdict for line in found.lines]
