"""A diagram that opens or nests scopes without end is ended with a sentence, after little work."""

from __future__ import annotations

import resource

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import errors, xml
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import catch

CALL = '<callActivity id="call" calledElement="{}"/>'
ESCALATION = '<escalation id="up" escalationCode="up"/>'
AGAIN_AND_AGAIN = (
    START
    + END
    + gateway("exclusive", "again")
    + '<subProcess id="part"><startEvent id="a"/><intermediateThrowEvent id="throw">'
    '<escalationEventDefinition escalationRef="up"/></intermediateThrowEvent>'
    + user("work")
    + '<endEvent id="z"/>'
    + flow("a", "throw", "work", "z")
    + "</subProcess>"
    + boundary(
        "told",
        "part",
        '<escalationEventDefinition escalationRef="up"/>',
        False,
    )
    + flow("start", "again", "part", "end")
    + flow("told", "again")
)


def deep(levels: int) -> str:
    """Subprocesses inside each other, a task in the innermost."""
    inner = user("work") + flow("a0", "work", "z0")
    for level in range(levels):
        inner = f'<startEvent id="a{level}"/><endEvent id="z{level}"/>{inner}'
        inner = f'<subProcess id="s{level}">{inner}</subProcess>'
        inner += (
            flow(f"a{level + 1}", f"s{level}", f"z{level + 1}")
            if level + 1 < levels
            else ""
        )
    return START + END + inner + flow("start", f"s{levels - 1}", "end")


def chain(length: int) -> dict[str, bytes]:
    """Processes each of which calls the next."""
    made = {
        f"q{each}.bpmn": document(
            START
            + END
            + CALL.format(f"q{each + 1}")
            + flow("start", "call", "end"),
            key=f"q{each}",
        )
        for each in range(length)
    }
    last = document(
        START + END + user("work") + flow("start", "work", "end"),
        key=f"q{length}",
    )
    return {**made, f"q{length}.bpmn": last}


