"""What is set inside an instance of a parallel multi-instance subprocess or call stays there, unless it is
collected."""

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from tests.engine.diagrams import (
    END,
    START,
    Play,
    document,
    flow,
    gateway,
    user,
)

MANY = (
    '<multiInstanceLoopCharacteristics {} camunda:collection="ds" '
    'camunda:elementVariable="d">{}</multiInstanceLoopCharacteristics>'
)
COLLECTED = '<loopDataOutputRef>results</loopDataOutputRef><outputDataItem id="o" name="decision"/>'
REVIEW = (
    user("fill")
    + '<userTask id="review" name="r" camunda:candidateGroups="a@county" camunda:formKey="review"/>'
    + gateway("exclusive", "g", default="g_rok")
    + user("rok", "rno")
)
FLOWS = (
    flow("s", "review", "fill", "g", "rok", "e")
    + flow("g", "rno", when='decision == "no"')
    + flow("rno", "e")
)
INNER = '<startEvent id="s"/>' + REVIEW + FLOWS + '<endEvent id="e"/>'
CALL = '<callActivity id="sub" calledElement="q">{}</callActivity>'
CALLED = f'<process id="q" isExecutable="true">{INNER}</process>'
FORMS = {"review": ["decision"], "check": ["note"]}


def _sub(inner: str = INNER, more: str = "", how: str = "") -> str:
    return f'<subProcess id="sub" name="会审">{MANY.format(how, more)}{inner}</subProcess>'


def _answers(play: Play, *answers: str) -> Play:
    for task, answer in zip(
        [t for t in play.tasks.values() if t.element_id == "review"],
        answers,
        strict=True,
    ):
        play.do(c.CompleteUserTask(task.task_id, {"decision": answer}))
    for task in [t for t in play.tasks.values() if t.element_id == "fill"]:
        play.do(c.CompleteUserTask(task.task_id, {}))
    return play


@pytest.mark.parametrize("before", [{}, {"decision": "yes"}])
@pytest.mark.parametrize(
    ("body", "extra"),
    [(_sub(), ""), (CALL.format(MANY.format("", "")), CALLED)],
    ids=["inside", "called"],
)
def test_each_instance_goes_by_its_own_answer(
    body: str, extra: str, before: dict[str, str]
) -> None:
    play = Play(
        START + END + body + flow("start", "sub", "end"),
        extra,
        {"ds": ["A", "B"], **before},
    )
    _answers(play, "no", "yes")
    assert [
        (t.element_id, t.variables["d"], t.variables.get("decision", "yes"))
        for t in play.tasks.values()
    ] == [
        ("rno", "A", "no"),
        ("rok", "B", "yes"),
    ]
    assert play.outcome.variables == {"ds": ["A", "B"], **before}


def test_what_is_collected_goes_out_in_the_collections_order_and_the_rest_stays() -> (
    None
):
    body = (
        START
        + END
        + _sub(more=COLLECTED)
        + user("check")
        + flow("start", "sub", "check", "end")
    )
    play = _answers(
        Play(body, variables={"ds": ["A", "B", "C"]}), "no", "yes", "no"
    )
    for task in reversed(list(play.tasks.values())):
        play.do(c.CompleteUserTask(task.task_id, {"extra": "x"}))
    assert play.open == ["check"]
    assert play.outcome.variables == {
        "ds": ["A", "B", "C"],
        "results": ["no", "yes", "no"],
    }


def test_a_completion_condition_sees_the_answer_of_the_instance_that_is_done() -> (
    None
):
    until = "<completionCondition>decision == 'no'</completionCondition>"
    play = Play(
        START + END + _sub(more=until) + flow("start", "sub", "end"),
        variables={"ds": ["A", "B"]},
    )
    assert _answers(play, "yes", "no").complete("rno").ended


def test_scripts_and_narrower_sets_inside_stay_inside_too() -> None:
    script = '<scriptTask id="x" scriptFormat="python"><script>mark = d + "!"</script></scriptTask>'
    deep = (
        '<subProcess id="deep"><startEvent id="ds_s"/>'
        + script
        + user("t")
        + '<endEvent id="ds_e"/>'
    )
    deep += flow("ds_s", "x", "t", "ds_e") + "</subProcess>"
    inner = (
        '<startEvent id="s"/><endEvent id="e"/>'
        + deep
        + flow("s", "deep", "e")
    )
    play = Play(
        START + END + _sub(inner) + flow("start", "sub", "end"),
        variables={"ds": ["A", "B"]},
    )
    assert [t.variables["mark"] for t in play.tasks.values()] == ["A!", "B!"]
    assert play.outcome.variables == {"ds": ["A", "B"]}


def test_one_after_another_shares_as_before() -> None:
    play = Play(
        START
        + END
        + _sub(how='isSequential="true"')
        + user("check")
        + flow("start", "sub", "check", "end"),
        variables={"ds": ["A"]},
    )
    _answers(play, "no")
    assert play.outcome.variables["decision"] == "no"


def _found(body: str) -> list[tuple[str, str, str]]:
    found = check({"p.bpmn": document(body)}, FORMS)
    return [
        (f.element_id or "", f.severity, f.message)
        for f in found
        if f.rule == "kept-in-instance"
    ]


AFTER = gateway("exclusive", "after", default="after_end") + flow(
    "start", "sub", "after", "end"
)


def test_reading_outside_what_is_only_answered_inside_is_refused_at_the_reader() -> (
    None
):
    outside = (
        START
        + END
        + user("again")
        + AFTER
        + flow("after", "again", when='decision == "no"', id="late")
        + flow("again", "end")
    )
    [(place, severity, message)] = _found(outside + _sub())
    assert (place, severity) == ("late", "error")
    assert "“decision”只在并行多实例“会审”内产生" in message
    # What never leaves its instance is not there to be asked for either.
    condition = 'decision == "no"'
    asked = outside.replace(condition, f'defined("decision") and {condition}')
    assert asked != outside
    assert _found(asked + _sub()) == [(place, severity, message)]
    text = outside.replace(condition, "true").replace(
        'name="again"', 'name="${decision or d}"'
    )
    assert [each[0] for each in _found(text + _sub())] == ["again"]
    assert not _found(outside + _sub(how='isSequential="true"'))
    assert not _found(
        outside.replace("decision", "results") + _sub(more=COLLECTED)
    )
    before = outside.replace(
        '<startEvent id="start"',
        '<startEvent id="start" camunda:formKey="review"',
    )
    assert not _found(before + _sub())


@pytest.mark.parametrize(
    ("added", "places"),
    [
        ("total = total + 1", ["add"]),
        ("total = sum([total for total in [1, 2]])", []),
    ],
)
def test_adding_up_inside_is_refused_at_the_script(
    added: str, places: list[str]
) -> None:
    script = '<scriptTask id="{0}" scriptFormat="python"><script>{1}</script></scriptTask>'
    inner = (
        '<startEvent id="s"/><endEvent id="e"/>'
        + script.format("add", added)
        + flow("s", "add", "e")
    )
    body = (
        START
        + END
        + script.format("zero", "total = 0")
        + gateway("exclusive", "after", default="after_end")
        + user("again")
    )
    body += flow("start", "zero", "sub", "after", "end") + flow("again", "end")
    for condition in ("total == 2", 'defined("total") and total >= 2'):
        when = condition.replace(">", "&gt;")
        read = flow("after", "again", when=when)
        found = _found(body + read + _sub(inner))
        assert [place for place, _severity, _message in found] == places
