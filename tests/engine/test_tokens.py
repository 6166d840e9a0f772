"""BPMN's token rules, each from a small diagram."""

from datetime import timedelta

import pytest

from orchestrator.engine import commands as c
from orchestrator.engine.errors import (
    NoFlowTaken,
    StepBudgetExceeded,
    TooManyInstances,
    UnknownTask,
)
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
from tests.engine.drawn import many

LOOP = (
    START
    + END
    + user("a", "b", "check")
    + gateway("exclusive", "merge")
    + gateway("parallel", "split", "join")
    + gateway("exclusive", "again", default="again_end")
    + flow("start", "merge", "split", "a", "join", "check", "again", "end")
    + flow("split", "b", "join")
    + flow("again", "merge", when="more")
)


def test_a_parallel_join_waits_for_every_branch() -> None:
    play = Play(LOOP)
    assert play.open == ["a", "b"]
    play.complete("b")
    assert play.open == ["a"]
    play.complete("a")
    assert play.open == ["check"]


def test_a_parallel_split_inside_a_loop_joins_rightly_in_every_round() -> None:
    play = Play(LOOP)
    for _round in range(30):
        play.complete("a")
        assert play.open == ["b"]
        play.complete("b").complete("check", more=True)
        assert play.open == ["a", "b"]
    play.complete("b").complete("a").complete("check", more=False)
    assert play.ended


def test_the_state_stays_as_small_in_the_hundredth_round_as_in_the_first() -> (
    None
):
    play = Play(LOOP)
    sizes = []
    for _round in range(100):
        play.complete("a").complete("b").complete("check", more=True)
        sizes.append(len(play.outcome.state))
    assert sizes[-1] <= sizes[0] + 20


def test_twenty_parallel_diamonds_in_a_row_start_at_once() -> None:
    body, last = START + END, "start"
    for number in range(20):
        split, join = f"s{number}", f"j{number}"
        body += gateway("parallel", split, join) + user(
            f"x{number}", f"y{number}"
        )
        body += flow(last, split, f"x{number}", join) + flow(
            split, f"y{number}", join
        )
        last = join
    play = Play(body + flow(last, "end"))
    assert play.open == ["x0", "y0"]


def test_an_inclusive_join_waits_only_for_tokens_that_can_still_come() -> None:
    body = (
        START
        + END
        + user("a", "b", "d", "after")
        + gateway("inclusive", "split", default="split_d")
        + gateway("inclusive", "join")
        + flow("start", "split")
        + flow("split", "a", when="x > 1")
        + flow("split", "b", when="x > 2")
        + flow("split", "d")
        + flow("a", "join")
        + flow("b", "join")
        + flow("d", "join")
        + flow("join", "after", "end")
    )
    both = Play(body, variables={"x": 3})
    assert both.open == ["a", "b"]
    assert both.complete("a").open == ["b"]
    assert both.complete("b").open == ["after"]
    one = Play(body, variables={"x": 2})
    assert one.open == ["a"]
    assert one.complete("a").open == ["after"]
    assert Play(body, variables={"x": 0}).open == ["d"]


def test_an_inclusive_join_does_not_wait_for_a_token_that_can_also_come_where_one_is_already() -> (
    None
):
    """BPMN 2.0.2, table 13.3: `c` can still reach the empty flow from `x`, and the flow from `m` too, on
    which a token waits."""
    body = (
        START
        + END
        + user("a", "c", "after")
        + gateway("parallel", "split")
        + gateway("exclusive", "m")
        + gateway("exclusive", "x", default="x_join")
        + gateway("inclusive", "join")
        + flow("start", "split", "a", "m", "join", "after", "end")
        + flow("split", "c", "x", "join")
        + flow("x", "m", when="again")
    )
    play = Play(body, variables={"again": False})
    assert play.open == ["a", "c"]
    assert play.complete("a").open == ["after", "c"]


def test_the_first_true_condition_is_taken_and_the_default_otherwise() -> None:
    body = (
        START + END + user("a", "b") + gateway("exclusive", "g", default="g_b")
    )
    body += (
        flow("start", "g")
        + flow("g", "a", when='decision == "approve"')
        + flow("g", "b")
        + flow("a", "end")
        + flow("b", "end")
    )
    assert Play(body, variables={"decision": "approve"}).open == ["a"]
    assert Play(body, variables={"decision": "reject"}).open == ["b"]


