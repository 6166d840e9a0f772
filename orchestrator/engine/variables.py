"""What a token sees and where what it sets goes: the instance's variables, and the narrower sets inside it.

Variables are one set for the whole instance, as in Camunda. Narrower sets are: the item of a multi-instance
and camunda:inputParameter values, seen only below their activity, and the variables of a called process with
camunda:in or camunda:out, which sees nothing else. Each instance of a parallel multi-instance subprocess or
call keeps what is set inside it: instances side by side never share an answer. So does each instance of any
multi-instance with the extension property `ownVariables`, which an import from SpiffWorkflow writes where
results are collected: there nothing else leaves an instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from orchestrator.engine import comparing, expressions
from orchestrator.engine.editions import Edition
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.model import ALL_VARIABLES
from orchestrator.engine.token import Token, Waits
from orchestrator.engine.values import (
    OwnVariables,
    SharedVariables,
    Value,
    Variables,
)
from orchestrator.sentences import say, sentence_of

COUNTS = ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances")
"""Camunda's names for the counts of a multi-instance."""
INITIATOR = "initiator"
"""The variable that holds the account of whoever started the instance."""


class LocalVariables(MutableMapping[str, Value]):
    """A narrower set inside `outer`. A value goes to the innermost set that has its name or keeps everything,
    else to the outermost."""

    def __init__(
        self,
        own: OwnVariables,
        outer: SharedVariables,
        keeps_all: bool = False,
    ) -> None:
        self.own = own
        self.outer = outer
        self.keeps_all = keeps_all

    def __getitem__(self, name: str) -> Value:
        if name in self.own:
            return self.own[name]
        return self.outer[name]

    def __setitem__(self, name: str, value: Value) -> None:
        (self.own if self.keeps_all or name in self.own else self.outer)[
            name
        ] = value

    def __delitem__(self, name: str) -> None:
        del (self.own if name in self.own else self.outer)[name]

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.outer

    def __iter__(self) -> Iterator[str]:
        return iter({**self.outer, **self.own})

    def __len__(self) -> int:
        return len({**self.outer, **self.own})


class InstanceVariables(LocalVariables):
    """What one of several instances sees: also how many there are, as they are counted now, though nobody
    sets it."""

    def __init__(self, token: Token) -> None:
        super().__init__(
            token.own,
            token.workflow.data,
            token.task_spec.keeps_variables,
        )
        self.counted_by = token.parent

    def __getitem__(self, name: str) -> Value:
        if name in COUNTS and name not in self.own:
            return self.counted_by.task_spec.counts(self.counted_by)[name]
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        return name in COUNTS or super().__contains__(name)


class NobodyStarted(Mapping[str, Value]):
    """What is seen where nobody is the initiator. It is no copy, which would not hold the counts of several
    instances."""

    def __init__(self, seen: Variables) -> None:
        self.seen = seen

    def __getitem__(self, name: str) -> Value:
        return None if name == INITIATOR else self.seen[name]

    def __contains__(self, name: object) -> bool:
        return name == INITIATOR or name in self.seen

    def __iter__(self) -> Iterator[str]:
        return iter((INITIATOR, *self.seen))

    def __len__(self) -> int:
        return len(self.seen) + 1


def narrow(token: Token, values: Variables) -> None:
    """Gives the token `values` as its own, seen from it downwards."""
    if values:
        token.own.update(values)
        see_own(token)


def see_own(token: Token) -> None:
    """The token sees its own variables before those around it."""
    parent = token.parent
    if parent is not None and parent.task_spec.counts_instances:
        token.data = InstanceVariables(token)
    else:
        token.data = LocalVariables(
            token.own,
            token.workflow.data,
            token.task_spec.keeps_variables,
        )


def local(token: Token) -> OwnVariables:
    """Only what this token sees beyond the instance's variables, or differently."""
    shared = token.workflow.top_workflow.data
    if token.data is shared:
        return {}
    return {
        name: value
        for name, value in token.data.items()
        if name not in shared or shared[name] != value
    }


# ----
# expressions