def seconds(
    run: object, told: type[errors.EngineError] = errors.TooManySubprocesses
) -> float:
    """Of processor time that it takes to be refused."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(told):
        run()  # type: ignore[operator]
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before


def test_a_subprocess_that_is_opened_again_and_again_beside_itself_ends_soon() -> (
    None
):
    # A branch goes on by itself: a step does not look at every running subprocess, and the steps are counted.
    assert (
        seconds(
            lambda: Play(AGAIN_AND_AGAIN, ESCALATION),
            errors.StepBudgetExceeded,
        )
        < 5
    )


def test_processes_that_call_themselves_end_at_a_depth() -> None:
    # The library's work grows with the cube of the depth: without a bound this takes minutes.
    assert (
        seconds(
            lambda: Play(
                START + END + CALL.format("p") + flow("start", "call", "end")
            )
        )
        < 2
    )
    body = START + END + CALL.format("q0") + flow("start", "call", "end")
    assert seconds(lambda: Play(body, resources=chain(200))) < 2
    assert Play(body, resources=chain(30)).open == ["work"]


def test_subprocesses_inside_each_other_end_at_a_depth() -> None:
    assert seconds(lambda: Play(deep(100))) < 2
    assert Play(deep(40)).open == ["work"]


def test_two_hundred_instances_of_a_subprocess_with_steps_of_its_own_are_not_too_many() -> (
    None
):
    inner = (
        '<startEvent id="a"/><endEvent id="z"/>'
        + gateway("exclusive", "g", "h", "i")
        + user("work")
    )
    body = (
        '<subProcess id="part"><multiInstanceLoopCharacteristics><loopCardinality>200</loopCardinality>'
        f"</multiInstanceLoopCharacteristics>{inner}{flow('a', 'g', 'h', 'i', 'work', 'z')}</subProcess>"
    )
    play = Play(
        START + END + body + flow("start", "part", "end"),
        environment=c.Environment(max_steps=5_000),
    )
    assert len(play.open) == 200


def test_the_way_back_of_calls_is_found_without_going_every_way() -> None:
    """Each process calls the next one twice: two to the power of thirty ways."""
    twice = '<callActivity id="one" calledElement="{0}"/><callActivity id="two" calledElement="{0}"/>'
    fan = {
        f"q{each}.bpmn": document(
            START
            + END
            + twice.format(f"q{each + 1}")
            + flow("start", "one", "two", "end"),
            key=f"q{each}",
        )
        for each in range(30)
    }
    fan["q30.bpmn"] = document(
        START + END + user("work") + flow("start", "work", "end"), key="q30"
    )
    assert "recursive-calls" not in {each.rule for each in check(fan)}
    fan["q30.bpmn"] = document(
        START + END + CALL.format("q28") + flow("start", "call", "end"),
        key="q30",
    )
    told = [
        each.message for each in check(fan) if each.rule == "recursive-calls"
    ]
    assert any("q28 → q29 → q30 → q28" in each for each in told)


def test_an_element_of_sixty_thousand_attributes_is_refused_before_anything_reads_it() -> (
    None
):
    many = " ".join(f'a{each}="x"' for each in range(60_000))
    (found,) = check(
        {
            "p.bpmn": document(
                START + END + flow("start", "end"), attributes=many
            )
        }
    )
    assert (
        found.rule == "too-many-elements"
        and "属性超过 200 个" in found.message
    )


def waiting(name: str) -> str:
    """A subprocess that waits for as long as the variable says, and for nobody."""
    inner = f'<startEvent id="{name}_a"/><endEvent id="{name}_z"/>' + catch(
        f"{name}_t", timer("${wait}")
    )
    return f'<subProcess id="{name}">{inner}{flow(f"{name}_a", f"{name}_t", f"{name}_z")}</subProcess>'


def called(key: str) -> dict[str, bytes]:
    """A process of that key which does the same."""
    body = (
        START
        + END
        + catch(f"{key}_t", timer("${wait}"))
        + flow("start", f"{key}_t", "end")
    )
    return {f"{key}.bpmn": document(body, key=key)}


ROUND = START + gateway("exclusive", "again") + flow("start", "again")
ROUNDS = {
    "two subprocesses": (
        ROUND + waiting("s") + waiting("u") + flow("again", "s", "u", "again"),
        "s_t",
        {},
    ),
    "two calls": (
        ROUND
        + '<callActivity id="one" calledElement="q"/><callActivity id="two" calledElement="r"/>'
        + flow("again", "one", "two", "again"),
        "q_t",
        {**called("q"), **called("r")},
    ),
    "a subprocess and a call": (
        ROUND
        + waiting("s")
        + CALL.format("q")
        + flow("again", "s", "call", "again"),
        "s_t",
        called("q"),
    ),
}


@pytest.mark.parametrize("kind", ROUNDS)
def test_computed_waits_of_no_time_in_a_round_of_several_scopes_end_with_the_reason(
    kind: str,
) -> None:
    body, first, resources = ROUNDS[kind]
    play = Play(body, variables={"wait": "PT0S"}, resources=resources)
    with pytest.raises(errors.TimerStandsStill):
        for _round in range(3):
            play.fire(play.timers[-1].element_id)
    slow = Play(body, variables={"wait": "PT20S"}, resources=resources)
    assert [each.element_id for each in slow.timers] == [first]
    for _round in range(4):
        slow.fire(slow.timers[-1].element_id)


def test_a_task_on_the_way_between_two_scopes_is_no_standstill() -> None:
    round_ = (
        ROUND
        + waiting("s")
        + waiting("u")
        + user("work")
        + flow("again", "s", "u", "work", "again")
    )
    play = Play(round_, variables={"wait": "PT0S"})
    play.fire("s_t").fire("u_t")
    assert play.open == ["work"]
    assert [each.element_id for each in play.complete("work").timers] == [
        "s_t"
    ]


@pytest.mark.parametrize("count", [xml.MAX_ELEMENTS + 1, 50_000, 200_000])
def test_a_file_of_very_many_elements_is_refused(count: int) -> None:
    root, (found,) = xml.parse(document("<task/>" * count))
    assert root is None
    assert (found.rule, found.message) == (
        "too-many-elements",
        "文件超过 20000 个元素，请拆分流程",
    )


def test_a_file_of_many_elements_is_read() -> None:
    root, found = xml.parse(document("<task/>" * (xml.MAX_ELEMENTS - 2)))
    assert found == [] and root is not None


def test_a_long_name_is_refused_when_it_comes_in_and_goes_on_when_deployed() -> (
    None
):
    body = START + user("work") + END + flow("start", "work", "end")
    name = "长" * (xml.LONGEST_NAME + 1)
    content = body.replace('name="work"', f'name="{name}"', 1)
    found = check({"p.bpmn": document(content)})
    assert [each.rule for each in found] == ["too-many-elements"]
    assert Play(content).open == ["work"]


def refusals(resources: dict[str, bytes]) -> list[tuple[str | None, str]]:
    """Element and rule of what is refused, without the ids that the called processes share."""
    return [
        (each.element_id, each.rule)
        for each in check(resources)
        if each.severity == "error" and each.rule != "called-process"
    ]


@pytest.mark.parametrize("deeper", [False, True])
def test_what_runs_too_deep_is_refused_at_the_check_and_what_does_not_runs(
    deeper: bool,
) -> None:
    levels = 60 + deeper
    body = START + END + CALL.format("q0") + flow("start", "call", "end")
    called = chain(levels - 1)
    told = refusals({"p.bpmn": document(body), **called})
    inside = refusals({"p.bpmn": document(deep(levels))})
    assert told == inside == ([("p", "too-deep")] if deeper else [])
    if deeper:
        assert seconds(lambda: Play(body, resources=called), errors.TooDeep)
        assert seconds(lambda: Play(deep(levels)), errors.TooDeep)
    else:
        assert Play(body, resources=called).open == ["work"]
        assert Play(deep(levels)).open == ["work"]


def test_of_a_long_chain_of_calls_the_last_that_goes_too_deep_is_told() -> (
    None
):
    body = START + END + CALL.format("q0") + flow("start", "call", "end")
    told = refusals({"p.bpmn": document(body), **chain(100)})
    assert told == [("q39", "too-deep")]


def test_elements_too_deep_for_the_reader_are_told_in_a_sentence() -> None:
    (found,) = check({"p.bpmn": document(deep(300))})
    assert found.message == "元素一层套一层，超过 255 层，请减少子流程的层数"