def test_a_gateway_without_a_way_out_is_told_by_name() -> None:
    body = START + END + user("a") + '<exclusiveGateway id="g" name="结果"/>'
    body += (
        flow("start", "g")
        + flow("g", "a", when="x > 1")
        + flow("g", "end", when="x > 2")
        + flow("a", "end")
    )
    with pytest.raises(NoFlowTaken, match="结果"):
        Play(body, variables={"x": 0})


def test_conditions_on_a_tasks_own_flows_are_honoured() -> None:
    body = START + END + user("first", "a", "b") + flow("start", "first")
    body += (
        flow("first", "a", when="x > 1")
        + flow("first", "b", when="x > 5")
        + flow("a", "end")
        + flow("b", "end")
    )
    assert Play(body).complete("first", x=3).open == ["a"]
    assert Play(body).complete("first", x=9).open == ["a", "b"]


def test_several_flows_out_of_a_task_split_in_parallel() -> None:
    body = (
        START
        + END
        + user("first", "a", "b")
        + flow("start", "first", "a", "end")
        + flow("first", "b", "end")
    )
    assert Play(body).complete("first").open == ["a", "b"]


def test_an_interrupting_timer_takes_the_task_away_before_anything_follows() -> (
    None
):
    body = (
        START
        + END
        + user("work", "late")
        + boundary("t", "work", timer("PT24H"))
    )
    body += (
        '<scriptTask id="note"><script>noted = True</script></scriptTask>'
        + flow("start", "work", "end")
        + flow("t", "note", "late", "end")
    )
    play = Play(body)
    assert [t.due_at.isoformat() for t in play.timers] == [
        "2026-03-03T01:00:00+00:00"
    ]
    play.fire("t")
    assert play.open == ["late"]
    assert play.outcome.variables["noted"] is True


def test_a_reminder_leaves_the_task_open_and_goes_with_it() -> None:
    body = (
        START
        + END
        + user("work", "reminded")
        + boundary(
            "t", "work", timer("R3/PT1H", "timeCycle"), interrupting=False
        )
    )
    body += (
        flow("start", "work", "end")
        + flow("t", "reminded")
        + '<endEvent id="e2"/>'
        + flow("reminded", "e2")
    )
    play = Play(body)
    dues = []
    for _ in range(3):
        dues.append(play.timers[0].due_at.hour)
        play.fire("t")
    assert dues == [2, 3, 4]
    assert play.open == ["reminded", "reminded", "reminded", "work"]
    assert play.timers == []
    assert not play.complete("work").ended
    for _ in range(3):
        play.complete("reminded")
    assert play.ended


def test_completing_the_task_cancels_its_timer() -> None:
    play = Play(
        START
        + END
        + user("work")
        + boundary("t", "work", timer("PT1H"))
        + flow("start", "work", "end")
        + flow("t", "end")
    )
    play.complete("work")
    assert play.ended
    assert [
        type(e).__name__
        for e in play.effects
        if isinstance(e, c.TimerCancelled)
    ] == ["TimerCancelled"]


def test_the_first_event_after_an_event_gateway_takes_the_others_away() -> (
    None
):
    body = (
        START
        + END
        + user("answered", "expired")
        + gateway("eventBased", "g")
        + '<intermediateCatchEvent id="m"><messageEventDefinition messageRef="msg"/></intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="t1">{timer("PT24H")}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="t2">{timer("PT1H")}</intermediateCatchEvent>'
        + flow("start", "g", "m", "answered", "end")
        + flow("g", "t1", "expired", "end")
        + flow("g", "t2", "expired")
    )
    play = Play(body, extra='<message id="msg" name="reply"/>')
    assert sorted(t.due_at.day * 24 + t.due_at.hour for t in play.timers) == [
        2 * 24 + 2,
        3 * 24 + 1,
    ]
    subscription = next(
        e for e in play.all if isinstance(e, c.SubscriptionOpened)
    )
    play.do(
        c.DeliverMessage("reply", subscription.subscription_id, {"text": "好"})
    )
    assert play.open == ["answered"]
    assert play.timers == []
    assert play.outcome.variables["text"] == "好"


MULTI = (
    START + END + '<userTask id="m" name="m" '
    'camunda:candidateGroups="${dep}@county"><multiInstanceLoopCharacteristics {how} '
    'camunda:collection="deps" '
    'camunda:elementVariable="dep">{until}</multiInstanceLoopCharacteristics></userTask>'
    + user("check")
    + gateway("exclusive", "merge")
    + gateway("exclusive", "again", default="again_end")
    + flow("start", "merge", "m", "check", "again", "end")
    + flow("again", "merge", when="more")
)


