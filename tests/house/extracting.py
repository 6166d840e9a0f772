"""Every text that people read, out of all that holds one: Python, templates."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).parents[2]
ROOMS = ("web", "orchestrator", "forms")
CALLS = frozenset(
    ("_", "gettext", "ngettext", "lazy_gettext", "N_", "say", "joined")
)
TEMPLATES = [("**/templates/**.html", "jinja2.ext.babel_extract")]


def texts() -> Iterator[str]:
    """The message ids, those of nested calls included; a blank text is none."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield from filter(
                str.strip,
                _of_python(ast.parse(file.read_text(encoding="utf-8"))),
            )
        for _file, _line, message, *_rest in extract_from_dir(
            str(ROOT / room), TEMPLATES
        ):
            yield message if isinstance(message, str) else message[0]


def sentences() -> Iterator[tuple[Path, ast.Call, str]]:
    """Each call of say() with a pattern that is written there: its file, the call, the pattern."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            for call in _calls(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call.func, ast.Name) and call.func.id == "say":
                    yield from (
                        (file, call, pattern)
                        for pattern in _first_text(call.args)
                    )


def _of_python(tree: ast.Module) -> Iterator[str]:
    for call in _calls(tree):
        yield from _first_text(call.args)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in CALLS
        ):
            yield node


def _first_text(arguments: list[ast.expr]) -> Iterator[str]:
    first = arguments[0] if arguments else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        yield first.value
