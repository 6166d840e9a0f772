"""What is declared of each topic is what its handler reads and answers, and what the diagrams of the cities
give it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import engine
from orchestrator.domain import assignments as assignment_rules
from orchestrator.domain import cases as case_rules
from orchestrator.domain import list_compilation, retention
from orchestrator.domain.grids import plan_from_form
from orchestrator.domain.jurisdiction import GridRules
from orchestrator.handlers import (
    DECLARED,
    TOPICS,
    appointments,
    item_list,
)
from orchestrator.services import (
    bundles,
    deployments,
    instances,
    jurisdictions,
)
from orchestrator.services.deployments import form_checks, profile_checks
from orchestrator.services.deployments.form_rules import RULES
from orchestrator.services.deployments.profile_checks.variables import (
    ABOUT,
    CIRCUMSTANCES,
)
from orchestrator.services.execution.answers import ANSWERS, MOVES, READ_CLOCK
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.registers import list_changes
from orchestrator.services.simulation import memory_assignments
from orchestrator.services.simulation.memory_services import MemoryServices
from orchestrator.store.instances import HistoryEntry
from tests.handlers.office import CITY, NOW

CITIES = sorted(
    path.parent for path in CITY.parent.glob("*/jurisdiction.toml")
)


class Recorder(dict):
    """Variables of which every name that is asked for is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return default


LEVELS = ("city", "county", "township")
GRID_RULES = GridRules({"general": "网格"}, (), {}, {}, "default")


def _takes(function: Callable[..., Any]) -> int:
    """How many arguments it takes."""
    return len(inspect.signature(function).parameters)


