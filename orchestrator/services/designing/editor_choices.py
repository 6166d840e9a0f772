"""What a draft's editors offer to choose: its forms and tables, the fields that conditions may ask, and how a
form will look."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard
from xml.sax.saxutils import escape

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.bpmn_checks import event_places, starts, structure
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine.written_in import is_text
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import form_questions
from orchestrator.services.deployments import form_options
from orchestrator.services.deployments.profile_checks.variables import (
    CIRCUMSTANCES,
)
from orchestrator.services.designing import called_data
from orchestrator.services.designing.validation import resources_of
from orchestrator.store.definitions import versions_in_force
from orchestrator.store.drafts import Draft
from orchestrator.store.territories import Territory

TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
             id="{key}_definitions" name="{title}" namespace="gridflow">
  <decision id="{key}" name="{title}">
    <decisionTable id="{key}_table" hitPolicy="FIRST">
      <input id="{key}_input" label="输入">
        <inputExpression id="{key}_expression" typeRef="string"><text>priority</text></inputExpression>
      </input>
      <output id="{key}_output" label="结果" name="{key}_result" typeRef="string" />
      <rule id="{key}_rule"><inputEntry id="{key}_entry"><text>-</text></inputEntry>
        <outputEntry id="{key}_value"><text>"normal"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
"""A decision table to begin with."""


_NO_KEY = frozenset(("dynamiclist", "filepicker", "checkbox"))
"""Types of fields whose answers name no instance."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    title: str
    changed: bool
    """Whether the draft has it in a state of its own."""
    used: bool
    """Whether the procedure asks for it."""


def files(session: Session, draft: Draft) -> list[File]:
    """The forms and tables that the draft may change, those of the procedure first."""
    resources = resources_of(session, draft)
    used = _used(resources, draft)
    results = [
        File(name, _title(name, content), name in draft.content, name in used)
        for name, content in resources.items()
        if name.endswith((".form", ".dmn"))
    ]
    return sorted(results, key=lambda file: (not file.used, file.name))


def offered(session: Session, draft: Draft) -> dict[str, list[dict[str, Any]]]:
    """What the diagram's panel offers, each as [{value, label, …}].

    `forms`, `tables`, `inputs` of all forms and `fields`, those that a condition can compare, `chosenBodies`:
    the fields in which a body is chosen, `lists`: those in which several are, `keys`: the fields by which a
    message finds an instance, each with its `form`, since a form may be given to a step while the diagram is
    drawn; `processes` that a step may call with what each needs and gives, and `messages` of all diagrams.
    """
    resources = resources_of(session, draft)
    loaded = _loaded(resources)
    fields = [
        {
            "form": key,
            "key": field.key,
            "name": field.label or field.key,
            "label": f"{field.label}（{form.title or key}）",
            "kind": _compared(field),
            "unit": field.after or field.before,
            "options": _options(field),
        }
        for key, form in loaded.items()
        for field in form.inputs()
        if _compared(field)
    ]
    chosen = [
        {
            "form": key,
            "value": f"${{{field.key}}}",
            "label": say(
                "表单里选的“{name}”",
                name=field.label or field.key,
            ),
        }
        for key, form in loaded.items()
        for field in form.inputs()
        if field.options_source in form_options.OF_BODIES
        and not field.multiple
    ]
    return {
        "forms": [
            {"value": key, "label": f"{form.title or key}（{key}）"}
            for key, form in sorted(loaded.items())
        ],
        "tables": [
            {
                "value": key,
                "label": f"{title}（{key}）",
                "file": name,
                "results": _results(engine.decision_results(content, key)),
            }
            for name, content in resources.items()
            if name.endswith(".dmn")
            for key, title in engine.decision_names(content)
        ],
        "fields": fields,
        "inputs": [
            {
                "form": key,
                "value": field.key,
                "label": f"{field.label or field.key}（{form.title or key}）",
            }
            for key, form in loaded.items()
            for field in form.inputs()
        ],
        "chosenBodies": chosen,
        **_of_others(resources, draft, loaded),
    }


