"""The language that a file says an expression or a script is written in: ours, one that can be translated, or
another that nobody here runs."""

from __future__ import annotations

import ast
import re

from orchestrator.engine.translating import LONGEST_SCRIPT

OURS = "ours"
FEEL = "feel"
JUEL = "juel"
OTHER = "other"
XPATH = "http://www.w3.org/1999/xpath"
"""BPMN's default for a whole file, which modelling tools write and no engine reads."""
_JUEL = re.compile(
    r"(?:^|[^a-z])(?:juel|uel)(?:$|[^a-z])|java\.sun\.com/products/jsp",
)
_FEEL = re.compile(r"(?:^|[^a-z])feel(?:$|[^a-z])")
_PYTHON = re.compile(r"(?:^|[^a-z])(?:p|j|cp)ython[\d.]*(?:$|[^a-z])")
_BARE = re.compile(
    r"^(?P<open>[$#]\{\s*)?(?:[^\W\d]\w*|-?\d+(?:\.\d+)?|\"[^\"\\]*\")(?(open)\s*\})$",
)
_ELSEWHERE = re.compile(
    r"[$`#]|\\[^\\\"'nrtu]|\b[rRbBuUfF]{1,2}[\"']|[\"']{3}"
)
"""What a script of another language says otherwise: values in texts, remarks, escapes, prefixes of texts."""
_SAME_IN_SCRIPTS = (
    *("groovy", "javascript", "ecmascript", "js"),
    *("nashorn", "graal.js", "graaljs"),
)
"""Languages whose plain assignments mean here what they mean there."""
_PLAIN: tuple[type[ast.AST], ...] = (
    ast.Module,
    ast.Assign,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Constant,
    ast.List,
    ast.BinOp,
    ast.Add,
    ast.Sub,
)
_PLAIN += (ast.Mult, ast.UnaryOp, ast.USub)


def language(name: str | None) -> str:
    """OURS (also where none is named), FEEL, JUEL or OTHER."""
    written = (name or "").strip().lower()
    if not written or _PYTHON.search(written):
        return OURS
    if _FEEL.search(written):
        return FEEL
    if _JUEL.search(written):
        return JUEL
    return OTHER


def translates(name: str) -> bool:
    """Whether short scripts of that language can be rewritten as assignments of ours."""
    return name.strip().lower().rpartition("/")[2] in _SAME_IN_SCRIPTS


def means_the_same(script: str, name: str) -> bool:
    """Whether a script of that language assigns nothing but constants, variables and sums of them, one a
    line."""
    if len(script) > LONGEST_SCRIPT or not translates(name):
        return False
    if _ELSEWHERE.search(script):
        return False
    try:
        nodes = list(ast.walk(ast.parse(script)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    plain = all(isinstance(node, _PLAIN) for node in nodes)
    return plain and all(
        len(node.targets) == 1
        for node in nodes
        if isinstance(node, ast.Assign)
    )


def places(text: str) -> list[ast.expr]:
    """The numbers, written or worked out, by which the expression reads entries, and its slices; none where
    it cannot be read."""
    if len(text) > LONGEST_SCRIPT:
        return []
    try:
        nodes = ast.walk(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        node.slice
        for node in nodes
        if isinstance(node, ast.Subscript) and not is_text(node.slice)
    ]


def is_bare(text: str) -> bool:
    """Whether it is a variable's name, a number or a text between double quotes, `${…}` around it or not."""
    return bool(_BARE.match(text.strip()))


def is_text(node: ast.AST) -> bool:
    """Whether the node of an expression is a text in quotes."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