def _multi(how: str = "", until: str = "") -> str:
    return MULTI.replace("{how}", how).replace("{until}", until)


def test_rework_through_several_departments_opens_each_of_them_again() -> None:
    play = Play(_multi(), variables={"deps": ["police", "justice"]})
    for _round in range(3):
        assert sorted(t.candidate_groups[0] for t in play.tasks.values()) == [
            "justice@county",
            "police@county",
        ]
        play.complete("m")
        assert play.open == ["m"]
        play.complete("m").complete("check", more=True)
    assert play.open == ["m", "m"]


def test_an_empty_multi_instance_is_passed_over() -> None:
    assert Play(_multi(), variables={"deps": []}).open == ["check"]


def test_a_sequential_multi_instance_opens_one_after_the_other() -> None:
    play = Play(_multi('isSequential="true"'), variables={"deps": ["a", "b"]})
    assert [t.candidate_groups for t in play.tasks.values()] == [("a@county",)]
    play.complete("m")
    assert [t.candidate_groups for t in play.tasks.values()] == [("b@county",)]
    assert play.complete("m").open == ["check"]


def test_a_completion_condition_takes_the_remaining_instances_away() -> None:
    play = Play(
        _multi(
            until="<completionCondition>nrOfCompletedInstances == 1</completionCondition>"
        ),
        variables={"deps": ["a", "b", "c"]},
    )
    assert play.complete("m").open == ["check"]


def test_a_multi_instance_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooManyInstances):
        Play(_multi(), variables={"deps": list(range(1000))})


SUB = '<subProcess id="sub"><startEvent id="s2"/>{inner}<endEvent id="e2"/></subProcess>'


def test_an_error_inside_a_subprocess_is_caught_at_its_boundary() -> None:
    inner = (
        user("inside")
        + gateway("exclusive", "g", default="g_e2")
        + '<endEvent id="bad"><errorEventDefinition errorRef="er"/></endEvent>'
    )
    inner += flow("s2", "inside", "g", "e2") + flow("g", "bad", when="wrong")
    body = START + END + user("mend", "after") + SUB.replace("{inner}", inner)
    body += (
        boundary("b", "sub", '<errorEventDefinition errorRef="er"/>')
        + flow("start", "sub", "after", "end")
        + flow("b", "mend", "end")
    )
    extra = '<error id="er" errorCode="E1"/>'
    assert Play(body, extra).complete("inside", wrong=True).open == ["mend"]
    assert Play(body, extra).complete("inside", wrong=False).open == ["after"]


ERROR = '<endEvent id="bad"><errorEventDefinition errorRef="er"/></endEvent>'
DECLARED = '<error id="er" errorCode="E1"/>'


def test_an_uncaught_error_ends_its_path_and_the_instance_as_an_error_where_it_is_the_last() -> (
    None
):
    body = START + END + user("a", "other") + gateway("parallel", "g") + ERROR
    body += flow("start", "g", "a", "bad") + flow("g", "other", "end")
    play = Play(body, DECLARED).complete("a")
    assert play.open == ["other"]
    assert play.complete("other").effects[-1] == c.ProcessInstanceEnded(
        "end", "completed", None
    )
    play = Play(body, DECLARED).complete("other").complete("a")
    assert play.effects[-1] == c.ProcessInstanceEnded("bad", "error", "E1")


def test_a_path_that_ends_after_an_uncaught_error_decides_how_the_instance_ends() -> (
    None
):
    body = (
        START
        + END
        + gateway("parallel", "g")
        + ERROR
        + flow("start", "g", "bad")
        + flow("g", "end")
    )
    assert Play(body, DECLARED).effects[-1] == c.ProcessInstanceEnded(
        "end", "completed", None
    )


def test_an_uncaught_error_in_a_subprocess_ends_its_path_there() -> None:
    inner = '<startEvent id="s1"/>' + ERROR + flow("s1", "bad")
    body = (
        START
        + END
        + f'<subProcess id="sub">{inner}</subProcess>'
        + user("a")
        + flow("start", "sub", "a", "end")
    )
    assert Play(body, DECLARED).open == ["a"]


def test_a_terminate_end_takes_every_token_of_its_scope_away() -> None:
    body = (
        START
        + END
        + user("a", "b")
        + gateway("parallel", "g")
        + '<endEvent id="stop"><terminateEventDefinition/></endEvent>'
    )
    play = Play(
        body + flow("start", "g", "a", "stop") + flow("g", "b", "end")
    ).complete("a")
    assert play.ended and play.open == []