def beginnings() -> list[dict[str, Any]]:
    """What every instance begins with."""
    return [
        {"value": name, "label": say("{name}（发起时）", name=label)}
        for name, label in CIRCUMSTANCES.items()
    ]


def circumstances(profile: Jurisdiction) -> list[dict[str, Any]]:
    """What every instance begins with and a condition may ask, as `fields` of `offered`, of no form."""
    names = {
        "initiator_role": {
            key: role.name for key, role in profile.roles.items()
        },
        "level": profile.levels.names,
    }
    return [
        {
            "form": "",
            "key": key,
            "name": CIRCUMSTANCES[key],
            "label": say("{name}（发起时）", name=CIRCUMSTANCES[key]),
            "kind": "choice",
            "unit": "",
            "options": _choosable(labels),
        }
        for key, labels in names.items()
    ]


def _results(
    results: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """The variables that a decision table sets, as a condition reads them: texts to choose from, yes or no,
    or numbers. One that is put together of texts is not offered."""
    entries = []
    for key, values in results.items():
        trees = [ast.parse(value, mode="eval").body for value in values]
        texts = [str(tree.value) for tree in trees if _is_whole_text(tree)]
        kind = _kind_of_results(trees)
        if not kind:
            continue
        entries.append(
            {
                "key": key,
                "name": key,
                "label": say("{key}（决策表的结果）", key=key),
                "kind": kind,
                "unit": "",
                "options": _choosable(dict(zip(texts, texts, strict=True))),
            }
        )
    return entries


def _kind_of_results(trees: Sequence[ast.expr]) -> str:
    """How a condition can compare what a column gives; empty where it cannot."""
    if any(map(_is_whole_text, trees)):
        return "choice"
    names = {
        tree.id
        for tree in trees
        if isinstance(tree, ast.Name) and tree.id != "null"
    }
    numbers = [tree for tree in trees if not isinstance(tree, ast.Name)]
    if names and names <= {"true", "false"} and not numbers:
        return "answer"
    parts = [part for tree in trees for part in ast.walk(tree)]
    if names & {"true", "false"} or any(map(is_text, parts)):
        return ""
    return "number"


def _is_whole_text(tree: ast.AST) -> TypeGuard[ast.Constant]:
    """Whether a result is a text that a condition can name: without the marks in which it stands there."""
    if not isinstance(tree, ast.Constant) or not isinstance(tree.value, str):
        return False
    return '"' not in tree.value and "\\" not in tree.value


def menus() -> dict[str, Any]:
    """What the editor's menus may offer, by the checks: `refused` kinds of elements, `places` of events with
    the kinds that may stand there, and those that may start a procedure (`starts`)."""
    return {
        "refused": sorted(structure.UNSUPPORTED),
        "places": {
            place: sorted(kinds)
            for place, (_name, kinds) in event_places.PLACES.items()
        },
        "starts": list(starts.TRIGGERED),
    }


def _of_others(
    resources: Mapping[str, bytes],
    draft: Draft,
    loaded: Mapping[str, forms.Form],
) -> dict[str, list[dict[str, Any]]]:
    """What joins the procedure to people and to other procedures."""
    fields = [
        (key, form.title or key, field)
        for key, form in loaded.items()
        for field in form.inputs()
    ]
    lists = [
        {"form": key, "value": field.key, "label": f"{field.label}（{title}）"}
        for key, title, field in fields
        if field.options_source in form_options.OF_BODIES and field.multiple
    ]
    keys = [
        {
            "form": key,
            "value": f"${{{field.key}}}",
            "label": f"{field.label}（{title}）",
        }
        for key, title, field in fields
        if not field.multiple and field.type not in _NO_KEY
    ]
    processes = engine.processes(resources)
    return {
        "lists": lists,
        "keys": keys,
        "processes": [
            {
                "value": process.id,
                "label": f"{process.name or process.id}（{process.id}）",
                **called_data.of(resources, process.id),
            }
            for process in processes.values()
            if process.executable and process.id != draft.process_key
        ],
        "messages": _choosable(
            {
                event.reference: event.reference
                for process in processes.values()
                for element in process.elements.values()
                for event in element.events
                if event.kind == "message" and event.reference
            },
        ),
    }


def _choosable(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label} for value, label in labels.items()
    ]


