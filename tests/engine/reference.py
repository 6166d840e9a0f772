"""A small model of BPMN's token rules (BPMN 2.0.2, chapter 13), written without a look at the engine: it
reads the XML itself and moves tokens.

It knows user, external, receive, call and pass-through activities, parallel and sequential multi-instance,
embedded and event subprocesses, exclusive, parallel, inclusive and event-based gateways, timer, message,
signal, error, escalation, link and terminate events, compensation and transactions that are cancelled, ad-hoc
subprocesses. What it says is open is compared with the engine after every step of a walk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from lxml import etree

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
WAITS = ("timer", "message", "signal")
LAST = {"compensate": 1, "error": 2, "terminate": 2, "cancel": 2}
"""Kinds that come after the others where one element throws several."""
PASSES = (
    "task",
    "manualTask",
    "scriptTask",
    "businessRuleTask",
    "sendTask",
    "startEvent",
    "intermediateThrowEvent",
)


MOST_ROUNDS = 1_000
"""Of what happens by itself behind one move."""


class Endless(Exception):
    """The process goes on by itself and never waits."""


@dataclass(frozen=True)
class Votes:
    """How several decide together: `all`, `any`, `in-turn`, `ratio` or `veto`."""

    way: str
    vote: str
    agree: str
    refuse: str
    result: str
    percent: int

    def passed(self, given: list[Any], total: int) -> bool:
        agreed = given.count(self.agree)
        least = {
            "any": 1,
            "ratio": -(-total * self.percent // 100),
            "veto": 0,
        }.get(self.way, total)
        refused = self.way == "veto" and self.refuse in given
        return bool(total) and agreed >= least and not refused

    def certain(self, given: list[Any], total: int) -> bool:
        """Whether nobody else is asked any more."""
        if self.way in ("in-turn", "veto"):
            return self.refuse in given
        if self.way == "any":
            return self.agree in given
        if self.way == "ratio":
            left = total - len(given)
            could = [*given, *[self.agree] * left]
            return self.passed(given, total) or not self.passed(could, total)
        return False


@dataclass(frozen=True)
class Node:
    id: str
    kind: str
    """BPMN tag, `race` for an event-based gateway."""
    event: tuple[str, str | None] | None = None
    """(timer | message | signal | error | escalation | terminate | link, name or code)."""
    default: str | None = None
    attached: str | None = None
    interrupting: bool = True
    inner: str | None = None
    """Scope that an activity opens: its own, or the called process's."""
    events: tuple[tuple[str, str | None], ...] = ()
    """All that it waits for or throws; `event` is the first of them."""
    parallel: bool = False
    """Whether all of them must come."""
    many: tuple[str, bool] | None = None
    """(expression of the number or the collection, sequential)."""
    item: str | None = None
    """What each of the many calls its entry of the collection."""
    collects: tuple[str, str] | None = None
    """(collection, variable of each of the many that goes into it), as SpiffWorkflow fills it: empty when the
    activity begins, one longer with each that is done."""
    results: dict[str, str] | None = None
    """Variable → expression over what was brought: no more than these leave the activity."""
    watches: str = ""
    """The one variable whose changes a conditional event looks at; empty for all of them."""
    votes: Votes | None = None
    """(variable, value that means consent, variable that says whether all consented)."""


@dataclass
class Scope:
    """A process or subprocess of the diagram."""

    id: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    """(id, source, target, condition)."""
    handlers: dict[str, str] = field(default_factory=dict)
    """Activity → the handler that undoes it."""
    ad_hoc: tuple[bool, str, bool] | None = None
    """(one at a time, condition, whether the rest is taken away) of an ad-hoc subprocess."""
    undone_by: str | None = None
    """Its event subprocess for compensation."""
    triggers: list[tuple[Node, str]] = field(default_factory=list)
    """(start event, scope) of its event subprocesses."""

    def out(self, node_id: str) -> list[tuple[str, str, str | None]]:
        return [
            (flow, target, condition)
            for flow, source, target, condition in self.flows
            if source == node_id
        ]

    def into(self, node_id: str) -> set[str]:
        return {
            flow
            for flow, _source, target, _condition in self.flows
            if target == node_id
        }

    def boundaries(self, node_id: str) -> list[Node]:
        return [
            node for node in self.nodes.values() if node.attached == node_id
        ]