def test_an_escalation_goes_on_beside_the_subprocess() -> None:
    inner = (
        '<intermediateThrowEvent id="esc"><escalationEventDefinition '
        'escalationRef="es"/></intermediateThrowEvent>' + user("inside")
    )
    body = (
        START
        + END
        + user("told")
        + SUB.replace("{inner}", inner + flow("s2", "esc", "inside", "e2"))
    )
    body += (
        boundary(
            "b",
            "sub",
            '<escalationEventDefinition escalationRef="es"/>',
            interrupting=False,
        )
        + '<endEvent id="e3"/>'
    )
    play = Play(
        body + flow("start", "sub", "end") + flow("b", "told", "e3"),
        '<escalation id="es" escalationCode="X"/>',
    )
    assert play.open == ["inside", "told"]


def test_an_event_subprocess_waits_and_interrupts() -> None:
    handler = (
        '<subProcess id="h" triggeredByEvent="true"><startEvent id="hs" isInterrupting="{0}">'
        + timer("PT1H")
        + "</startEvent>"
    )
    handler += (
        user("handle")
        + '<endEvent id="he"/>'
        + flow("hs", "handle", "he")
        + "</subProcess>"
    )
    body = START + END + user("work") + flow("start", "work", "end")
    play = Play(body + handler.replace("{0}", "true"))
    assert play.open == ["work"]
    assert play.fire("hs").open == ["handle"]
    assert play.complete("handle").ended
    beside = Play(body + handler.replace("{0}", "false")).fire("hs")
    assert beside.open == ["handle", "work"]
    unfired = Play(body + handler.replace("{0}", "false")).complete("work")
    assert unfired.ended and unfired.timers == []


def test_a_called_process_gets_and_gives_the_variables() -> None:
    called = (
        START.replace('"start"', '"cs"')
        + user("inner")
        + END.replace('"end"', '"ce"')
        + flow("cs", "inner", "ce")
    )

    body = (
        START
        + END
        + '<callActivity id="call" calledElement="q"/>'
        + user("after")
        + flow("start", "call", "after", "end")
    )
    play = Play(
        body,
        variables={"x": 1},
        resources={"q.bpmn": document(called, key="q")},
    )
    assert play.open == ["inner"]
    assert play.complete("inner", y=2).open == ["after"]
    assert play.outcome.variables == {"x": 1, "y": 2}


def test_an_external_task_waits_for_its_handler_and_maps_its_answer() -> None:
    mapping = (
        "<extensionElements><camunda:inputOutput><camunda:inputParameter "
        'name="level">county</camunda:inputParameter>'
        '<camunda:outputParameter name="number">${no + '
        "1}</camunda:outputParameter></camunda:inputOutput></extensionElements>"
    )
    body = (
        START
        + END
        + f'<serviceTask id="s" name="s" camunda:type="external" camunda:topic="a.b">{mapping}</serviceTask>'
        + user("after")
    )
    play = Play(body + flow("start", "s", "after", "end"), variables={"x": 1})
    wanted = next(
        e for e in play.effects if isinstance(e, c.ExternalTaskWanted)
    )
    assert (wanted.topic, wanted.variables) == (
        "a.b",
        {"x": 1, "level": "county"},
    )
    play.answer(no=4)
    assert play.open == ["after"]
    assert play.outcome.variables == {"x": 1, "number": 5}


def test_an_output_reads_what_an_output_before_it_has_set() -> None:
    mapping = (
        "<extensionElements><camunda:inputOutput>"
        '<camunda:outputParameter name="q">${n}</camunda:outputParameter>'
        '<camunda:outputParameter name="r">${q + 1}</camunda:outputParameter>'
        "</camunda:inputOutput></extensionElements>"
    )
    body = (
        START
        + END
        + f'<userTask id="a" name="a" camunda:candidateGroups="o@county">{mapping}</userTask>'
        + flow("start", "a", "end")
    )
    play = Play(body, variables={"n": 3, "q": 1})
    assert play.complete("a").outcome.variables == {"n": 3, "q": 3, "r": 4}
    # A handler's answer is mapped in the same order; nothing of the name was there before.
    handled = body.replace("<userTask", "<serviceTask").replace(
        'camunda:candidateGroups="o@county"',
        'camunda:type="external" camunda:topic="a.b"',
    )
    play = Play(handled.replace("</userTask>", "</serviceTask>"))
    assert play.answer(n=3).outcome.variables == {"q": 3, "r": 4}


