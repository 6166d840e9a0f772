"""Who sets which variable of a process, and which are seen where: forms, handlers, scripts, tables, mappings,
circumstances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import forms
from orchestrator.engine import Definition, Element, nameless
from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.expressions import names_assigned
from orchestrator.engine.model import ALL_VARIABLES, Event, Process, Scope
from orchestrator.handlers import DECLARED, LEVELS_GIVEN
from orchestrator.sentences import say
from orchestrator.services.deployments.form_rules import RULES, rule_of
from orchestrator.services.deployments.profile_checks import platform_starts
from orchestrator.services.deployments.profile_checks.paths import Paths

CIRCUMSTANCES: Mapping[str, str] = {
    "initiator": say("发起人账号"),
    "initiator_name": say("发起人姓名"),
    "initiator_body": say("发起机构"),
    "initiator_body_name": say("发起机构名称"),
    "initiator_role": say("发起机构的角色"),
    "territory": say("区划代码"),
    "territory_name": say("区划名称"),
    "territory_path": say("区划路径"),
    "level": say("发起层级"),
    "started_on": say("发起日期"),
}
"""What every instance begins with (`instances.circumstances`)."""
LEVELS: frozenset[str] = frozenset({"level", "about_level"})
"""Those of both that are a level of the profile."""
ABOUT: Mapping[str, str] = {
    "about_number": say("所涉事项编号"),
    "about_title": say("所涉事项名称"),
    "about_level": say("所涉事项办理层级"),
}
"""What an instance about another one begins with besides (`instances.about_variables`)."""
_COUNTS = ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances")
Sent = tuple[str, Element]
"""Process and element that throws."""
_CATCHING = (
    "intermediateCatchEvent",
    "boundaryEvent",
    "startEvent",
    "receiveTask",
)


@dataclass(frozen=True, slots=True)
class Setter:
    """One place where a variable gets its value."""

    label: str
    element_id: str
    form: str = ""
    """Title of the form; empty when no form sets it."""
    field: forms.Field | None = None
    """The field whose value it takes as it is filled in; None for anything else."""
    is_level: bool = False
    """Whether its value is a level of the profile."""


def _begins(
    process: Process,
    element: Element,
) -> bool:
    """Whether the element is a start event of the process itself."""
    return element.type == "startEvent" and element.process == process.id


class Variables:
    def __init__(
        self,
        definitions: Sequence[Definition],
        asked: Mapping[str, forms.Form],
    ) -> None:
        self.forms = asked
        self.processes = {
            key: process
            for definition in definitions
            for key, process in definition.processes.items()
        }
        self.startable = {
            definition.key: definition for definition in definitions
        }
        self.tables: Mapping[str, DecisionTable] = {
            k: table
            for definition in definitions
            for k, table in definition.tables.items()
        }
        self._paths: dict[tuple[str, str], Paths] = {}
        self._set_at: dict[tuple[str, str], Mapping[str, list[Setter]]] = {}
        self._set_below: dict[str, Mapping[str, list[Setter]]] = {}
        self.open: set[str] = set()
        """Processes that take in variables of which the deployment says nothing: sent from outside, or by an
        undeclared topic."""
        self.brought: dict[str, set[str]] = {
            key: set() for key in self.processes
        }
        """What messages and signals of the deployment set in a process."""
        self.own = {
            key: self._own(process) for key, process in self.processes.items()
        }
        self.known = {
            key: {name: setters[0].label for name, setters in own.items()}
            for key, own in self.own.items()
        }
        for key, process in self.processes.items():
            begun = platform_starts.begun_with(process)
            self.known[key] = {**begun, **self.known[key]}
        self._let_in_events()
        self._bring_up()
        for key, definition in self.startable.items():
            self.known[key].update(
                {**CIRCUMSTANCES, **(ABOUT if definition.about else {})},
            )
        self._hand_down()

    def calls(self) -> Iterator[tuple[Process, Element, Process]]:
        """(caller, call activity, called process)."""
        for process in self.processes.values():
            for element in process.elements.values():
                if (
                    element.type == "callActivity"
                    and element.called in self.processes
                ):
                    yield process, element, self.processes[element.called]

    def seen_in(self, process: Process, scope_id: str) -> dict[str, str]:
        """Name → label of what a flow of that scope sees."""
        return {**self.known[process.id], **self.local_in(process, scope_id)}

    def seen_at(self, process: Process, element: Element) -> dict[str, str]:
        """Name → label of what an attribute of the element sees."""
        return {**self.known[process.id], **self.local_at(process, element)}

    def seen_around(
        self,
        process: Process,
        element: Element,
    ) -> dict[str, str]:
        """Name → label of what is seen just before the element."""
        return self.seen_in(process, element.process)

    def local_in(self, process: Process, scope_id: str) -> dict[str, str]:
        """Name → label of what is seen in that scope alone."""
        owner = process.elements.get(scope_id)
        return self._local(process, owner) if owner else {}

    def local_at(self, process: Process, element: Element) -> dict[str, str]:
        """Name → label of what is seen at the element alone."""
        return {**self._local(process, element), **self._answered(element)}

    def set_at(
        self,
        process: Process,
        element: Element,
    ) -> Mapping[str, list[Setter]]:
        """What the element itself sets outside itself."""
        place = (process.id, element.id)
        if place not in self._set_at:
            result: dict[str, list[Setter]] = {}
            for name, setter in self._set(process, element):
                result.setdefault(name, []).append(setter)
            self._set_at[place] = result
        return self._set_at[place]

    def set_below(self, process: Process) -> Mapping[str, list[Setter]]:
        """Name → every setter of the process and of those that it calls."""
        kept = self._set_below.get(process.id)
        if kept is not None:
            return kept
        result: dict[str, list[Setter]] = {}
        for key in self._reached(process.id):
            own = self.own[key]
            for name, setters in own.items():
                before = result.setdefault(name, [])
                before.extend(setters)
        self._set_below[process.id] = result
        return result

    def _reached(self, start: str) -> list[str]:
        """The process and all that it calls, each once."""
        called: dict[str, list[str]] = {}
        for caller, _call, below in self.calls():
            targets = called.setdefault(caller.id, [])
            targets.append(below.id)
        seen = {start}
        result = [start]
        for key in result:
            for target in called.get(key, ()):
                if target in seen:
                    continue
                seen.add(target)
                result.append(target)
        return result

    def paths(self, process: Process, scope: Scope) -> Paths:
        """The ways through the scope."""
        return self._paths.setdefault((process.id, scope.id), Paths(scope))

    # ---- inside

    def _own(self, process: Process) -> dict[str, list[Setter]]:
        result: dict[str, list[Setter]] = {}
        for element in process.elements.values():
            for name, setters in self.set_at(process, element).items():
                result.setdefault(name, []).extend(setters)
        return result

    def _set(
        self,
        process: Process,
        element: Element,
    ) -> Iterator[tuple[str, Setter]]:
        yield from self._set_by_form(process, element)
        if element.type == "userTask":
            yield (
                f"{element.id}_by",
                Setter(
                    say("“{name}”的办理人", name=nameless.label(element)),
                    element.id,
                ),
            )
            yield (
                f"{element.id}_on",
                Setter(
                    say("“{name}”的办结日期", name=nameless.label(element)),
                    element.id,
                ),
            )
        if not element.outputs:
            for name, label in self._answered(element).items():
                is_level = name in LEVELS_GIVEN
                yield name, Setter(label, element.id, is_level=is_level)
        named = [name for name, _text in element.outputs]
        named += [
            name
            for name, _source, _is in element.call_outputs
            if name != ALL_VARIABLES
        ]
        named += (
            sorted(names_assigned(element.script)) if element.script else []
        )
        if element.type == "businessRuleTask" and element.id in self.tables:
            named += (
                [element.result_variable]
                if element.result_variable
                else self.tables[element.id].outputs
            )
        for event in element.events:
            named += [
                name
                for name in (event.code_variable, event.message_variable)
                if name
            ]
        if element.multi is not None and element.multi.output_collection:
            named.append(element.multi.output_collection)
        if element.countersign is not None:
            named.append(element.countersign.result)
        yield from (
            (
                name,
                Setter(
                    say("“{name}”的结果", name=nameless.label(element)),
                    element.id,
                ),
            )
            for name in named
        )

    def _set_by_form(
        self,
        process: Process,
        element: Element,
    ) -> Iterator[tuple[str, Setter]]:
        begins = _begins(process, element) and process.id in self.startable
        if not element.form_key or not (begins or element.type == "userTask"):
            return
        chosen = element.form_key.startswith(("${", "#{"))
        for key in self.forms if chosen else (element.form_key,):
            form = self.forms.get(key)
            rule = RULES.get(rule_of(form))
            if rule:
                derived = dict(rule.sets)
            else:
                derived = {}
            for field in form.inputs() if form else ():
                if field.key not in derived:
                    yield (
                        field.key,
                        Setter(
                            field.label or field.key,
                            element.id,
                            form.title if form else "",
                            field,
                        ),
                    )
            yield from (
                (name, Setter(label, element.id))
                for name, label in derived.items()
            )

    def _answered(self, element: Element) -> dict[str, str]:
        """What the element's handler answers."""
        declared = DECLARED.get(element.topic or "")
        if declared:
            return dict(declared.gives)
        return {}

    def _local(self, process: Process, element: Element) -> dict[str, str]:
        """What is seen from the element downwards alone, and what its surroundings see so."""
        result: dict[str, str] = {}
        within: Element | None = element
        while within is not None:
            result |= {
                name: say("“{name}”的输入", name=nameless.label(within))
                for name, _text in within.inputs
            }
            if within.multi is not None:
                named = (
                    within.multi.item,
                    within.multi.output_item,
                    "loopCounter",
                    *_COUNTS,
                )
                result |= {
                    name: say(
                        "“{name}”的当前一项",
                        name=nameless.label(within),
                    )
                    for name in named
                    if name
                }
            within = process.elements.get(within.process)
        return result

    def _let_in_events(self) -> None:
        """What a caught message or signal brings: what its senders in the deployment put in, or else nobody
        knows what."""
        sent: dict[tuple[str, str | None], list[Sent]] = {}
        for process in self.processes.values():
            for element in process.elements.values():
                for event in (
                    element.events if element.type not in _CATCHING else ()
                ):
                    sent.setdefault((event.kind, event.reference), []).append(
                        (process.id, element),
                    )
        for process in self.processes.values():
            for element in process.elements.values():
                if element.topic and element.topic not in DECLARED:
                    self.open.add(process.id)
                for event in (
                    element.events if element.type in _CATCHING else ()
                ):
                    if event.kind in ("message", "signal"):
                        self._let_in(process.id, event, sent)
                    elif event.kind == "conditional" and _begins(
                        process,
                        element,
                    ):
                        # Its condition is asked of values that come from outside, and they come in with it.
                        self.open.add(process.id)

    def _let_in(
        self,
        to: str,
        event: Event,
        sent: Mapping[tuple[str, str | None], list[Sent]],
    ) -> None:
        senders = sent.get((event.kind, event.reference), [])
        if not senders or "${" in (event.reference or ""):
            self.open.add(to)
        for sender, thrown in senders:
            self._bring(to, sender, thrown)

    def _bring(self, to: str, sender: str, thrown: Element) -> None:
        names = [name for name, _text in thrown.inputs]
        for target, _source, _is in (
            mapping for event in thrown.events for mapping in event.payload
        ):
            names += (
                self.known[sender] if target == ALL_VARIABLES else [target]
            )
        self.brought[to].update(names)
        self.known[to].update(
            {
                name: say("“{name}”传来", name=nameless.label(thrown))
                for name in names
                if name not in self.known[to]
            },
        )

    def _bring_up(self) -> None:
        """A call without mappings shares what the called process sets; one with mappings takes out what is
        mapped."""
        for _round in self.processes:
            for caller, call, called in self.calls():
                shared = not call.call_inputs and not call.call_outputs
                if shared or any(
                    target == ALL_VARIABLES
                    for target, _source, _is in call.call_outputs
                ):
                    self.known[caller.id] = {
                        **self.known[called.id],
                        **self.known[caller.id],
                    }
                    self.open |= (
                        {caller.id} if called.id in self.open else set()
                    )

    def _hand_down(self) -> None:
        """A called process sees what its callers see, or what they map into it."""
        for _round in self.processes:
            for caller, call, called in self.calls():
                self.known[called.id] = {
                    **self._into(caller, call),
                    **self.known[called.id],
                }
                self.open |= (
                    {called.id}
                    if caller.id in self.open and not call.call_inputs
                    else set()
                )

    def _into(self, caller: Process, call: Element) -> dict[str, str]:
        everything = self.seen_at(caller, call)
        if not call.call_inputs:
            return everything
        result = {
            name: say("“{name}”传入", name=nameless.label(call))
            for name, _source, _is in call.call_inputs
            if name != ALL_VARIABLES
        }
        if any(name == ALL_VARIABLES for name, _s, _i in call.call_inputs):
            return {**everything, **result}
        return result