@dataclass(eq=False)
class Activity:
    """A token that stays somewhere: at work, at an event, or around an inner scope."""

    node: Node
    number: int
    left: int = 1
    """Instances that run."""
    pending: int = 0
    """Instances that begin one after the other."""
    items: list[Any] = field(default_factory=list)
    """Entries of the collection whose instances have not begun."""
    given: list[Any] = field(default_factory=list)
    """What those who decide together have said."""
    collected: list[Any] = field(default_factory=list)
    """What those that are done have left in the collection."""
    armed: set[str] = field(default_factory=set)
    """Boundary events that can still fire; for a race, the events that run it."""
    came: dict[str, set[int]] = field(default_factory=dict)
    """Of the events that it waits for: which of their triggers have come."""
    made: list[Done] = field(default_factory=list)
    """Instances that are done and can be undone."""
    undoing: list[tuple[Running, Done]] = field(default_factory=list)
    """What it still has to have undone, the next one last."""
    conductor: tuple[Running, Activity] | None = None
    """Whoever has it undone."""


@dataclass(eq=False)
class Running:
    """An instance of a scope."""

    scope: Scope
    host: tuple[Running, Activity] | None
    own: dict[str, Any] = field(default_factory=dict)
    """Variables that are seen here alone: the entry of the collection."""
    activities: list[Activity] = field(default_factory=list)
    joins: Counter[tuple[str, str]] = field(default_factory=Counter)
    made: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """Numbers of the tokens that wait at joins, in the order in which they
    were put on their flows."""
    children: list[Running] = field(default_factory=list)
    armed: set[str] = field(default_factory=set)
    """Start events of event subprocesses that can still fire."""
    came: dict[str, set[int]] = field(default_factory=dict)
    """Of those: which of their triggers have come."""
    over: bool = False
    rounds: int = 0
    """How often an event subprocess has taken over, or an end has terminated it: what was on its way is
    gone."""
    closed: bool = False
    """Nothing more is chosen in an ad-hoc subprocess."""
    done: list[Done] = field(default_factory=list)
    """What was completed here and can be undone, in that order."""


def begins(running: Running) -> set[tuple[str, str]]:
    """(start event, event subprocess) of the scope."""
    return {(start.id, scope) for start, scope in running.scope.triggers}


Done = tuple[str, "list[Done] | None"]
"""(activity, what was completed inside it)."""