def reads(
    function: Callable[..., Any], done: set[str] | None = None
) -> set[str]:
    """Names that the function, and those that it calls of its own module or of the rules of 交办, look up
    among the variables."""
    done = set() if done is None else done
    if function.__name__ in done:
        return set()
    done.add(function.__name__)
    module = inspect.getmodule(function)
    assert isinstance(module, ModuleType)
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(function))):
        if not isinstance(node, ast.Call):
            continue
        named = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else node.func.id
            if isinstance(node.func, ast.Name)
            else ""
        )
        literal = [
            each.value
            for each in node.args
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if (
            named == "get"
            and ast.unparse(node.func).endswith("variables.get")
            and literal
        ):
            found.add(literal[0])
        if named == "_day":
            found.add(literal[0])
        called = getattr(module, named, None)
        if isinstance(node.func, ast.Name) and inspect.isfunction(called):
            if called.__module__ in (
                module.__name__,
                appointments.__name__,
                assignment_rules.__name__,
                retention.__name__,
                item_list.__name__,
                list_compilation.__name__,
            ):
                found |= reads(called, done)
            elif (
                called is plan_from_form
                or called.__module__ == case_rules.__name__
            ):
                recorder = Recorder()
                called(
                    *(
                        recorder,
                        GRID_RULES if called is plan_from_form else LEVELS,
                    )[: _takes(called)]
                )
                found |= recorder.asked
    return found


def declared_reads(topic: str) -> set[str]:
    known = DECLARED[topic]
    return {each.name for each in (*known.inputs, *known.reads)}


def test_every_topic_is_declared() -> None:
    assert DECLARED.keys() == TOPICS.keys()
    assert all(known.label for known in DECLARED.values())


DETAILS = {
    "why_grids",
    "served",
    "commitment_people",
    "commitment_funds",
    "commitment_goods",
    "advice_and_training",
}
"""item-list.publish looks these up in a loop."""


@pytest.mark.parametrize("topic", TOPICS)
def test_a_handler_reads_what_is_declared_and_nothing_else(topic: str) -> None:
    found = reads(TOPICS[topic])
    if topic in ("case.escalate", "case.assign-down"):
        assert "level" in found
    assert found | (
        DETAILS if topic == "item-list.publish" else set()
    ) == declared_reads(topic)


@pytest.mark.parametrize("topic", [*ANSWERS, *MOVES])
def test_what_a_handler_answers_is_declared(topic: str) -> None:
    variables = {"level": "county"}
    answer = (
        MOVES[topic](variables, LEVELS)
        if topic in MOVES
        else ANSWERS[topic](variables)
    )
    assert set(answer) == {name for name, _label in DECLARED[topic].gives}


def test_what_the_registers_handlers_answer_is_declared(office) -> None:
    office.admit("夜间巡查")
    answered = [
        entry.data
        for entry in office.rows(
            sa.select(HistoryEntry).where(
                HistoryEntry.kind == "external-task-completed"
            )
        )
        if entry.data.get("topic") == "item-list.publish"
    ]
    assert [set(data["result"]) for data in answered] == [
        {name for name, _label in DECLARED["item-list.publish"].gives}
    ]


@pytest.mark.parametrize("city", CITIES, ids=lambda path: path.name)
def test_the_diagrams_of_a_city_give_their_handlers_declared_inputs_and_only_those(
    city,
) -> None:
    resources = jurisdictions.resources(city)
    told = {
        (element.topic, name)
        for key in deployments.process_keys(resources)
        for element in engine.load_definition(resources, key).elements.values()
        for name, _value in element.inputs
        if element.topic
    }
    assert told
    assert {
        (topic, name)
        for topic, name in told
        if name not in {each.name for each in DECLARED[topic].inputs}
    } == set()


ANSWERED_IN_MEMORY = {
    *ANSWERS,
    *MOVES,
    READ_CLOCK,
    *list_changes.TOPICS,
    *memory_assignments.ANSWERS,
    *MemoryServices.OF_ANOTHER,
}
"""Topics that a scenario in memory answers without registers."""


@pytest.mark.parametrize("city", CITIES, ids=lambda path: path.name)
def test_what_a_diagram_reads_of_a_handlers_answer_is_answered_in_memory_too(
    city,
) -> None:
    resources = jurisdictions.resources(city)
    looked_at = 0
    unanswered = set()
    for key in deployments.process_keys(resources):
        definition = engine.load_definition(resources, key)
        drawn = f"{definition.elements} {definition.flows}"
        read = {*re.findall(r"\w+", drawn)} - definition.elements.keys()
        for element in definition.elements.values():
            topic = element.topic
            if topic is None:
                continue
            looked_at += 1
            gives = {name for name, _label in DECLARED[topic].gives}
            if gives & read and topic not in ANSWERED_IN_MEMORY:
                unanswered.add((key, topic, *(gives & read)))
    assert looked_at
    assert unanswered == set()


def test_the_editor_is_offered_what_is_declared() -> None:
    offered = profile_checks.topic_inputs()
    assert offered["filing.record"] == [("to", "向谁备案", True)]
    assert offered["case.archive"] == []
    assert (
        "county"
        in profile_checks.topic_values(jurisdictions.read(CITY).profile)[
            "case.escalate"
        ]["level"]
    )
    assert (
        profile_checks.topic_labels().keys() == offered.keys() == TOPICS.keys()
    )


def test_a_forms_own_rule_gives_what_is_declared_of_it() -> None:
    tables: list[Mapping[str, Callable[..., Any]]] = [
        form_checks.CHECKS,
        form_checks.REGISTER_CHECKS,
        form_checks.KNOWN_CHECKS,
    ]
    rules: Mapping[str, list[Callable[..., Any]]] = {
        key: [table[key] for table in tables if key in table]
        for key in {key for table in tables for key in table}
    }
    given = {
        key: {name for rule in found for name in _returned(rule)}
        for key, found in rules.items()
    }
    assert {key: names for key, names in given.items() if names} == {
        name: {variable for variable, _label in rule.sets}
        for name, rule in RULES.items()
        if rule.sets
    }


def _returned(rule: Callable[..., Any]) -> set[str]:
    """Keys of the tables that the rule returns, or that a rule returns which it hands on to."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(rule))):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            found |= {
                key.value
                for key in node.value.keys
                if isinstance(key, ast.Constant)
            }
        if (
            isinstance(node, ast.Return)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
        ):
            found |= _returned(getattr(form_checks, node.value.func.id))
    return found


def test_every_matter_begins_with_the_circumstances_that_the_checks_know() -> (
    None
):
    bundle = bundles.assemble(jurisdictions.resources(CITY), "item_admission")
    actor = Actor(0, "a", "甲", "b")
    given = instances.circumstances(
        instances.Initiator(actor, "机构", "grid-office"),
        "京口区",
        "321100/321102/",
        NOW,
        bundle,
    )
    assert given.keys() == CIRCUMSTANCES.keys()
    assert instances.about_variables("号", "名", {}).keys() == ABOUT.keys()
