"""A timer whose time is worked out: what can be one falls due when it should, what never is one is told at
the import and refused by the checks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import quoteattr

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import commands as c
from orchestrator.engine import load_definition
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import END, NOW, START, Play, document, flow

VARIABLES = {
    "wait": "PT5H",
    "below": "-PT5H",
    "due": "2026-03-09T10:00",
    "since": "2026-03-02T08:00",
    "day": "2026-03-04",
    "n": 3,
    "yes": True,
    "less": -2,
    "row": {"wait": "P1D"},
}
MINUTE, HOUR, DAY = (
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
SHANGHAI = timedelta(hours=8)
FALLS_DUE = {
    ("timeDuration", '=-duration("P1D")'): NOW,
    ("timeDuration", "=duration(wait) - duration(wait) * n"): NOW,
    ("timeDuration", "=since - now()"): NOW,
    ("timeDuration", "=due - now()"): NOW + 7 * DAY + HOUR,
    ("timeDuration", "=(since - now()) / n"): NOW,
    ("timeDuration", "=duration(wait) / less"): NOW,
    ("timeDuration", "=duration(wait) / n"): NOW + 100 * MINUTE,
    ("timeDuration", '=duration("P1D") + duration("PT2H")'): NOW + 26 * HOUR,
    ("timeDuration", "=duration(wait) * n"): NOW + 15 * HOUR,
    ("timeDuration", '=duration("P1D") / 2'): NOW + 12 * HOUR,
    ("timeDuration", '=duration("P" + string(n) + "D")'): NOW + 3 * DAY,
    ("timeDuration", "=date and time(due) - date and time(since)"): (
        NOW + 7 * DAY + 2 * HOUR
    ),
    ("timeDuration", '=if n > 2 then duration("P2D") else null'): NOW
    + 2 * DAY,
    ("timeDuration", '=if yes then since - now() else duration("P1D")'): NOW,
    ("timeDuration", '=if n = 1 then duration("P1D") else since - now()'): NOW,
    ("timeDuration", '=if yes then due - now() else duration("P1D")'): (
        NOW + 7 * DAY + HOUR
    ),
    (
        "timeDuration",
        '=if n = 1 then null else if yes then duration("P1D") * less else duration(wait)',
    ): NOW,
    ("timeDuration", "=row.wait"): NOW + DAY,
    ("timeDuration", '=max(duration(wait), duration("P1D"))'): NOW + DAY,
    ("timeDate", "=now() + duration(wait)"): NOW + 5 * HOUR,
    ("timeDate", '=today() + duration("P1D")'): (
        datetime(2026, 3, 3, tzinfo=UTC) - SHANGHAI
    ),
    ("timeDate", '=date and time(date(day), time("08:00:00"))'): datetime(
        2026, 3, 4, tzinfo=UTC
    ),
    ("timeDate", "=date(2026, 3, n + 1)"): (
        datetime(2026, 3, 4, tzinfo=UTC) - SHANGHAI
    ),
    ("timeCycle", '="R/" + wait'): NOW + 5 * HOUR,
    ("timeCycle", '="R" + string(n) + "/PT1H"'): NOW + HOUR,
    ("timeCycle", "=cycle(n, duration(wait))"): NOW + 5 * HOUR,
    ("timeCycle", "=cycle(duration(wait) * 2)"): NOW + 10 * HOUR,
    ("timeCycle", "=cycle(duration(row.wait))"): NOW + DAY,
}
NEVER_ONE = {
    ("timeDate", "=today().year"): "结果是数字，不是时限",
    ("timeDate", "=today()"): "结果是今天，设定时已经开始，不是时限",
    ("timeDate", '=time("08:00:00")'): "结果是时刻，没有日期，不是时限",
    ("timeDuration", "=n + 1"): "结果是数字，不是时限",
    ("timeDuration", "=5"): "结果是数字，不是时限",
    ("timeDuration", "=duration(wait).hours"): "结果是数字，不是时限",
    ("timeDuration", "=duration(wait) / duration(wait)"): (
        "结果是数字，不是时限"
    ),
    ("timeDuration", '=duration("P1D") / duration("PT1H")'): (
        "结果是数字，不是时限"
    ),
    ("timeDuration", "=[wait]"): "结果是列表，不是时限",
    ("timeDuration", "={a: wait}"): "结果是一组值，不是时限",
    ("timeDuration", "=count(row)"): "结果是数字，不是时限",
    ("timeDuration", "=null"): "结果是空值，不是时限",
    ("timeDuration", "=day of week(today())"): "结果是文字，不是时限",
    ("timeDuration", "=if yes then duration(wait) else 5"): (
        "结果是数字，不是时限"
    ),
    ("timeDuration", '=if yes then duration(wait) else "soon"'): (
        "“soon”看不懂"
    ),
    ("timeDuration", '=duration("-P1D")'): "时长“-P1D”是负数",
    ("timeDuration", "-P1D"): "时长“-P1D”是负数",
    ("timeDuration", "${1 + 1}"): "结果是数字，不是时限",
    ("timeCycle", '=duration("P1D")'): "应写成 R3/PT10M",
    ("timeCycle", "=duration(wait)"): "结果是时长，周期请写成 cycle(时长)",
    ("timeCycle", "=now()"): "结果是日期加时刻，不是时限",
    ("timeCycle", '="R/1h"'): "应写成 R3/PT10M",
}


def diagram(form: str, text: str) -> bytes:
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="z"><process id="p" isExecutable="true">
<startEvent id="start"/><userTask id="a" name="审核"/><endEvent id="end"/>
<boundaryEvent id="late" name="逾期" attachedToRef="a" cancelActivity="false"><timerEventDefinition>
<{form}>{text.replace("<", "&lt;")}</{form}></timerEventDefinition></boundaryEvent><endEvent id="told"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="end"/>
<sequenceFlow id="f3" sourceRef="late" targetRef="told"/></process></definitions>""".encode()


