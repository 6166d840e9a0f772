"""The field's words: no class twice, no module twice in one room, and no word that the glossary rules out."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = [
    path.relative_to(ROOT)
    for folder in ("orchestrator", "forms", "web")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts and path.name != "__init__.py"
]
OWN_ROOMS = (
    "orchestrator/engine/parser",
    "orchestrator/engine/specs",
    "orchestrator/domain/jurisdiction",
)
"""Packages that repeat a name of the package around them: the library's classes for it, or its text."""

SPIFFWORKFLOW = {"ProcessInstance", "UserTask", "StartEvent"}
"""The engine's are the library's objects and specs of what the store's are rows of."""

NEVER = {
    "matter": "process instance, case",
    "matters": "process instances, cases",
    "errand": "process instance",
    "story": "timeline",
    "paper": "memory backend",
    "stage": "backend; a case's domain stage",
    "lodging": "fixture database",
    "lodge": "load",
    "rehearsal": "scenario run",
    "rehearse": "run",
    "recount": "recalculate",
    "recounting": "recalculation",
    "portrait": "photo",
    "portraits": "photos",
    "told": "message, name, sentence",
    "tell": "record, write",
    "keeping": "what is kept",
    "moving": "migration",
    "todo": "user task",
    "ticket": "user task",
    "plugin": "handler",
    "sla": "deadline",
    "audit": "history",
    "pool": "candidate group",
    "alarm": "timer job",
    "utils": "what it does",
    "helpers": "what it does",
    "common": "what it does",
    "misc": "what it does",
}
"""A word that stands in no name of a module, of a class or of a public function → what is said instead."""


def _defined(path: Path) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(
            node, ast.ClassDef | ast.FunctionDef
        ) and not node.name.startswith("_"):
            yield node


def _room(path: Path) -> str:
    """The floor's folder that a module stands in; some packages are rooms of their own."""
    own = [room for room in OWN_ROOMS if path.is_relative_to(room)]
    return (
        own[0]
        if own
        else "/".join(
            path.parts[: 2 if path.parts[0] == "orchestrator" else 1]
        )
    )


def _words(name: str) -> set[str]:
    return {
        word.lower()
        for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    }


def test_no_class_name_is_used_twice() -> None:
    places = defaultdict(set)
    for path in MODULES:
        for node in _defined(path):
            if (
                isinstance(node, ast.ClassDef)
                and node.name not in SPIFFWORKFLOW
            ):
                places[node.name].add(str(path))
    assert len(places) > 200
    assert {
        name: paths for name, paths in places.items() if len(paths) > 1
    } == {}


def test_no_module_name_is_used_twice_in_one_room() -> None:
    places = defaultdict(set)
    for path in MODULES:
        places[_room(path), path.stem].add(str(path))
    assert {
        name: paths for name, paths in places.items() if len(paths) > 1
    } == {}


def test_no_name_holds_a_word_that_the_glossary_rules_out() -> None:
    names = [(path.stem, str(path)) for path in MODULES]
    names += [
        (node.name, str(path)) for path in MODULES for node in _defined(path)
    ]
    offending = {
        (name, path): _words(name) & NEVER.keys() for name, path in names
    }
    assert {where: words for where, words in offending.items() if words} == {}
