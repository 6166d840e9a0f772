"""The list of SpiffWorkflow's private members that the engine touches, in docs/spiffworkflow.md, is whole."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import SpiffWorkflow

from orchestrator import engine

ROOT = Path(__file__).parents[2]
LIBRARY = Path(SpiffWorkflow.__file__).parent


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(
        engine.__path__, "orchestrator.engine."
    ):
        yield importlib.import_module(found.name)


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def _overridden() -> set[str]:
    """Private members of a class of the library that a class of ours, or a mixin of it, sets anew."""
    found = set()
    for module in _modules():
        for _name, ours in inspect.getmembers(module, inspect.isclass):
            theirs = [
                each
                for each in ours.__mro__
                if each.__module__.startswith("SpiffWorkflow")
            ]
            own = [
                each
                for each in ours.__mro__
                if each.__module__.startswith("orchestrator.")
            ]
            members = {
                name for each in own for name in vars(each) if _private(name)
            }
            found |= {
                name
                for name in members
                if any(name in vars(each) for each in theirs)
            }
    return found


def _of_the_library() -> set[str]:
    """Private names that its classes define or its instances carry, and its private classes."""
    found = set()
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and _private(
                node.name
            ):
                found.add(node.name)
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and _private(node.attr)
            ):
                found.add(node.attr)
    return found


def _used() -> set[str]:
    """Private names that the engine's code takes of another object, or of itself without defining them, and
    that the library has."""
    found: set[str] = set()
    defined: set[str] = set()
    for path in (ROOT / "orchestrator" / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and _private(node.attr):
                found.add(node.attr)
            elif (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and _private(node.name)
                and not _is_protocol(node)
            ):
                defined.add(node.name)
            elif isinstance(node, ast.ImportFrom) and (
                node.module or ""
            ).startswith("SpiffWorkflow"):
                found |= {
                    each.name for each in node.names if _private(each.name)
                }
    return found & _of_the_library() - (defined - _overridden())


def _is_protocol(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether it only says what a member of the library looks like."""
    return (
        isinstance(node.body[-1], ast.Expr)
        and isinstance(node.body[-1].value, ast.Constant)
        and node.body[-1].value.value is ...
    )


def _listed() -> set[str]:
    text = (ROOT / "docs" / "spiffworkflow.md").read_text()
    section = text.split("## Private members")[1].split("\n## ")[0]
    quoted = " ".join(re.findall(r"`([^`]*)`", section))
    return {
        name
        for name in re.findall(r"(?<![A-Za-z0-9])_\w+", quoted)
        if _private(name)
    }


def test_the_list_of_private_members_is_whole() -> None:
    assert _listed() == _overridden() | _used()
