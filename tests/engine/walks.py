"""Walking a diagram: the engine with its state dumped and loaded at every step, the engine in memory, and the
reference, side by side."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import strategies as st

from orchestrator.engine import commands as c
from orchestrator.engine import load_definition
from orchestrator.engine.advance import carry_out, start
from orchestrator.engine.context import CommandContext
from orchestrator.engine.errors import JoinStuck, StepBudgetExceeded
from tests.engine.diagrams import NOW, Play
from tests.engine.reference import Endless, Reference

GIVEN_BY_HANDLERS = {
    "return_count": [0, 1],
    "receivers": [
        [
            {
                "body": "grid-office:321102",
                "name": "京口区网格中心",
                "own": False,
                "grids": [
                    {
                        "code": "1",
                        "name": "第一网格",
                        "bodies": "grid-member:1",
                    }
                ],
            }
        ],
        [
            {
                "body": "grid-office:321111",
                "name": "润州区网格中心",
                "own": True,
                "grids": [
                    {
                        "code": "2",
                        "name": "第二网格",
                        "bodies": "grid-member:2",
                    },
                    {
                        "code": "3",
                        "name": "第三网格",
                        "bodies": "grid-member:3",
                    },
                ],
            },
            {
                "body": "grid-office:321112",
                "name": "丹徒区网格中心",
                "own": False,
                "grids": [
                    {
                        "code": "4",
                        "name": "第四网格",
                        "bodies": "grid-member:4",
                    }
                ],
            },
        ],
    ],
    "resolutions": [
        [{"body": "grid-office:321102", "due_on": "2026-03-30", "what": "一"}],
        [
            {
                "body": "grid-office:321102",
                "due_on": "2026-03-30",
                "what": "一",
            },
            {
                "body": "grid-office:321111",
                "due_on": "2026-04-30",
                "what": "二",
            },
        ],
    ],
    "assignment_due": ["2026-03-30T18:00:00+08:00"],
    "round_due": ["2026-03-30T18:00:00+08:00"],
    "round_ends": ["2026-03-31T00:00:00+08:00"],
    "more_rounds": [False, True],
    "listed_count": [0, 3],
    "to_destroy_count": [0, 3],
}
"""What handlers answer with → values worth trying; no form has it."""
OF_AN_ENTRY = ("receiver", "grid")
"""Names of an entry inside a multi-instance; no form has them either."""

Move = tuple[str, str, Mapping[str, Any]]
"""(complete | answer | fail | fire | message | signal, element id or signal's name, variables that it
brings)."""


class Walker(Play):
    """A process instance as outsiders see it: open tasks, waiting handlers, events that can fire."""

    def __init__(
        self,
        resources: Mapping[str, bytes],
        key: str,
        variables: Mapping[str, Any],
        start_id: str | None = None,
    ) -> None:
        self.definition = load_definition(resources, key)
        self.environment = c.Environment(deadline=lambda _name, start: start)
        self.now, self.effects, self.all = NOW, [], []
        self.do(c.StartProcessInstance(variables, start_id))

    @property
    def external(self) -> dict[str, c.ExternalTaskWanted]:
        found = self._open(
            c.ExternalTaskWanted, "task_id", (c.ExternalTaskCancelled,)
        )
        return {
            each: wanted
            for each, wanted in found.items()
            if each not in self._answered
        }

    @property
    def subscriptions(self) -> dict[str, c.SubscriptionOpened]:
        return self._open(
            c.SubscriptionOpened, "subscription_id", (c.SubscriptionClosed,)
        )

    @property
    def _answered(self) -> set[str]:
        return self.__dict__.setdefault("_answers", set())

    def seen(self) -> tuple[list[str], list[str], list[str], bool]:
        """Open tasks, waiting service tasks, events that can fire, and whether it ended."""
        if self.ended:
            return [], [], [], True
        events = [t.element_id for t in self.timers] + [
            s.element_id for s in self.subscriptions.values()
        ]
        return (
            self.open,
            sorted(e.element_id for e in self.external.values()),
            sorted(events),
            False,
        )

    def moves(self) -> list[tuple[str, str]]:
        """What may happen next, from outside."""
        open_, external, _events, ended = self.seen()
        if ended:
            return []
        found = [("complete", each) for each in set(open_)] + [
            ("answer", each) for each in set(external)
        ]
        found += [("fire", each.element_id) for each in self.timers]
        found += [
            ("message", each.element_id)
            for each in self.subscriptions.values()
            if each.kind in ("message", c.TRIGGER)
        ]
        found += [
            ("signal", each.name)
            for each in self.subscriptions.values()
            if each.kind == "signal"
        ]
        return sorted(set(found))

    def move(self, kind: str, name: str, variables: Mapping[str, Any]) -> None:
        if kind == "complete":
            self.complete(name, **variables)
        elif kind == "fire":
            self.fire(name)
        elif kind == "signal":
            self.do(c.DeliverSignal(name, variables))
        elif kind == "message":
            of_it = (
                s for s in self.subscriptions.values() if s.element_id == name
            )
            found = next(s for s in of_it if s.kind in ("message", c.TRIGGER))
            self.do(
                c.DeliverMessage(found.name, found.subscription_id, variables)
            )
        else:
            found = next(
                e for e in self.external.values() if e.element_id == name
            )
            self._answered.add(found.task_id)
            if kind == "fail":
                self.do(c.ThrowBpmnError(found.task_id, variables["code"]))
            else:
                self.do(c.CompleteExternalTask(found.task_id, variables))


class InMemory(Walker):
    """The same, but the engine's tokens stay in memory: nothing is dumped, nothing finished is forgotten."""

    def do(self, command: c.Command) -> InMemory:
        context = CommandContext(self.now, self.environment)
        if isinstance(command, c.StartProcessInstance):
            self.instance = start(self.definition, command, context)
        context.last_end = self.instance.context.last_end
        self.instance.context = context
        carry_out(self.definition, self.instance, command)
        self.effects = context.effects
        self.all += self.effects
        return self

    @property
    def ended(self) -> bool:
        return self.instance.completed