def new_file(kind: str, key: str, title: str) -> tuple[str, str]:
    """(name, text) of a form or a decision table to begin with. Raises RuleViolated for a key that cannot be
    one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,58}", key):
        raise RuleViolated(
            [
                say(
                    "编号只能用小写字母、数字和下划线，以字母开头，如 legal_review"
                ),
            ],
        )
    if not title:
        raise RuleViolated([say("请写上名称，办理人会看到它")])
    if kind == "dmn":
        return f"{key}.dmn", TABLE.format(
            key=key,
            title=escape(title, {'"': "&quot;"}),
        )
    form = {
        "id": key,
        "type": "default",
        "schemaVersion": 18,
        "title": title,
        "components": [],
    }
    return f"{key}.form", json.dumps(form, ensure_ascii=False, indent=2) + "\n"


def sample(
    session: Session,
    draft: Draft,
    text: str,
    by: int,
    now: datetime,
) -> tuple[forms.Form | None, Mapping[str, list[forms.Option]]]:
    """The form of this text as the server would draw it for the whole jurisdiction, with its choices; None
    while it cannot be read."""
    bundle = _any_bundle(session, draft, now)
    try:
        form = forms.with_questions(
            forms.load(text),
            form_questions.lists(bundle.jurisdiction),
        )
    except forms.FormUnsupported:
        return None, {}
    roots = sa.select(Territory.path).where(
        Territory.tenant_id == draft.tenant_id,
        Territory.parent_code.is_(None),
    )
    path = session.scalar(roots.limit(1)) or "/"
    return form, form_options.for_form(
        session,
        bundle,
        form,
        form_options.Setting(path, by, now),
    )


def _any_bundle(
    session: Session,
    draft: Draft,
    now: datetime,
) -> bundles.Bundle:
    """The bundle of the version that it began from, or of another procedure of the jurisdiction: what a form
    offers does not hang on the procedure."""
    if draft.base_definition_id is not None:
        return bundles.bundle_of(session, draft.base_definition_id)
    known = versions_in_force(session, draft.tenant_id, now)
    return bundles.bundle_of(session, known[0].id)


def _used(resources: Mapping[str, bytes], draft: Draft) -> set[str]:
    try:
        definition = engine.load_definition(resources, draft.process_key)
    except (KeyError, ValueError):
        return set()
    elements = [
        element
        for process in definition.processes.values()
        for element in process.elements.values()
    ]
    keys = {element.form_key for element in elements} | {
        definition.start_form_key,
    }
    return {
        name for name in resources if name.removesuffix(".form") in keys
    } | {name for name in resources if name.endswith(".dmn")}


def _loaded(resources: Mapping[str, bytes]) -> dict[str, forms.Form]:
    return dict(_each_form(resources))


def _each_form(
    resources: Mapping[str, bytes],
) -> Iterator[tuple[str, forms.Form]]:
    for name, content in resources.items():
        if name.endswith(".form"):
            try:
                yield (
                    name.rpartition("/")[2].removesuffix(".form"),
                    forms.load(content.decode()),
                )
            except (forms.FormUnsupported, UnicodeDecodeError):
                continue


def _compared(field: forms.Field) -> str:
    """How a condition can compare the field's answer, as the panel's `comparing.js` has it; empty where it
    cannot."""
    if field.options:
        if field.multiple:
            return "several"
        return "choice"
    if field.type == "datetime":
        if field.subtype == "date":
            return "day"
        return ""
    return {
        "number": "" if field.as_text else "number",
        "checkbox": "truth",
    }.get(field.type, "")


def _options(field: forms.Field) -> list[dict[str, str]]:
    return [
        {"value": option.value, "label": option.label}
        for option in field.options
    ]


def _title(name: str, content: bytes) -> str:
    if name.endswith(".form"):
        try:
            return forms.load(content.decode()).title or name
        except (forms.FormUnsupported, UnicodeDecodeError):
            return name
    return (
        "、".join(title for _key, title in engine.decision_names(content))
        or name
    )
