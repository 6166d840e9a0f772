"""Whatever a diagram says that nobody here reads is told by its name: refused where it would change a matter,
else remarked on."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check, honoured
from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    timer,
    user,
)
from tests.engine.test_decisions import table

EMPTY = (
    START
    + END
    + '<userTask id="a" name="审核" camunda:candidateGroups="o@county" {0}>{1}</userTask>'
    + flow("start", "a", "end")
)


def found(
    content: bytes, rule: str = "unread"
) -> list[tuple[str | None, str, str]]:
    return [
        (each.element_id, each.severity, each.message)
        for each in check({"p.bpmn": content})
        if each.rule == rule
    ]


def task(attributes: str = "", inner: str = "") -> bytes:
    return document(EMPTY.format(attributes, inner))


def extension(inner: str) -> bytes:
    return task(inner=f"<extensionElements>{inner}</extensionElements>")


@pytest.mark.parametrize(
    ("content", "element", "name"),
    [
        (
            task(
                inner="<potentialOwner><resourceAssignmentExpression/></potentialOwner>"
            ),
            "a",
            "potentialOwner",
        ),
        (task(inner='<humanPerformer id="hp"/>'), "a", "humanPerformer"),
        (task('camunda:resultVariable="x"'), "a", "camunda:resultVariable"),
        (
            task('camunda:candidateStarterUsers="x"'),
            "a",
            "camunda:candidateStarterUsers",
        ),
        (
            task(
                inner="<dataInputAssociation><assignment><from>1</from><to>x</to></assignment></dataInputAssociation>"
            ),
            "a",
            "assignment",
        ),
        (
            task(
                inner='<extensionElements><camunda:in source="a" target="b"/></extensionElements>'
            ),
            "a",
            "camunda:in",
        ),
        (
            extension(
                '<camunda:formData><camunda:formField id="x"/></camunda:formData>'
            ),
            "a",
            "camunda:formData",
        ),
        (
            extension(
                '<camunda:errorEventDefinition errorRef="e" expression="${x}"/>'
            ),
            "a",
            "camunda:errorEventDefinition",
        ),
        (
            task(
                inner="<multiInstanceLoopCharacteristics "
                'noneBehaviorEventRef="s"><loopCardinality>2</loopCardinality>'
                "</multiInstanceLoopCharacteristics>"
            ),
            "a",
            "noneBehaviorEventRef",
        ),
        (
            task(
                inner="<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality><complexBehaviorDefinition/>"
                "</multiInstanceLoopCharacteristics>"
            ),
            "a",
            "complexBehaviorDefinition",
        ),
        (
            document(
                EMPTY.format("", ""),
                '<message id="m" name="n"/><correlationProperty id="cp" name="key"/>',
            ),
            None,
            "correlationProperty",
        ),
        (
            document(
                EMPTY.format("", ""),
                attributes='camunda:candidateStarterUsers="wang"',
            ),
            "p",
            "camunda:candidateStarterUsers",
        ),
    ],
)
def test_what_would_change_a_matter_is_refused_by_its_name(
    content: bytes, element: str, name: str
) -> None:
    assert [
        (each, severity)
        for each, severity, message in found(content)
        if f"“{name}”" in message
    ] == [(element, "error")]


def test_who_starts_a_matter_under_another_name_is_refused() -> None:
    content = document(
        EMPTY.format("", "").replace(
            'id="start"', 'id="start" camunda:initiator="starter"'
        )
    )
    ((element, severity, message),) = found(content)
    assert (element, severity) == ("start", "error") and "initiator" in message
    assert (
        found(
            document(
                EMPTY.format("", "").replace(
                    'id="start"', 'id="start" camunda:initiator="initiator"'
                )
            )
        )
        == []
    )


def test_code_at_a_step_that_is_no_service_is_refused() -> None:
    table = '<businessRuleTask id="r" name="r" camunda:class="a.B"/>'
    content = document(START + END + table + flow("start", "r", "end"))
    assert [
        (element, severity) for element, severity, _message in found(content)
    ] == [("r", "error")]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (task('implementation="##unspecified"'), "implementation"),
        (task('camunda:formRefBinding="latest"'), "camunda:formRefBinding"),
        (task('camunda:topic="a.b"'), "camunda:topic"),
        (task('madeUp="1"'), "madeUp"),
        (task(inner="<rendering/>"), "rendering"),
        (task(inner="<inventedByNobody/>"), "inventedByNobody"),
        (extension('<camunda:field name="x"/>'), "camunda:field"),
        (extension("<camunda:inventedByNobody/>"), "camunda:inventedByNobody"),
        (extension('<camunda:in businessKey="x"/>'), "camunda:in businessKey"),
    ],
)
def test_what_would_not_is_remarked_on_by_its_name(
    content: bytes, name: str
) -> None:
    ((element, severity, message),) = found(content)
    assert (element, severity) == ("a", "note") and f"“{name}”" in message


def test_a_name_that_stands_in_many_places_is_remarked_on_once() -> None:
    body = (
        START
        + END
        + "".join(
            f'<userTask id="t{n}" implementation="x" camunda:assignee="a"/>'
            for n in range(30)
        )
    )
    body += flow("start", *(f"t{n}" for n in range(30)), "end")
    ((element, _severity, message),) = found(document(body))
    assert element == "t0" and "30 处" in message


def test_what_is_read_or_drawn_is_not_told() -> None:
    drawing = '<laneSet id="ls"><lane id="l" name="x"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    drawing += '<textAnnotation id="ta"><text>x</text></textAnnotation>'
    reminder = (
        boundary("b", "a", timer("PT1H"), interrupting=False)
        + '<endEvent id="e2"/>'
        + flow("b", "e2")
    )
    many = (
        '<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="c" '
        'camunda:elementVariable="each"/>'
    )
    other = (
        f'<userTask id="x" camunda:assignee="${{each}}" camunda:dueDate="PT5H" '
        f'camunda:priority="3">{many}</userTask>'
    )
    body = (
        drawing
        + START
        + END
        + user("a")
        + reminder
        + other
        + flow("start", "a", "x", "end")
    )
    assert found(document(body)) == []


def test_each_name_stands_in_one_list_alone() -> None:
    assert not honoured.CHANGING.keys() & (honoured.READ | honoured.DRAWN)
    assert not honoured.READ & honoured.DRAWN
    assert not honoured.CAMUNDA_CHANGING.keys() & honoured.CAMUNDA_IGNORED
    assert not honoured.CAMUNDA_CHANGING.keys() & honoured.CAMUNDA_ELEMENTS


ZEEBE, FLOWABLE = (
    "http://camunda.org/schema/zeebe/1.0",
    "http://flowable.org/bpmn",
)


@pytest.mark.parametrize(
    ("space", "inner"),
    [
        (
            ZEEBE,
            '<v:ioMapping><v:input source="= a" target="b"/></v:ioMapping>',
        ),
        (ZEEBE, '<v:subscription correlationKey="= a"/>'),
        (
            ZEEBE,
            '<v:executionListeners><v:executionListener type="x"/></v:executionListeners>',
        ),
        (FLOWABLE, '<v:taskListener class="a.B"/>'),
        (FLOWABLE, '<v:formProperty id="x"/>'),
        (FLOWABLE, '<v:in source="a" target="b"/>'),
    ],
)
def test_another_tools_extension_that_would_change_a_matter_is_refused(
    space: str, inner: str
) -> None:
    content = task(
        inner=f'<extensionElements xmlns:v="{space}">{inner}</extensionElements>'
    )
    assert ("a", "error") in [
        (element, severity)
        for element, severity, _message in found(content, "foreign-dialect")
    ]


def test_another_tools_marks_are_remarked_on() -> None:
    content = task(
        inner=f'<extensionElements xmlns:v="{ZEEBE}"><v:taskHeaders/><v:userTask/></extensionElements>'
    )
    assert [
        severity
        for _element, severity, _message in found(content, "foreign-dialect")
    ] == [
        "note",
        "note",
    ]


def in_table(mark: str, put: str) -> list[tuple[str | None, str, str]]:
    """What the check tells of a table in which `put` stands before `mark`."""
    content = table([("1", '"a"')]).decode()
    assert mark in content
    found = check({"t.dmn": content.replace(mark, put + mark, 1).encode()})
    return [(each.element_id, each.severity, each.message) for each in found]


@pytest.mark.parametrize(
    ("mark", "put", "name", "severity"),
    [
        (
            "</inputExpression>",
            "<inventedByNobody/>",
            "inventedByNobody",
            "note",
        ),
        (' id="ie">', ' madeUp="1"', "madeUp", "note"),
        (
            ' id="in"><inputExpression',
            ' xmlns:camunda="http://camunda.org/schema/1.0/dmn" camunda:madeUp="given"',
            "camunda:madeUp",
            "note",
        ),
    ],
)
def test_what_a_table_says_and_nobody_reads_is_told_by_its_name(
    mark: str, put: str, name: str, severity: str
) -> None:
    ((element, told_as, message),) = in_table(mark, put)
    assert (element, told_as) == (
        "route",
        severity,
    ) and f"“{name}”" in message


def test_what_a_table_only_explains_is_not_told() -> None:
    put = (
        "<description>说明</description><informationRequirement><requiredInput "
        "href='#x'/></informationRequirement>"
    )
    assert in_table("<decisionTable", put) == []


def test_a_property_that_nobody_reads_is_remarked_by_its_name() -> None:
    given = '<camunda:properties><camunda:property name="{0}" value="1"/></camunda:properties>'
    told = found(extension(given.format("slaClass")))
    assert told == [
        ("a", "note", "“camunda:property slaClass”本系统不读取，已忽略")
    ]
    assert found(extension(given.format("countersignVote"))) == []
