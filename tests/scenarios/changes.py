"""What a designer changes between two versions of a city's procedures, as functions on the files of its
folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

Files = Mapping[str, bytes]
_DUE = r' camunda:dueDate="deadline:[\w-]+"'
_TIMER = r">deadline:[\w-]+</bpmn:timeDuration>"
_TASK = r'<bpmn:userTask id="(\w+)"'
_FLOW = re.compile(
    r'<bpmn:sequenceFlow id="(\w+)"([^>]*?) sourceRef="(\w+)" targetRef="(\w+)"'
)


def _diagrams(files: Files, change: Callable[[str], str]) -> dict[str, bytes]:
    changed = {
        name: change(text.decode()).encode()
        for name, text in files.items()
        if name.endswith(".bpmn")
    }
    return {**files, **changed}


def _replaced(pattern: str, by: str) -> Callable[[Files], dict[str, bytes]]:
    return lambda files: _diagrams(
        files, lambda text: re.sub(pattern, by, text)
    )


def _both_in_words(files: Files) -> dict[str, bytes]:
    return _replaced(_TIMER, ">3工作日</bpmn:timeDuration>")(
        _replaced(_DUE, ' camunda:dueDate="3工作日"')(files)
    )


def _every_second_task(text: str) -> list[str]:
    return re.findall(_TASK, text)[::2]


def _step_removed(text: str) -> str:
    """Every second step gives way to another one: whoever stands there has no place in this version."""
    for name in _every_second_task(text):
        text = re.sub(
            rf"(?<!deadline:)\b{name}(?=(?:_by|_on)?\b)", f"{name}_anew", text
        )
    return text


def _step_added(text: str) -> str:
    """Behind each second step another one: it is checked again before it goes on."""
    tasks, added = set(_every_second_task(text)), []

    def led_astray(found: re.Match[str]) -> str:
        flow, rest, source, target = found.groups()
        if source not in tasks or source in added:
            return found[0]
        added.append(source)
        again = f"{source}_again"
        return (
            f'<bpmn:userTask id="{again}" name="复核" camunda:candidateGroups="grid-office@city">'
            f"<bpmn:documentation>依据：默认</bpmn:documentation><bpmn:incoming>{flow}</bpmn:incoming>"
            f"<bpmn:outgoing>{again}_done</bpmn:outgoing></bpmn:userTask>"
            f'<bpmn:sequenceFlow id="{again}_done" sourceRef="{again}" targetRef="{target}" />'
            f'<bpmn:sequenceFlow id="{flow}"{rest} sourceRef="{source}" targetRef="{again}"'
        )

    text = _FLOW.sub(led_astray, text)
    for source in added:
        flow = re.search(
            rf'sourceRef="{source}_again" targetRef="(\w+)"', text
        )
        old = re.search(
            rf'<bpmn:sequenceFlow id="(\w+)"[^>]* sourceRef="{source}" targetRef="{source}_again"',
            text,
        )
        assert flow
        assert old
        target = re.search(
            rf'<bpmn:\w+ id="{flow[1]}".*?</bpmn:\w+>', text, re.DOTALL
        )
        incoming = f"<bpmn:incoming>{old[1]}</bpmn:incoming>"
        if target and incoming in text[target.start() :]:
            at = text.index(incoming, target.start())
            text = (
                text[:at]
                + f"<bpmn:incoming>{source}_again_done</bpmn:incoming>"
                + text[at + len(incoming) :]
            )
    return text


def _other_forms(files: Files) -> dict[str, bytes]:
    """Every form asks one thing more, and a decision has a form of another name."""
    changed = _diagrams(
        files,
        lambda text: re.sub(
            r'camunda:formKey="(\w*approval)"',
            r'camunda:formKey="\1_anew"',
            text,
        ),
    )
    for name, content in files.items():
        if name.endswith(".form"):
            form = json.loads(content)
            form["components"].append(
                {
                    "type": "textfield",
                    "key": "one_more",
                    "id": "one_more",
                    "label": "补充说明",
                }
            )
            changed[name] = json.dumps(form).encode()
            if name.endswith("approval.form"):
                anew = f"{name.removesuffix('.form')}_anew"
                changed[f"{anew}.form"] = json.dumps(
                    {**form, "id": anew}
                ).encode()
    return changed


CHANGES: Mapping[str, Callable[[Files], dict[str, bytes]]] = {
    "limits of tasks in words": _replaced(_DUE, ' camunda:dueDate="3工作日"'),
    "limits of timers in words": _replaced(
        _TIMER, ">2个工作日</bpmn:timeDuration>"
    ),
    "limits of both in words": _both_in_words,
    "limits of tasks by the clock": _replaced(
        _DUE, ' camunda:dueDate="PT72H"'
    ),
    "limits of timers by the clock": _replaced(
        _TIMER, ">PT72H</bpmn:timeDuration>"
    ),
    "tasks without limits": _replaced(_DUE, ""),
    "another body beside": _replaced(
        r'(<bpmn:userTask[^>]* camunda:candidateGroups="[^"]*)"',
        r'\1,grid-office@city"',
    ),
    "other forms": _other_forms,
    "a step added": lambda files: _diagrams(files, _step_added),
    "a step removed": lambda files: _diagrams(files, _step_removed),
}
