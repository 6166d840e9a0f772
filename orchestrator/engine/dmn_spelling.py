"""Names of a DMN document that have spaces, as variables have them: `Full Name` is read as `Full_Name`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from orchestrator.engine import dmn_index, dmn_nodes
from orchestrator.engine.syntaxes import WORDS

_NO_NAMES = {*WORDS, "not", "true", "false", "null"}
_WORD = re.compile(r"\w+")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")


def as_variable(name: str) -> str | None:
    """The name as a variable has it: `Full Name` is `Full_Name`, `Date-Time` `Date_Time`. None where it has
    other signs, or words that FEEL reads otherwise."""
    words = name.replace("-", " - ").split()
    if words.count("-") and "-" in (words[0], words[-1]):
        return None
    words = [word for word in words if word != "-"]
    joined = "_".join(words)
    if not joined.isidentifier() or _NO_NAMES.intersection(words):
        return None
    return joined


def respelled(
    text: str,
    names: Mapping[str, str],
    functions: Collection[str] = (),
) -> str:
    """The FEEL with these names as variables. `names`: each with single spaces → its variable. `functions`:
    those of them that are called, before a bracket; any other name is none there."""
    if not names:
        return text
    longest_first = sorted(names, key=len, reverse=True)
    patterns = [
        _pattern(name) + ("" if name in functions else r"(?!\s*\()")
        for name in longest_first
    ]
    words = re.compile(
        rf"{QUOTED.pattern}|(?<![\w.])(?:{'|'.join(patterns)})(?!\w)",
    )
    return words.sub(lambda match: _spelled(match[0], names), text)


def _pattern(name: str) -> str:
    parts = map(re.escape, name.split())
    return r"\s+".join(parts)


def _spelled(text: str, names: Mapping[str, str]) -> str:
    name = " ".join(text.split())
    return names.get(name, text)


def is_taken(node: Any, variable: str) -> bool:
    """Whether a name of the document, or a word of its expressions, is this variable already."""
    words = dmn_index.once(node, "words", lambda: _words(node))
    return variable in words


def _words(node: Any) -> frozenset[str]:
    words: set[str] = set()
    for inner in dmn_index.of(node).root.iter("*"):
        words.add(inner.get("name") or "")
        if dmn_nodes.local(inner) == "text":
            words.update(_WORD.findall(inner.text or ""))
    return frozenset(words)


def spaced(decision: Any) -> dict[str, str]:
    """Each name with a space that the decision may read → the variable of it."""
    return dmn_index.once(
        decision,
        ("spaced", decision),
        lambda: _spaced(decision),
    )


def _spaced(decision: Any) -> dict[str, str]:
    names = {
        " ".join(name.split()): variable
        for name in visible(decision)
        if not name.isidentifier() and (variable := as_variable(name))
    }
    taken = {*visible(decision)}
    taken.update(
        variable
        for name, variable in names.items()
        if not taken.isdisjoint(map(str.strip, name.split("-")[1:]))
        or ("-" in name and name.split("-")[0].strip() in taken)
    )
    return {
        name: variable
        for name, variable in names.items()
        if variable not in taken
    }


def spread(text: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """(name, what stands there) where a name with a hyphen stands in the text with spaces around it, which is
    the difference of two variables."""
    for name in names:
        words = [re.escape(word) for word in re.split(r"\s*-\s*", name)]
        if len(words) == 1:
            continue
        joined = r"\s*-\s*".join(words)
        for match in re.finditer(rf"(?<![\w.]){joined}(?!\w)", text):
            if match[0] != name:
                yield name, match[0]


def sharing(decision: Any) -> dict[str, list[str]]:
    """Each variable for which several names of what the decision requires would stand → those names."""
    found: dict[str, list[str]] = {}
    for names in _named(decision):
        variables = {as_variable(name): name for name in names}
        for variable, name in variables.items():
            if variable:
                found.setdefault(variable, []).append(name)
    return {
        variable: names
        for variable, names in found.items()
        if len(set(names)) > 1
    }


def visible(decision: Any) -> list[str]:
    """Names of the input data and decisions that the decision requires, and of their variables."""
    return [name for names in _named(decision) for name in names]


def _named(decision: Any) -> Iterator[list[str]]:
    """The names of each of them and of its variable."""
    for kind in ("requiredInput", "requiredDecision"):
        for node in dmn_nodes.required_nodes(
            decision,
            kind,
        ):
            variable = dmn_nodes.child(
                node,
                "variable",
            )
            names = [node.get("name") or ""]
            if variable is not None:
                names.append(variable.get("name") or "")
            yield [name for name in names if name]