def evaluate(token: Waits, text: str, seen: Variables | None = None) -> Value:
    """The value of an expression; a variable that does not exist is an error. Raises ExpressionFailed."""
    try:
        return token.workflow.script_engine.environment.evaluate(
            text,
            token.data if seen is None else seen,
        )
    except ValueError as failure:
        raise ExpressionFailed(
            token.task_spec.bpmn_id,
            sentence_of(failure),
        ) from None


def holds(token: Waits, text: str, seen: Variables | None = None) -> bool:
    """Whether a condition holds. Raises ExpressionFailed, also where its value is the text `true` or
    `false`."""
    return truth(token, text, evaluate(token, text, seen))


def truth(token: Waits, text: str, value: Value) -> bool:
    """Whether the value of the condition counts as true. Raises ExpressionFailed."""
    try:
        return comparing.truth(value)
    except ValueError as refused:
        raise ExpressionFailed(
            token.task_spec.bpmn_id,
            say("条件“{text}”的值{refused}", text=text, refused=refused),
        ) from None


def fill(
    token: Waits,
    template: str | None,
    seen: Variables | None = None,
) -> str | None:
    """The template with its `${…}` parts filled in. Raises ExpressionFailed."""
    if template is None:
        return None
    try:
        return token.workflow.script_engine.environment.fill(
            template,
            _visible(token, seen),
            lenient=not token.workflow.spec.stops_at_missing,
        )
    except ValueError as failure:
        raise ExpressionFailed(
            token.task_spec.bpmn_id,
            sentence_of(failure),
        ) from None


def correlation(token: Waits, text: str | None) -> str | None:
    """A correlation key, evaluated to text: as those are kept for which instances wait already, in every
    edition."""
    value = None
    if text:
        value = evaluate(token, text)
    if value is None:
        return None
    return expressions.as_text(value, Edition.FIRST)


# ----
# mappings


def parameters(
    token: Waits,
    pairs: Iterable[tuple[str, str]],
    seen: Variables | None = None,
) -> OwnVariables:
    """camunda:inputParameter and outputParameter: a lone `${…}` keeps its value's type, other text is a
    template."""
    visible = _visible(token, seen)
    return {name: _parameter(token, text, visible) for name, text in pairs}


def _visible(token: Waits, seen: Variables | None) -> Variables:
    """What a text of the diagram reads: in a process that stops at what is missing, nobody is the initiator
    of an instance that nobody started, as in Camunda 7."""
    visible = token.data if seen is None else seen
    if not token.workflow.spec.stops_at_missing or INITIATOR in visible:
        return visible
    return NobodyStarted(visible)


def _parameter(token: Waits, text: str, seen: Variables) -> Value:
    environment = token.workflow.script_engine.environment
    lenient = not token.workflow.spec.stops_at_missing
    try:
        if not environment.is_expression(text):
            return environment.fill(text, seen, lenient=lenient)
        if lenient:
            return environment.evaluate_leniently(text, seen)
        return environment.evaluate(text, seen)
    except ValueError as failure:
        raise ExpressionFailed(
            token.task_spec.bpmn_id,
            sentence_of(failure),
        ) from None


def take_inputs(token: Token) -> None:
    """An activity begins: its input parameters are seen from it downwards."""
    if token.task_spec.element is not None and token.task_spec.element.inputs:
        narrow(token, parameters(token, token.task_spec.element.inputs))


def give_outputs(token: Token) -> None:
    """An activity is done: its output parameters are set outside it, one after the other. A later one reads
    what an earlier one has set, as in Camunda 7."""
    element = token.task_spec.element
    if element is None:
        return
    parent = token.parent
    collected = parent.task_spec.collected_item if parent else None
    for pair in element.outputs or ():
        # An instance's result is its own until it is collected.
        around = token.own if pair[0] == collected else token.workflow.data
        around.update(parameters(token, [pair]))


def mapped(
    token: Waits,
    mappings: Iterable[tuple[str, str, bool]],
    seen: Variables,
) -> OwnVariables:
    """camunda:in and camunda:out over the variables `seen`; a source that does not exist is None."""
    values: OwnVariables = {}
    for target, source, is_expression in mappings:
        if target == ALL_VARIABLES:
            values.update(seen)
        else:
            if is_expression:
                values[target] = evaluate(token, source, seen)
            else:
                values[target] = seen.get(source)
    return values