def dated(attribute: str, text: str) -> bytes:
    """A diagram with a task that has this due date or follow-up."""
    given = quoteattr(text)
    task = (
        '<userTask id="late" name="审核" camunda:candidateGroups="office@county"'
        f" camunda:{attribute}={given}/>"
    )
    return document(START + task + END + flow("start", "late", "end"))


def errors(content: bytes) -> list[tuple[str, str]]:
    """The rule and the sentence of each error about the timer or the task."""
    found = check({"p.bpmn": content})
    return [
        (each.rule, each.message)
        for each in found
        if each.severity == "error" and each.element_id == "late"
    ]


class Imported(Play):
    def __init__(self, form: str, text: str) -> None:
        content = convert(diagram(form, text)).diagram.encode()
        self.definition = load_definition({"p.bpmn": content}, "p")
        self.environment, self.all = c.Environment(), []
        self.now = NOW
        self.do(c.StartProcessInstance(dict(VARIABLES)))


@pytest.mark.parametrize(("form", "text"), FALLS_DUE)
def test_a_time_that_is_worked_out_falls_due(form: str, text: str) -> None:
    run = Imported(form, text)
    assert [each.due_at for each in run.timers] == [FALLS_DUE[form, text]]


@pytest.mark.parametrize(("form", "text"), NEVER_ONE)
def test_what_never_is_a_time_is_told_and_refused(
    form: str, text: str
) -> None:
    imported = convert(diagram(form, text))
    wanted = NEVER_ONE[form, text]
    told = [
        line.told for line in imported.lines if line.verdict == "unsupported"
    ]
    refused = [
        each.message
        for each in check({"p.bpmn": imported.diagram.encode()})
        if each.severity == "error" and each.element_id == "late"
    ]
    assert any(wanted in line for line in told)
    assert refused


@pytest.mark.parametrize("text", ["=duration(below)", "${below}"])
def test_a_duration_below_zero_that_a_variable_holds_stops_with_a_sentence(
    text: str,
) -> None:
    with pytest.raises(
        ExpressionFailed, match="“-PT5H”是负数，一设就已经过期"
    ):
        Imported("timeDuration", text)


DEEP = ("not " * 400 + "x", "x" + "+x" * 900, "not " * 3000 + "x")
PLACES = (
    *("timeDuration", "timeDate", "timeCycle"),
    *("dueDate", "followUpDate"),
)


def placed(place: str, text: str) -> bytes:
    if place.startswith("time"):
        return diagram(place, text)
    return dated(place, text)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("ours", ['duration("P1D")', *DEEP])
def test_what_is_no_expression_is_told_as_that_alone(
    place: str, ours: str
) -> None:
    content = placed(place, f"${{{ours}}}")
    imported = convert(content)
    [(rule, _message)] = errors(content)
    assert rule == "expressions-compile"
    assert errors(imported.diagram.encode())
    verdicts = [line.verdict for line in imported.lines]
    assert "unsupported" in verdicts


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text", ["${abs()}", '${feel("duration")}', "=abs()", "=duration()"]
)
def test_a_call_without_its_arguments_is_read(place: str, text: str) -> None:
    """What a call gives that lacks them is known when it runs, and then told."""
    content = placed(place, text)
    imported = convert(content)
    rules = {rule for rule, _message in errors(content)}
    assert rules == ({"timer-text"} if text.startswith("=") else set())
    assert "camunda" in imported.diagram


def test_a_cycle_of_nothing_is_told_and_refused() -> None:
    imported = convert(diagram("timeCycle", "=cycle()"))
    told = [
        line.told for line in imported.lines if line.verdict == "unsupported"
    ]
    assert any("“cycle(…)”" in line for line in told)
    assert errors(imported.diagram.encode())


def test_a_task_may_be_followed_up_today_but_not_be_due() -> None:
    for text in ('${clock("today")}', "=today()"):
        ours = [
            convert(dated(attribute, text)).diagram.encode()
            for attribute in ("followUpDate", "dueDate")
        ]
        followed, due = map(errors, ours)
        assert followed == []
        assert due
    assert errors(dated("followUpDate", '${clock("today")}')) == []
    [(_rule, message)] = errors(dated("dueDate", '${clock("today")}'))
    assert "结果是今天，设定时已经开始，不是时限" in message
    [(_rule, message)] = errors(dated("followUpDate", "${1 + 1}"))
    assert "结果是数字，不是时限" in message
