"""A gateway where no condition is true: the administrator says which flow this matter takes, once, with his
reason on the record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import bundles
from orchestrator.services.clocks import messages, timers
from orchestrator.services.designing.replay import Record, Replay
from orchestrator.services.execution import locked_instance
from orchestrator.services.instances import incidents
from orchestrator.services.records import history
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, START, flow, gateway, timer
from tests.services.world import TENANT, World

SIGNAL = '<signal id="sg" name="siren"/>'
REVIEW = (
    '<userTask id="look" name="看一看" '
    'camunda:candidateGroups="office@county" camunda:formKey="review"/>'
)
REVIEW += '<userTask id="again" name="再看" camunda:candidateGroups="office@county"/>'
NEVER = (
    gateway("exclusive", "which")
    + flow("which", "again", when="opinion == '没有'")
    + flow("which", "end", when="opinion == '无'")
)
BEHIND_A_TASK = (
    START
    + REVIEW
    + END
    + NEVER
    + flow("start", "look", "which")
    + flow("again", "end")
)
BEHIND_A_TIMER = BEHIND_A_TASK.replace(
    flow("look", "which"), flow("look", "pause", "which")
) + (
    '<intermediateCatchEvent id="pause" name="等候"><documentation>依据：'
    f"默认</documentation>{timer('PT15M')}</intermediateCatchEvent>"
)
BEHIND_A_SIGNAL = BEHIND_A_TIMER.replace(
    timer("PT15M"), '<signalEventDefinition signalRef="sg"/>'
)


def _stuck(world: World) -> Incident:
    (found,) = world.rows(sa.select(Incident).where(Incident.state == "open"))
    assert (found.kind, found.element_id) == ("no-flow-taken", "which")
    return found


def _choose(
    world: World, flow_id: str, reason: str = "两个条件都不合实情"
) -> bool:
    return incidents.choose_flow(
        _stuck(world).id, flow_id, reason, world.person("wang"), world.now
    )


def _look(world: World, matter: str) -> None:
    world.complete(
        world.task(matter, "look").id,
        "wang",
        decision="pass",
        opinion="材料齐全",
    )


def test_the_task_is_submitted_again_and_takes_the_chosen_flow(world):
    world.draw("odd", BEHIND_A_TASK)
    matter = world.start("odd")
    with pytest.raises(RuleViolated, match="没有一条出线的条件成立"):
        _look(world, matter)
    assert _choose(world, "which_again") is False
    assert world.elements(matter) == ["look"]
    _look(world, matter)
    assert world.elements(matter) == ["again"]
    entry = next(
        each for each in _entries(world, matter) if each.kind == "flow-chosen"
    )
    assert (entry.element_id, entry.data["flow"], entry.data["reason"]) == (
        "which",
        "which_again",
        "两个条件都不合实情",
    )
    assert entry.actor_id == world.person("wang")
    assert history.verify(matter) == []


@pytest.mark.parametrize(
    "body", [BEHIND_A_TIMER, BEHIND_A_SIGNAL], ids=["timer", "signal"]
)
def test_what_the_clock_or_an_event_had_set_off_goes_on_by_itself(world, body):
    world.draw("odd", body, SIGNAL)
    matter = world.start("odd")
    _look(world, matter)
    world.later(minutes=20)
    messages.deliver_signal(TENANT, "siren", {}, world.now)
    messages.relay(world.now)
    timers.fire_due(world.now)
    assert _choose(world, "which_again") is True
    timers.fire_due(world.now)
    assert world.elements(matter) == ["again"]


def test_only_a_flow_of_that_gateway_may_be_chosen_and_only_once(world):
    world.draw("odd", BEHIND_A_TASK)
    matter = world.start("odd")
    with pytest.raises(RuleViolated):
        _look(world, matter)
    stuck = _stuck(world)
    with pytest.raises(RuleViolated, match="列出的出线"):
        _choose(world, "again_end")
    assert incidents.flows_to_choose(_bundle(world, matter), stuck) == [
        ("which_again", "再看"),
        ("which_end", "再看之后未命名的结束"),
    ]
    _choose(world, "which_end")
    with pytest.raises(NotFound):
        incidents.choose_flow(
            stuck.id, "which_end", "再来", world.person("wang"), world.now
        )
    _look(world, matter)
    assert world.instance(matter).state == "completed"


def test_a_back_test_takes_the_flow_that_was_chosen_then(world):
    world.draw("odd", BEHIND_A_TASK)
    matter = world.start("odd")
    with pytest.raises(RuleViolated):
        _look(world, matter)
    _choose(world, "which_again")
    _look(world, matter)
    world.complete(world.task(matter, "again").id, "wang")
    with transaction(writing=False) as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS).where(
                ProcessInstance.id == matter
            )
        ).one()
        bundle = _bundle(world, matter)
        trace = Replay(
            session,
            bundle,
            Record(row, _entries(world, matter), {}, {}, bundle),
            {},
        ).run()
    assert (trace.failed, trace.ended, trace.skipped) == ("", "end", [])


def _entries(world: World, matter: str) -> list[HistoryEntry]:
    return world.rows(
        sa.select(HistoryEntry)
        .where(HistoryEntry.instance_id == matter)
        .order_by(HistoryEntry.seq)
    )


def _bundle(world: World, matter: str):
    with transaction(writing=False) as session:
        return bundles.bundle_of(session, world.instance(matter).definition_id)
