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

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
OF_OTHERS = {"process_bind_param", "NotFound", "_not_found"}
"""Names that a library or HTTP gives."""
CEILINGS = {
    "each": 11,
    "found": 12,
    "fresh": 5,
    "matters": 1,
    "rehearsal": 2,
    "stage": 7,
    "step": 139,
    "tell": 21,
    "told": 60,
}
"""Word that the glossary rules out → how many names still hold it. A name that is changed lowers the ceiling;
nothing raises it."""


SLACK = 3
"""So far may a ceiling be above the number."""


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


def _ruled_out() -> set[str]:
    """The words in code letters of the column `never` in both tables of the glossary."""
    words: set[str] = set()
    place = None
    for line in GLOSSARY.splitlines():
        if not line.startswith("|"):
            place = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if place is None:
            place = cells.index("never")
        else:
            words |= set(re.findall(r"`([a-z]+)`", cells[place]))
    return words


def _names(path: Path) -> Iterator[str]:
    """The module, and each of its functions, classes, arguments and fields."""
    yield path.stem
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.arg):
            yield node.arg
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.AnnAssign):
                    yield ast.unparse(part.target)


def test_no_name_holds_a_word_that_the_glossary_rules_out() -> None:
    ruled_out = _ruled_out()
    assert ruled_out >= {"matter", "todo", "moving", "utils", *CEILINGS}
    places = defaultdict(list)
    for path in MODULES:
        for name in _names(path):
            if name in OF_OTHERS:
                continue
            for word in _words(name) & ruled_out:
                places[word].append(f"{path}: {name}")
    too_many = {
        word: names
        for word, names in places.items()
        if len(names) > CEILINGS.get(word, 0)
    }
    assert too_many == {}
    assert {
        word: len(places[word])
        for word, ceiling in CEILINGS.items()
        if len(places[word]) < ceiling - SLACK
    } == {}, "lower the ceiling in CEILINGS to this"