def test_a_business_error_of_a_handler_is_caught_at_its_task() -> None:
    body = (
        START
        + END
        + '<serviceTask id="s" name="s" camunda:type="external" camunda:topic="a.b"/>'
        + user("mend")
    )
    body += (
        boundary("b", "s", "<errorEventDefinition/>")
        + flow("start", "s", "end")
        + flow("b", "mend", "end")
    )
    play = Play(body)
    wanted = next(
        e for e in play.effects if isinstance(e, c.ExternalTaskWanted)
    )
    assert play.do(c.ThrowBpmnError(wanted.task_id, "E9")).open == ["mend"]


def test_a_link_jumps_to_its_catch() -> None:
    body = (
        START
        + END
        + user("a")
        + '<intermediateThrowEvent id="go"><linkEventDefinition name="L"/></intermediateThrowEvent>'
    )
    body += (
        '<intermediateCatchEvent id="come"><linkEventDefinition name="L"/></intermediateCatchEvent>'
        + flow("start", "go")
        + flow("come", "a", "end")
    )
    assert Play(body).open == ["a"]


def test_elements_may_be_called_start_and_end() -> None:
    body = (
        '<startEvent id="Start"/><endEvent id="End"/>'
        + user("a")
        + flow("Start", "a", "End")
    )
    play = Play(body)
    assert play.open == ["a"]
    assert play.complete("a").ended


def test_a_flow_without_an_id_is_followed() -> None:
    body = (
        START
        + END
        + user("a")
        + '<sequenceFlow sourceRef="start" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="end"/>'
    )
    assert Play(body).complete("a").ended


def test_a_loop_without_a_wait_state_is_stopped() -> None:
    body = (
        START
        + END
        + gateway("exclusive", "m")
        + '<scriptTask id="s"><script>n = 1</script></scriptTask>'
    )
    body += (
        gateway("exclusive", "g", default="g_m")
        + flow("start", "m", "s", "g", "m")
        + flow("g", "end", when="n &gt; 1")
    )
    with pytest.raises(StepBudgetExceeded):
        Play(body)


def test_a_stale_command_is_told_apart() -> None:
    play = Play(START + END + user("a", "b") + flow("start", "a", "b", "end"))
    task = next(iter(play.tasks.values()))
    play.complete("a")
    with pytest.raises(UnknownTask):
        play.do(c.CompleteUserTask(task.task_id))


def test_the_same_arguments_give_the_same_outcome() -> None:
    assert Play(LOOP).complete("a").outcome == Play(LOOP).complete("a").outcome


def test_deadlines_by_name_come_from_the_environment() -> None:
    environment = c.Environment(
        deadline=lambda name, start: (
            start + timedelta(days={"review": 3}[name])
        )
    )
    body = (
        START
        + END
        + user("a")
        + boundary("t", "a", timer("deadline:review"), interrupting=False)
        + '<endEvent id="e2"/>'
    )
    play = Play(
        body + flow("start", "a", "end") + flow("t", "e2"),
        environment=environment,
    )
    assert play.timers[0].due_at.day == 5
    assert play.timers[0].deadline == "review"


def test_a_date_without_an_offset_is_read_in_the_instances_zone() -> None:
    body = (
        START + END + "<intermediateCatchEvent "
        f'id="t">{timer("2027-01-01T08:00:00", "timeDate")}</intermediateCatchEvent>'
    )
    play = Play(body + flow("start", "t", "end"))
    assert play.timers[0].due_at.isoformat() == "2027-01-01T00:00:00+00:00"
    assert play.fire("t").ended


def test_collected_results_stand_in_the_order_of_the_collection() -> None:
    results = (
        "<loopDataOutputRef>results</loopDataOutputRef>"
        + '<outputDataItem id="o" name="result"/>'
    )
    play = Play(_multi(until=results), variables={"deps": ["a", "b", "c"]})
    for task in reversed(list(play.tasks.values())):
        play.do(
            c.CompleteUserTask(
                task.task_id, {"result": task.candidate_groups[0]}
            )
        )
    assert play.outcome.variables["results"] == [
        "a@county",
        "b@county",
        "c@county",
    ]


def test_one_instance_of_a_sequence_is_active_from_the_first_to_the_last() -> (
    None
):
    enough = (
        "<completionCondition>nrOfActiveInstances == 1</completionCondition>"
    )
    loop = many(3, sequential=True).replace("</multi", f"{enough}</multi")
    task = f'<userTask id="m" camunda:candidateGroups="o@county">{loop}</userTask>'
    play = Play(
        START + END + task + user("a") + flow("start", "m", "a", "end")
    )
    assert play.complete("m").open == ["a"]