class Reference:
    def __init__(
        self,
        documents: list[bytes],
        key: str,
        variables: Mapping[str, Any],
        start: str | None = None,
    ) -> None:
        self.scopes: dict[str, Scope] = {}
        for document in documents:
            _read(etree.fromstring(document), self.scopes)
        self.variables = dict(variables)
        self._numbers = count()
        self._tokens = count()
        self._asked: dict[Any, dict[str, Any]] = {}
        """Conditional event that waits → the variables when it was looked at last."""
        self._moment = count()
        self._since: dict[Any, int] = {}
        """Event that waits → since which moment."""
        self.root = Running(self.scopes[key], None)
        self._begin(self.root, start)
        self._settle()

    # ---- what
    # is open

    @property
    def ended(self) -> bool:
        return self.root.over

    def is_stuck(self) -> bool:
        """Whether joins wait for branches that nothing can bring any more."""
        return (
            not self.ended
            and not self.open()
            and not self.external()
            and not list(self._events())
        )

    def open(self) -> list[str]:
        """Ids of the open user tasks, one for each instance, sorted."""
        return sorted(
            a.node.id
            for _r, a in self._work("userTask")
            for _ in range(a.left)
        )

    def external(self) -> list[str]:
        """Ids of the service tasks that wait for their handlers, sorted."""
        return sorted(
            a.node.id
            for _r, a in self._work("serviceTask")
            for _ in range(a.left)
        )

    def waits(self) -> list[str]:
        """Ids of the timer, message and signal events that can fire, one for each trigger, sorted."""
        return sorted(
            node_id
            for r, _a, node_id, n in self._events()
            if self._said(r, node_id)[n][0] in WAITS
        )

    # ---- what
    # happens

    def complete(self, node_id: str, brought: Mapping[str, Any]) -> None:
        """A user task, or a service task's handler, is done."""
        running, activity = min(
            (
                (r, a)
                for kind in ("userTask", "serviceTask")
                for r, a in self._work(kind)
                if a.node.id == node_id
            ),
            key=lambda each: each[1].number,
        )
        results = activity.node.results
        if results is not None:
            given = [
                name
                for name, said in results.items()
                if name != said or name in brought
            ]
            expressions, results = results, {}
            for name in given:
                results[name] = self._value(
                    running, expressions[name], {**brought, **results}
                )
        self._kept(running).update(brought if results is None else results)
        self._done(running, activity, given=brought)
        self._settle()

    def fail(self, node_id: str, code: str) -> None:
        """A service task's handler reports a business error."""
        running, activity = next(
            (r, a)
            for r, a in self._work("serviceTask")
            if a.node.id == node_id
        )
        assert self._throw(running, activity, "error", code) is not None
        self._settle()

    def fire(
        self,
        node_id: str,
        kind: str,
        brought: Mapping[str, Any] | None = None,
    ) -> None:
        """A timer or message event happens; what it brings is kept where it is caught.

        Of several instances of one event the one that waits longest has it."""
        waiting = (each for each in self._events() if each[2] == node_id)
        found = (
            each
            for each in waiting
            if self._said(each[0], node_id)[each[3]][0] == kind
        )
        caught = min(
            found,
            key=lambda event: (
                self._since[event],
                event[1].number if event[1] else 0,
            ),
        )
        self._kept(caught[0]).update(brought or {})
        self._comes(*caught)
        self._settle()

    def signal(
        self, name: str, brought: Mapping[str, Any] | None = None
    ) -> None:
        """It comes from outside."""
        self._hear(name, brought)
        self._settle()

    def _hear(
        self, name: str | None, brought: Mapping[str, Any] | None = None
    ) -> None:
        """Everything that waits for the signal hears it, the outer scopes first, and keeps what it brings."""
        for running, activity, node_id, number in list(self._events()):
            heard = self._said(running, node_id)[number] == ("signal", name)
            if heard and self._still(running, activity, node_id):
                self._kept(running).update(brought or {})
                self._comes(running, activity, node_id, number)

    # ----
    # reading

    def _all(self) -> list[Running]:
        found, pending = [], [self.root]
        while pending:
            found.append(pending.pop(0))
            pending += found[-1].children
        return found

    def _work(self, kind: str) -> Iterator[tuple[Running, Activity]]:
        return (
            (r, a)
            for r in self._all()
            for a in r.activities
            if a.node.kind == kind
        )

    def _events(self) -> Iterator[tuple[Running, Activity | None, str, int]]:
        for running in self._all():
            for activity in running.activities:
                if activity.node.kind in (
                    "intermediateCatchEvent",
                    "receiveTask",
                ):
                    for _instance in range(activity.left):
                        yield from self._awaited(
                            running, activity, activity.node.id
                        )
                for node_id in activity.armed:
                    yield from self._awaited(running, activity, node_id)
            for node_id in running.armed:
                yield from self._awaited(running, None, node_id)

    def _awaited(
        self, running: Running, activity: Activity | None, node_id: str
    ) -> list[tuple[Running, Activity | None, str, int]]:
        came = (activity or running).came.get(node_id, set())
        numbers = range(len(self._said(running, node_id)))
        return [
            (running, activity, node_id, number)
            for number in numbers
            if number not in came
        ]

    def _named(self, running: Running, node_id: str) -> Node:
        starts = (
            start
            for start, _scope in running.scope.triggers
            if start.id == node_id
        )
        return next(starts, None) or running.scope.nodes[node_id]

    def _said(
        self, running: Running, node_id: str
    ) -> tuple[tuple[str, str | None], ...]:
        """What the event waits for."""
        return self._named(running, node_id).events or (("message", None),)

    def _comes(
        self,
        running: Running,
        activity: Activity | None,
        node_id: str,
        number: int,
    ) -> None:
        """One trigger of the event has come."""
        self._since.pop((running, activity, node_id, number), None)
        node, said = (
            self._named(running, node_id),
            self._said(running, node_id),
        )
        came = (activity or running).came.setdefault(node_id, set())
        came.add(number)
        if node.parallel and len(came) < len(said):
            return
        once = {each for each in came if said[each][0] == "timer"}
        came.clear()
        if not node.interrupting:
            if node.parallel:
                self._listens_again(running, activity, node_id)
            came |= once
            if once and node.parallel:
                (activity or running).armed.discard(node_id)
        self._fire(running, activity, node_id)

    def _listens_again(
        self, running: Running, activity: Activity | None, node_id: str
    ) -> None:
        """All of its triggers have come: of its conditions only changes from now on count."""
        watched = self._named(running, node_id).watches
        seen = self._seen(running)
        if watched:
            seen = {watched: seen.get(watched)}
        for number, (kind, _said) in enumerate(self._said(running, node_id)):
            if kind == "conditional":
                self._asked[running, activity, node_id, number] = seen

    def _still(
        self, running: Running, activity: Activity | None, node_id: str
    ) -> bool:
        if running not in self._all():
            return False
        if activity is None:
            return node_id in running.armed
        return activity in running.activities and (
            node_id == activity.node.id or node_id in activity.armed
        )

    # ---- moving

    def _begin(self, running: Running, start: str | None = None) -> None:
        running.armed = {start.id for start, _scope in running.scope.triggers}
        if running.host is not None:
            running.host[0].children.append(running)
        if running.scope.ad_hoc:
            self._offer(running)
            return
        starts = [
            node
            for node in running.scope.nodes.values()
            if node.kind == "startEvent"
        ]
        plain = [node for node in starts if not node.event] or starts
        self._leave(running, start or plain[0].id)

    def _offer(self, running: Running) -> None:
        running.activities.append(
            Activity(Node(running.scope.id, "userTask"), next(self._numbers))
        )

    def _choose(self, running: Running, choice: Activity) -> None:
        assert running.scope.ad_hoc
        chosen = self._value(running, f"{running.scope.id}_next")
        running.activities.remove(choice)
        running.closed = not chosen
        for each in chosen:
            if not running.closed:
                self._enter(running, each, "", next(self._tokens))
        if chosen and not running.closed and not running.scope.ad_hoc[0]:
            self._offer(running)

    def _ends_ad_hoc(self, running: Running) -> bool:
        """An activity inside is completed; whether nothing may follow it."""
        _one, condition, cancels = running.scope.ad_hoc or (False, "", False)
        if not condition or not self._value(running, condition):
            return False
        running.closed = True
        running.activities = [
            a for a in running.activities if a.node.id != running.scope.id
        ]
        if cancels:
            running.activities, running.children, running.joins = (
                [],
                [],
                Counter(),
            )
        return cancels

    def _kept(self, running: Running) -> dict[str, Any]:
        """Where a variable goes that is set there: of instances side by side, each has its own."""
        while running.host:
            many = running.host[1].node.many
            if many and not many[1]:
                return running.own
            running = running.host[0]
        return self.variables

    def _seen(self, running: Running) -> dict[str, Any]:
        """The variables as they are seen there."""
        seen, around = dict(running.own), running.host
        while around:
            seen, around = {**around[0].own, **seen}, around[0].host
        return {**self.variables, **seen}

    def _value(
        self,
        running: Running,
        expression: str,
        inner: Mapping[str, Any] | None = None,
    ) -> Any:
        """With the variables as they are seen there."""
        seen = {**self._seen(running), **(inner or {})}
        return eval(
            expression,
            {
                "variable": lambda name, otherwise: seen.get(name, otherwise),
                "defined": lambda name: name in seen,
                "true": True,
                "false": False,
                "null": None,
            },
            {name: _dotted(each) for name, each in seen.items()},
        )

    def _inside(self, running: Running, activity: Activity) -> None:
        """An instance of the activity opens its scope; a call may compute which."""
        inner = activity.node.inner or ""
        scope = self.scopes[
            str(self._value(running, inner[2:-1]))
            if inner.startswith("${")
            else inner
        ]
        own = (
            {activity.node.item: activity.items.pop(0)}
            if activity.node.item
            else {}
        )
        self._begin(Running(scope, (running, activity), own))

    def _enter(
        self, running: Running, node_id: str, flow: str, token: int
    ) -> None:
        node = running.scope.nodes[node_id]
        if (
            node.kind in PASSES
            and not (node.event and node.kind != "startEvent")
        ) or node.kind in ("exclusiveGateway",):
            if node.kind.lower().endswith("task") and self._ends_ad_hoc(
                running
            ):
                return
            self._leave(running, node_id)
        elif node.kind in ("parallelGateway", "inclusiveGateway"):
            if not running.joins[(node_id, flow)]:
                running.made[(node_id, flow)] = []
            running.joins[(node_id, flow)] += 1
            running.made[(node_id, flow)].append(token)
        elif node.kind in ("endEvent", "intermediateThrowEvent", "sendTask"):
            self._act(running, node)
        else:
            self._stay(running, node)

    def _stay(
        self,
        running: Running,
        node: Node,
        conductor: tuple[Running, Activity] | None = None,
    ) -> None:
        armed = {
            each.id
            for each in running.scope.boundaries(node.id)
            if each.event and each.event[0] != "compensate"
        }
        if node.kind == "race":
            armed = {
                target
                for _flow, target, _condition in running.scope.out(node.id)
            }
        items, sequential = [None], False
        if node.many:
            found = self._value(running, node.many[0])
            items, sequential = (
                list(range(found) if isinstance(found, int) else found),
                node.many[1],
            )
        if node.collects:
            self._kept(running)[node.collects[0]] = []
        total = len(items)
        begun = 1 if sequential else total
        activity = Activity(
            node,
            next(self._numbers),
            begun,
            total - begun,
            items,
            armed=armed,
            conductor=conductor,
        )
        if total == 0:
            self._decide(running, activity)
            self._leave(running, node.id)
            return
        running.activities.append(activity)
        for _ in range(begun if node.inner else 0):
            if activity in running.activities:
                self._inside(running, activity)

    def _decide(self, running: Running, activity: Activity) -> None:
        """What came of it, where several decide together."""
        if votes := activity.node.votes:
            self._kept(running)[votes.result] = votes.passed(
                activity.given, len(activity.items)
            )

    def _act(self, running: Running, node: Node) -> None:
        """Throws each of the element's events, what ends or waits last; then its token goes on, if it still
        may."""
        rounds, stays = running.rounds, True
        for event in sorted(
            node.events, key=lambda each: LAST.get(each[0], 0)
        ):
            stays = self._thrown(running, replace(node, event=event)) and stays
        if (
            node.kind != "endEvent"
            and stays
            and running.rounds == rounds
            and running in self._all()
        ):
            self._leave(running, node.id)

    def _thrown(self, running: Running, node: Node) -> bool:
        """Throws the node's event; whether its token goes on by itself."""
        kind, name = node.event or ("none", None)
        if kind == "signal":
            self._hear(name)
        elif kind == "terminate":
            running.activities, running.children, running.joins = (
                [],
                [],
                Counter(),
            )
            running.armed = set()
            running.rounds += 1
            self._drop_handlers()
        elif kind in ("compensate", "cancel"):
            self._compensate(running, node)
            return False
        elif kind == "link":
            catches = (
                n
                for n in running.scope.nodes.values()
                if n.event == node.event and n.id != node.id
            )
            self._leave(running, next(catches).id)
            return False
        elif kind in ("error", "escalation"):
            caught = self._throw(running, None, kind, name)
            return caught is None or (
                kind != "error" and not caught.interrupting
            )
        return True

    def _compensate(self, running: Running, node: Node) -> None:
        kind, name = node.event or ("", None)
        if kind == "cancel":
            (
                running.activities,
                running.children,
                running.joins,
                running.armed,
            ) = (
                [],
                [],
                Counter(),
                set(),
            )
        homes = [running]
        while (
            homes[-1].host
            and homes[-1].host[1].node.id not in homes[-1].host[0].scope.nodes
        ):
            homes.append(homes[-1].host[0])
        conductor = Activity(node, next(self._numbers))
        for home in reversed(homes):
            conductor.undoing += [
                (home, each) for each in home.done if name in (None, each[0])
            ]
            home.done = [
                each for each in home.done if name not in (None, each[0])
            ]
        running.activities.append(conductor)
        self._next(running, conductor)

    def _next(self, running: Running, conductor: Activity) -> None:
        while conductor.undoing:
            home, (activity_id, inner) = conductor.undoing.pop()
            handler = home.scope.handlers.get(activity_id)
            if handler is None:
                self._reopen(
                    home, activity_id, inner or [], (running, conductor)
                )
                return
            node = home.scope.nodes[handler]
            if node.kind not in PASSES:
                self._stay(home, node, (running, conductor))
                return
        if conductor.node.kind in ("endEvent", "intermediateThrowEvent"):
            running.activities.remove(conductor)
            if conductor.node.event and conductor.node.event[0] == "cancel":
                assert running.host
                outer, transaction = running.host
                borders = outer.scope.boundaries(transaction.node.id)
                self._fire(
                    outer,
                    transaction,
                    next(
                        n.id
                        for n in borders
                        if n.event and n.event[0] == "cancel"
                    ),
                )
            elif conductor.node.kind != "endEvent":
                self._leave(running, conductor.node.id)

    def _reopen(
        self,
        home: Running,
        activity_id: str,
        inner: list[Done],
        conductor: tuple[Running, Activity],
    ) -> None:
        known = home.scope.nodes.get(activity_id)
        activity = Activity(
            Node(
                activity_id,
                "subProcess",
                inner=activity_id,
                # What is set in one of several side by side stays there, also while it is undone.
                many=known.many if known else None,
            ),
            next(self._numbers),
            conductor=conductor,
        )
        home.activities.append(activity)
        inside = Running(
            self.scopes[activity_id], (home, activity), done=inner
        )
        home.children.append(inside)
        by = inside.scope.undone_by
        if by:
            host = Activity(
                Node(by, "subProcess", inner=by), next(self._numbers)
            )
            inside.activities.append(host)
            self._begin(Running(self.scopes[by], (inside, host)))
        else:
            activity.undoing = [(inside, each) for each in inner]
            inside.done = []
            self._next(inside, activity)

    def _drop_handlers(self) -> None:
        """Handlers go with whoever has them run."""
        alive = {id(a) for r in self._all() for a in r.activities}
        for running in self._all():
            gone = [
                a
                for a in running.activities
                if a.conductor and id(a.conductor[1]) not in alive
            ]
            running.activities = [
                a for a in running.activities if a not in gone
            ]
            running.children = [
                child
                for child in running.children
                if not child.host or child.host[1] not in gone
            ]

    def _done(
        self,
        running: Running,
        activity: Activity,
        inner: list[Done] | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        if activity.node.id == running.scope.id:
            self._choose(running, activity)
            return
        activity.left -= 1
        if activity.node.collects:
            collection, name = activity.node.collects
            activity.collected.append((given or {}).get(name))
            self._kept(running)[collection] = list(activity.collected)
        if votes := activity.node.votes:
            activity.given.append((given or {}).get(votes.vote))
            if votes.certain(activity.given, len(activity.items)):
                activity.left = activity.pending = 0
        if activity.node.id in running.scope.handlers or inner is not None:
            activity.made.append((activity.node.id, inner))
        if activity.pending:
            activity.pending -= 1
            activity.left += 1
            if activity.node.inner:
                self._inside(running, activity)
            else:
                activity.number = next(self._numbers)
        elif not activity.left:
            self._decide(running, activity)
            running.activities.remove(activity)
            if activity.conductor:
                self._next(*activity.conductor)
                return
            running.done += activity.made
            if not self._ends_ad_hoc(running):
                self._leave(running, activity.node.id)

    def _leave(self, running: Running, node_id: str) -> None:
        node, flows = running.scope.nodes[node_id], running.scope.out(node_id)
        choosing = len(flows) > 1 and node.default in [f[0] for f in flows]
        if (
            choosing
            or any(f[2] for f in flows)
            or node.kind in ("exclusiveGateway", "inclusiveGateway")
        ):
            true = [
                f
                for f in flows
                if f[0] != node.default
                and (f[2] is None or self._value(running, f[2]))
            ]
            true = true or [f for f in flows if f[0] == node.default]
            flows = true[:1] if node.kind == "exclusiveGateway" else true
        rounds = running.rounds
        # All are put on their flows before the first goes on.
        tokens = [(next(self._tokens), *flow) for flow in flows]
        for token, flow, target, _condition in tokens:
            if running in self._all() and running.rounds == rounds:
                self._enter(running, target, flow, token)

    def _fire(
        self, running: Running, activity: Activity | None, node_id: str
    ) -> None:
        if activity is None:
            self._trigger(running, node_id)
            return
        if activity.node.id == node_id and activity.node.many:
            self._done(running, activity)
            return
        if activity.node.kind == "race" or activity.node.id == node_id:
            running.activities.remove(activity)
            self._leave(running, node_id)
            return
        boundary = running.scope.nodes[node_id]
        if boundary.interrupting:
            running.activities.remove(activity)
            running.children = [
                child
                for child in running.children
                if child.host and child.host[1] is not activity
            ]
        self._leave(running, node_id)

    def _trigger(self, running: Running, start_id: str) -> None:
        start, scope_id = next(
            each for each in running.scope.triggers if each[0].id == start_id
        )
        if start.interrupting or any(
            kind == "error" for kind, _name in start.events
        ):
            (
                running.activities,
                running.children,
                running.joins,
                running.armed,
            ) = (
                [],
                [],
                Counter(),
                set(),
            )
            running.rounds += 1
        activity = Activity(
            Node(scope_id, "subProcess", inner=scope_id), next(self._numbers)
        )
        running.activities.append(activity)
        self._begin(Running(self.scopes[scope_id], (running, activity)))

    def _throw(
        self,
        running: Running,
        activity: Activity | None,
        kind: str,
        code: str | None,
    ) -> Node | None:
        """Gives it to the nearest element that catches it, and returns that; None when there is none."""
        while True:
            for wanted in (code, None):
                for node_id in sorted(activity.armed) if activity else ():
                    if (kind, wanted) in self._said(running, node_id):
                        number = self._said(running, node_id).index(
                            (kind, wanted)
                        )
                        self._comes(running, activity, node_id, number)
                        return running.scope.nodes[node_id]
            for wanted in (code, None):
                own = activity.node.id if activity else None
                for node_id in sorted(running.armed):
                    if own and (node_id, own) in begins(running):
                        continue
                    if (kind, wanted) in self._said(running, node_id):
                        self._trigger(running, node_id)
                        return next(
                            start
                            for start, _scope in running.scope.triggers
                            if start.id == node_id
                        )
            if running.host is None:
                return None
            running, activity = running.host

    def _end(self, running: Running) -> None:
        running.activities, running.children, running.joins, running.armed = (
            [],
            [],
            Counter(),
            set(),
        )
        running.over = True

    # ----
    # settling

    def _settle(self) -> None:
        rounds = 0
        while not self.root.over and (
            self._ask()
            or self._fire_parallel()
            or self._end_scopes()
            or self._fire_inclusive()
        ):
            rounds += 1
            if rounds > MOST_ROUNDS:
                raise Endless
        moment = next(self._moment)
        self._since = {
            event: self._since.get(event, moment) for event in self._events()
        }

    def _ask(self) -> bool:
        """A conditional event happens that begins to wait, or sees a variable change, and whose condition is
        true."""
        for running, activity, node_id, number in list(self._events()):
            kind, condition = self._said(running, node_id)[number]
            key = (running, activity, node_id, number)
            if kind != "conditional":
                continue
            seen = self._seen(running)
            if watched := self._named(running, node_id).watches:
                seen = {watched: seen.get(watched)}
            if self._asked.get(key) == seen:
                continue
            self._asked[key] = seen
            if self._value(running, condition or "False"):
                self._comes(running, activity, node_id, number)
                return True
        return False

    def _waiting(self, running: Running, kind: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for (node_id, flow), number in running.joins.items():
            if number > 0 and running.scope.nodes[node_id].kind == kind:
                found.setdefault(node_id, set()).add(flow)
        return found

    def _consume(
        self, running: Running, node_id: str, flows: set[str]
    ) -> None:
        for flow in flows:
            running.joins[(node_id, flow)] -= 1
            running.made[(node_id, flow)].pop(0)
        self._leave(running, node_id)

    def _fire_parallel(self) -> bool:
        for running in self._all():
            for node_id, flows in self._waiting(
                running, "parallelGateway"
            ).items():
                if flows >= running.scope.into(node_id):
                    self._consume(running, node_id, flows)
                    return True
        return False

    def _fire_inclusive(self) -> bool:
        for running in self._all():
            waiting = self._waiting(running, "inclusiveGateway")
            # BPMN leaves open which of several goes first: here the one that
            # the oldest token waits for.
            for node_id, filled in sorted(
                waiting.items(),
                key=lambda entry: min(
                    running.made[(entry[0], flow)][0] for flow in entry[1]
                ),
            ):
                empty = running.scope.into(node_id) - filled
                others = [
                    a.node.id
                    for a in running.activities
                    if a.node.id in running.scope.nodes
                ]
                others += [b for a in running.activities for b in a.armed]
                others += [
                    n
                    for (n, _f), number in running.joins.items()
                    if number > 0 and n != node_id
                ]
                reaches = [
                    _reach(running.scope, other, node_id) for other in others
                ]
                if not any(
                    reach & empty and not reach & filled for reach in reaches
                ):
                    self._consume(running, node_id, filled)
                    return True
        return False

    def _end_scopes(self) -> bool:
        for running in reversed(self._all()):
            if (
                not running.activities
                and not running.children
                and not +running.joins
            ):
                if (
                    running.scope.ad_hoc
                    and running.scope.ad_hoc[0]
                    and not running.closed
                ):
                    self._offer(running)
                    return True
                self._end(running)
                if running.host is not None:
                    parent, activity = running.host
                    parent.children.remove(running)
                    called = activity.node.kind == "callActivity"
                    inner = (
                        running.done
                        if not called
                        and (running.done or running.scope.undone_by)
                        else None
                    )
                    if activity.node.id in parent.scope.nodes:
                        self._done(parent, activity, inner)
                    else:
                        parent.activities.remove(activity)
                        if activity.conductor:
                            self._next(*activity.conductor)
                        elif inner:
                            parent.done.append((activity.node.id, inner))
                return True
        return False


def _reach(scope: Scope, start: str, without: str) -> set[str]:
    found: set[str] = set()
    pending, seen = [start], {start}
    while pending:
        node_id = pending.pop()
        following = (
            []
            if node_id == start
            else [boundary.id for boundary in scope.boundaries(node_id)]
        )
        for flow, target, _condition in scope.out(node_id):
            found.add(flow)
            following += [target] if target != without else []
        pending += [each for each in following if each not in seen]
        seen.update(following)
    return found


class _Entry(dict):
    """A group of values, as an expression reads it: `receiver.own`."""

    def __getattr__(self, name: str) -> Any:
        return _dotted(self[name])


def _dotted(value: Any) -> Any:
    if isinstance(value, list):
        return [_dotted(each) for each in value]
    return _Entry(value) if isinstance(value, dict) else value


# ---- the XML


def _tag(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _read(root: Any, scopes: dict[str, Scope]) -> None:
    names = {
        n.get("id"): n.get("name")
        or n.get("errorCode")
        or n.get("escalationCode")
        for n in root
        if isinstance(n.tag, str)
    }
    names |= {
        n.get("id"): n.get("errorCode") for n in root if _tag(n) == "error"
    }
    names |= {
        n.get("id"): n.get("escalationCode")
        for n in root
        if _tag(n) == "escalation"
    }
    for process in root:
        if _tag(process) == "process":
            _read_scope(process, process.get("id"), scopes, names)


def _read_scope(
    xml: Any, scope_id: str, scopes: dict[str, Scope], names: Mapping[str, Any]
) -> None:
    scope = scopes[scope_id] = Scope(scope_id)
    for child in xml:
        tag, node_id = _tag(child), child.get("id")
        if tag == "receiveTask" and _is_of_people(child):
            tag = "userTask"
        if tag == "sequenceFlow":
            condition = next(
                (c.text for c in child if _tag(c) == "conditionExpression"),
                None,
            )
            plain = (
                condition.strip().removeprefix("${").removesuffix("}")
                if condition
                else None
            )
            scope.flows.append(
                (
                    node_id,
                    child.get("sourceRef"),
                    child.get("targetRef"),
                    plain,
                )
            )
        elif tag in ("subProcess", "transaction", "adHocSubProcess"):
            _read_scope(child, node_id, scopes, names)
            if tag == "adHocSubProcess":
                condition = next(
                    (
                        c.text.strip()
                        for c in child
                        if _tag(c) == "completionCondition"
                    ),
                    "",
                )
                one, cancels = (
                    child.get("ordering") == "Sequential",
                    child.get("cancelRemainingInstances") != "false",
                )
                scopes[node_id].ad_hoc = one, condition, cancels
            if child.get("triggeredByEvent") == "true":
                start = next(
                    n
                    for n in scopes[node_id].nodes.values()
                    if n.kind == "startEvent"
                )
                if start.event and start.event[0] == "compensate":
                    scope.undone_by = node_id
                    continue
                scope.triggers.append((start, node_id))
                continue
        if tag.endswith(
            ("Task", "Event", "Gateway", "Process", "Activity")
        ) or tag in (
            "task",
            "transaction",
        ):
            inner = tag in ("transaction", "adHocSubProcess")
            scope.nodes[node_id] = _node(
                child, "subProcess" if inner else tag, names
            )
    for line in xml:
        if (
            _tag(line) == "association"
            and line.get("sourceRef") in scope.nodes
        ):
            scope.handlers[
                scope.nodes[line.get("sourceRef")].attached or ""
            ] = line.get("targetRef")


def _is_of_people(receive: Any) -> bool:
    """Whether people of a body trigger the receive task."""
    return not receive.get("messageRef") and any(
        name.endswith("}candidateGroups") for name in receive.attrib
    )


def _node(xml: Any, tag: str, names: Mapping[str, Any]) -> Node:
    events = []
    for child in xml:
        if _tag(child).endswith("EventDefinition"):
            kind = _tag(child).removesuffix("EventDefinition")
            condition = next(
                (part.text for part in child if _tag(part) == "condition"),
                None,
            )
            reference = child.get(f"{kind}Ref")
            otherwise = reference if kind in ("error", "escalation") else None
            own = {
                "conditional": condition,
                "link": child.get("name"),
                "compensate": child.get("activityRef"),
            }
            named = child.get(f"{kind}Code") or names.get(reference, otherwise)
            events.append((kind, own.get(kind, named)))
    many = next(
        (
            child
            for child in xml
            if _tag(child) == "multiInstanceLoopCharacteristics"
        ),
        None,
    )
    inner = (
        xml.get("calledElement")
        if tag == "callActivity"
        else xml.get("id")
        if tag == "subProcess"
        else None
    )
    return Node(
        xml.get("id"),
        "race" if tag == "eventBasedGateway" else tag,
        events[0] if events else None,
        xml.get("default"),
        xml.get("attachedToRef"),
        (xml.get("cancelActivity") or xml.get("isInterrupting") or "true")
        == "true",
        inner,
        many=_many(many) if many is not None else None,
        item=many.get(f"{CAMUNDA}elementVariable")
        if many is not None
        else None,
        collects=_collects(many) if many is not None else None,
        results=_results(xml),
        watches="".join(
            child.get(f"{CAMUNDA}variableName", "") for child in xml
        ),
        votes=_votes(xml),
        events=tuple(events),
        parallel=xml.get("parallelMultiple") == "true",
    )


def _collects(many: Any) -> tuple[str, str] | None:
    texts = {_tag(child): child for child in many}
    if "loopDataOutputRef" not in texts or "outputDataItem" not in texts:
        return None
    return (
        texts["loopDataOutputRef"].text.strip(),
        texts["outputDataItem"].get("name"),
    )


def _said_of_it(xml: Any, tag: str) -> Iterator[Any]:
    """The extensions of the element itself, without those of what stands inside it."""
    for child in xml:
        if _tag(child) == "extensionElements":
            yield from child.iter(f"{CAMUNDA}{tag}")


def _results(xml: Any) -> dict[str, str] | None:
    found = {
        each.get("name"): each.text or ""
        for each in _said_of_it(xml, "outputParameter")
    }
    plain = {
        name: text[2:-1] if text.startswith("${") else repr(text)
        for name, text in found.items()
    }
    return plain or None


def _votes(xml: Any) -> Votes | None:
    said = {
        each.get("name"): each.get("value")
        for each in _said_of_it(xml, "property")
    }
    if "countersign" not in said:
        return None
    return Votes(
        said["countersign"],
        said["countersignVote"],
        said["countersignAgree"],
        said["countersignRefuse"],
        said["countersignResult"],
        int(said.get("countersignRatio") or 0),
    )


def _many(xml: Any) -> tuple[str, bool]:
    number = next(
        (child.text for child in xml if _tag(child) == "loopCardinality"), None
    )
    text = number or xml.get(f"{CAMUNDA}collection")
    return text.strip().removeprefix("${").removesuffix("}"), xml.get(
        "isSequential"
    ) == "true"
