"""What an instance that is tried waits for from other instances: told, taken as received, and written as a
step of a scenario."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from orchestrator.engine import Definition, expressions
from orchestrator.engine.commands import SubscriptionOpened
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing.trial_parts import AwaitedEvent
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.memory_backend import MemoryBackend

LONGEST = 2_000
"""Characters of a value that a message brings."""
LONGEST_KEY = 200
"""Characters of the text by which a message finds its instance."""
MOST_VALUES = 50
"""Values that one message brings."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")


def listed(
    backend: MemoryBackend, bundle: Bundle, instance_id: str | None
) -> list[AwaitedEvent]:
    """The messages and signals that the instance waits for, with what they may bring."""
    if instance_id is None:
        return []
    there = backend.variables(instance_id)
    definition = bundle.definition
    return [
        AwaitedEvent(
            awaited.element_id,
            in_words(definition, awaited),
            awaited.correlation,
            _missing_names(bundle, there),
        )
        for awaited in backend.awaited(instance_id)
    ]


def _missing_names(bundle: Bundle, there: Mapping[str, Any]) -> list[str]:
    """Names that conditions of the procedure read, that no form asks for, and that have no value: those that
    a message is likely to bring."""
    definition = bundle.definition
    asked = {
        field.key for form in bundle.forms.values() for field in form.inputs()
    }
    read = {
        name
        for flow in definition.flows.values()
        if flow.condition
        for name in expressions.names_read(expressions.unwrap(flow.condition))
    }
    return sorted(read - there.keys() - asked)


def at(
    backend: MemoryBackend, instance_id: str | None, element: str
) -> SubscriptionOpened | None:
    """What the instance waits for there; None where it waits for nothing."""
    if instance_id is None:
        return None
    for awaited in backend.awaited(instance_id):
        if awaited.element_id == element:
            return awaited
    return None


def receive(
    backend: MemoryBackend,
    instance_id: str,
    element: str,
    values: Mapping[str, Any],
) -> None:
    """Sends what is waited for there with these values (`data`, and `correlation` where it is another than
    the one that is waited for).

    Raises RuleViolated where nothing is waited for, for a name that no expression could read, for a message
    that nobody takes, and for what it leaves that cannot go on.
    """
    awaited = at(backend, instance_id, element)
    if awaited is None:
        raise RuleViolated([say("此时没有在等这个消息，请重新选择")])
    data = _brought(values)
    if awaited.kind == "signal":
        backend.signal(awaited.name, data)
    elif not backend.message(awaited.name, _key(awaited, values), data):
        raise RuleViolated(
            [
                say(
                    "没有事项在等“{key}”的消息“{name}”，请核对对方填写的内容",
                    key=_key(awaited, values) or "",
                    name=awaited.name,
                )
            ]
        )
    if stopped := backend.stopped():
        raise RuleViolated(stopped)


def as_step(
    awaited: SubscriptionOpened | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The scenario's step that sends what was waited for."""
    assert awaited is not None
    data = _brought(values)
    brought = {"数据": data} if data else {}
    if awaited.kind == "signal":
        return {"发信号": awaited.name, **brought}
    key = _key(awaited, values)
    if key is None:
        return {"发消息": awaited.name, **brought}
    return {"发消息": awaited.name, "关联": key, **brought}


def typed_value(text: str) -> Any:
    """What was typed as a value: a number, true or false, the text between double quotation marks, or the
    text itself; what is longer than an amount, such as the number of an identity card, is a text."""
    if len(text) > LONGEST:
        return text
    is_quoted = text.startswith('"')
    is_plain = text in ("true", "false") or _NUMBER.fullmatch(text)
    if not is_quoted and not is_plain:
        return text
    try:
        typed = json.loads(text)
        str(typed).encode()
    except ValueError:
        return text
    return typed


def could_be_sent(values: Mapping[str, Any]) -> bool:
    """Whether the values have the shape that a page gives them."""
    data = values.get("data", {})
    key = values.get("correlation", "")
    if not isinstance(data, dict) or not isinstance(key, str):
        return False
    return len(data) <= MOST_VALUES and len(key) <= LONGEST_KEY


def _key(awaited: SubscriptionOpened, values: Mapping[str, Any]) -> str | None:
    if awaited.correlation is None:
        return None
    typed = str(values.get("correlation") or "")
    if len(typed) > LONGEST_KEY:
        raise RuleViolated(
            [
                say(
                    "对方填写的内容超过 {most} 个字，请改短",
                    most=LONGEST_KEY,
                )
            ]
        )
    return typed or str(awaited.correlation)


def _brought(values: Mapping[str, Any]) -> dict[str, Any]:
    data = dict(values.get("data") or {})
    for name, value in data.items():
        why = expressions.unreadable(str(name))
        if why:
            raise RuleViolated(
                [
                    say(
                        "“{name}”{why}，请改成流程里用到的变量名",
                        name=str(name)[:40],
                        why=why,
                    )
                ]
            )
        if len(str(value)) > LONGEST:
            raise RuleViolated(
                [
                    say(
                        "“{name}”超过 {most} 个字，请改短",
                        name=name,
                        most=LONGEST,
                    )
                ]
            )
    return data


def in_words(definition: Definition, awaited: SubscriptionOpened) -> str:
    step = vocabulary.name_of(definition, awaited.element_id)
    name = awaited.name
    if awaited.kind == "signal":
        return say("{step}：等待信号“{name}”", step=step, name=name)
    if awaited.correlation is None:
        return say("{step}：等待消息“{name}”", step=step, name=name)
    return say(
        "{step}：等待消息“{name}”，对方填写的是“{key}”",
        step=step,
        name=name,
        key=awaited.correlation,
    )