def domain(resources: Mapping[str, bytes]) -> dict[str, list[Any]]:
    """Variables that the conditions and multi-instances read → values worth trying."""
    return _domain(b"".join(resources.values()).decode())


def _another(value: Any) -> Any:
    """A value of the same kind."""
    return "other" if isinstance(value, str) else -1


@lru_cache(maxsize=256)
def _domain(text: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    listed: dict[str, list[Any]] = {}
    for condition in re.findall(
        r"<(?:bpmn:)?(?:conditionExpression|condition)\b[^>]*>([^<]+)<", text
    ):
        plain = (
            condition.replace("&gt;", ">")
            .replace("&lt;", "<")
            .strip()
            .removeprefix("${")
            .removesuffix("}")
        )
        for node in ast.walk(ast.parse(plain, mode="eval")):
            if (
                isinstance(node, ast.Compare)
                and (name := _asked(node.left))
                and isinstance(node.comparators[0], ast.Constant)
            ):
                value = node.comparators[0].value
                found.setdefault(name, [_another(value)]).append(value)
            elif (
                isinstance(node, ast.Compare)
                and isinstance(node.ops[0], ast.In)
                and isinstance(node.left, ast.Name)
                and isinstance(node.comparators[0], ast.Name)
            ):
                found[node.left.id] = ["甲", "other"]
                listed[node.comparators[0].id] = [[], ["甲"], ["甲", "乙"]]
            elif isinstance(node, ast.Call) and (name := _asked(node)):
                found.setdefault(name, [])
            elif isinstance(node, ast.Name) and node.id not in (
                "len",
                "variable",
                "defined",
                # Constants: no variable has such a name.
                "true",
                "false",
                "null",
            ):
                found.setdefault(node.id, [])
    found |= listed
    for id_, chosen in re.findall(
        r'<adHocSubProcess id="(\w+)"[^>]*><documentation>([^<]+)<', text
    ):
        found[f"{id_}_next"] = ast.literal_eval(chosen)
    for condition in re.findall(
        r"<completionCondition>(\w+)</completionCondition>", text
    ):
        found.setdefault(condition, [True, False])
    for name in re.findall(r'camunda:collection="(?:\$\{)?(\w+)', text):
        found[name] = [[], ["甲"], ["甲", "乙"], ["甲", "乙", "丙"]]
    for name in re.findall(r"loopDataOutputRef>(\w+)<", text):
        if name in found:
            found[name] = [[], ["甲"]]
    votes = re.findall(
        r'name="countersign(Vote|Agree|Refuse)" value="(\w+)"', text
    )
    for (_vote, name), (_agree, consent), (_refuse, refusal) in zip(
        *[iter(votes)] * 3, strict=True
    ):
        found[name] = [consent, refusal, "other"]
    for name in re.findall(r'name="countersignResult" value="(\w+)"', text):
        found.pop(name, None)
    for name, options in GIVEN_BY_HANDLERS.items():
        if re.search(rf"\b{name}\b", text):
            found[name] = options
    found = {
        name: options
        for name, options in found.items()
        if name not in OF_AN_ENTRY
    }
    for name in re.findall(r'"correlationKey" value="\$\{(\w+)\}"', text):
        found.setdefault(name, ["这一件"])
    dated = re.findall(r"timeDate[^>]*>\$\{(\w+)\}(?:T[\d:]+)?<", text)
    days: dict[str, list[Any]] = {
        name: ["2026-03-01", "2026-12-01"]
        for name in (*found, *dated)
        if name.endswith("_on") or name in dated
    }
    if "effective_on" in days:
        days["effective_on"].append(None)
    return {
        name: values or [True, False]
        for name, values in sorted((found | days).items())
    }


def drawn(
    draw: Callable[[Any], Any], choices: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """A value for every variable. Several share a draw: one for each of them takes most of a walk's time."""
    values: dict[str, Any] = {}
    together: list[str] = []
    ways = 1
    for name, options in choices.items():
        if ways * len(options) > EVENLY:
            values |= _combination(
                draw(st.integers(0, ways - 1)), together, choices
            )
            together, ways = [], 1
        together.append(name)
        ways *= len(options)
    return values | _combination(
        draw(st.integers(0, ways - 1)), together, choices
    )


def _asked(node: ast.expr) -> str:
    """The variable that the expression is, by its name or by a function; empty for any other one."""
    if isinstance(node, ast.Name):
        return node.id
    asks = ("variable", "defined")
    if isinstance(node, ast.Call) and ast.unparse(node.func) in asks:
        return str(ast.literal_eval(node.args[0]))
    return ""


EVENLY = 2**20
"""Hypothesis prefers the small numbers of a range that is much longer."""


def _combination(
    number: int, names: list[str], choices: Mapping[str, list[Any]]
) -> dict[str, Any]:
    values = {}
    for name in names:
        number, place = divmod(number, len(choices[name]))
        values[name] = choices[name][place]
    return values


def starts_of(resources: Mapping[str, bytes], key: str) -> list[str | None]:
    """Where an instance may begin; None for the plain start."""
    definition = load_definition(resources, key)
    plain: list[str | None] = (
        [None] if definition.plain_start is not None else []
    )
    return [*plain, *(each.id for each in definition.triggered_starts)]


def walk(
    resources: Mapping[str, bytes],
    key: str,
    draw: Callable[[Any], Any],
    steps: int = 25,
    codes: tuple[str, ...] = (),
) -> None:
    """A random walk on which the engine agrees with the reference at every step; then the same walk in
    memory."""
    choices = domain(resources)

    def values() -> dict[str, Any]:
        return drawn(draw, choices)

    before = values()
    begins = draw(st.sampled_from(starts_of(resources, key)))
    try:
        reference = Reference(list(resources.values()), key, before, begins)
    except Endless:
        with pytest.raises(StepBudgetExceeded):
            Walker(resources, key, before, begins)
        return
    try:
        play = Walker(resources, key, before, begins)
    except JoinStuck:
        assert reference.is_stuck()
        return
    told, moves = [play.seen()], []
    for _step in range(steps):
        assert play.seen() == (
            reference.open(),
            reference.external(),
            reference.waits(),
            reference.ended,
        )
        possible = play.moves()
        if codes:
            possible += [
                ("fail", each) for kind, each in possible if kind == "answer"
            ]
        if not possible:
            break
        kind, name = draw(st.sampled_from(possible))
        brought = (
            {}
            if kind == "fire"
            else {"code": draw(st.sampled_from(codes))}
            if kind == "fail"
            else values()
        )
        stuck = False
        try:
            play.move(kind, name, brought)
        except JoinStuck:
            stuck = True
        except StepBudgetExceeded:
            with pytest.raises((Endless, RecursionError)):
                _moved(reference, kind, name, brought)
            return
        _moved(reference, kind, name, brought)
        if stuck:
            assert reference.is_stuck()
            return
        moves.append((kind, name, brought))
        told.append(play.seen())
    again = InMemory(resources, key, before, begins)
    for (kind, name, brought), seen in zip(moves, told[1:], strict=True):
        again.move(kind, name, brought)
        assert again.seen() == seen


def _moved(
    reference: Reference, kind: str, name: str, brought: Mapping[str, Any]
) -> None:
    if kind == "fail":
        reference.fail(name, brought["code"])
    elif kind == "signal":
        reference.signal(name, brought)
    elif kind in ("complete", "answer"):
        reference.complete(name, brought)
    else:
        reference.fire(name, "timer" if kind == "fire" else "message", brought)
