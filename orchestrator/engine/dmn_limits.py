"""The values that a type of a DMN document allows, as one test of a value: also those of a type that is
defined by another one, of the entries of a list and of the components of a context (DMN 1.5, 7.3.3)."""

from __future__ import annotations

from typing import Any

from orchestrator.engine import cells, dmn_index, dmn_nodes
from orchestrator.engine.cells import VALUE
from orchestrator.engine.editions import Edition

_MOST_PARTS = 300
"""Item definitions and components of one type; what lies beyond is not looked at."""
_DEEPEST = 8
"""Item definitions inside each other; what lies deeper is not looked at."""
_WHOLE, _EACH = "typeConstraint", "allowedValues"
"""Limits of a list itself, and of its entries."""
_UNFILLED = f"{VALUE} in [null, '']"
_ENTRIES = f"feel('flatten', [{VALUE}])"
"""The value's entries; a value that is no list is its one entry."""


def test_of(node: Any, wanted: str, edition: Edition) -> str | None:
    """The test that a value of the type of that name must pass; None where any passes."""
    return _Limits(dmn_index.of(node), edition).of_name(wanted, 0)


class _Limits:
    """The item definitions of a document, of which so many parts are looked at for one type."""

    def __init__(self, index: dmn_index.Index, edition: Edition) -> None:
        self.index = index
        self.edition = edition
        self.left = _MOST_PARTS

    def of_name(self, type_ref: str | None, depth: int) -> str | None:
        name = (type_ref or "").strip().rpartition(":")[2]
        item = self.index.items.get(name)
        return None if item is None else self._of_item(item, depth)

    def _of_item(self, item: Any, depth: int) -> str | None:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return None
        entry, whole = (self._test(item, name) for name in (_EACH, _WHOLE))
        if item.get("isCollection") != "true":
            return self._alone(item, depth, both(entry, whole))
        entries = self._alone(item, depth, entry)
        return both(whole, entries and _for_all(entries, _ENTRIES))

    def _alone(self, item: Any, depth: int, own: str | None) -> str | None:
        """The test of a value, or of an entry where the item is a list. Its `own` limits take the place of
        those of the type by which it is defined."""
        parts = [
            self._of_component(node, depth + 1)
            for node in item
            if dmn_nodes.local(node) == "itemComponent"
        ]
        if own is None and not parts:
            base = dmn_nodes.child(item, "typeRef")
            return None if base is None else self.of_name(base.text, depth + 1)
        return both(own, *parts)

    def _of_component(self, node: Any, depth: int) -> str | None:
        test = self._of_item(node, depth)
        name = node.get("name") or ""
        if test is None:
            return None
        part = f"{VALUE}.{name}" if name.isidentifier() else ""
        return _for_all(test, f"[{part or f'{VALUE}[{name!r}]'}]")

    def _test(self, item: Any, name: str) -> str | None:
        written = dmn_nodes.text(dmn_nodes.child(item, name))
        return cells.unary_test(written, self.edition)


def _for_all(test: str, values: str) -> str:
    """Whether each of the values passes the test; nothing is always allowed."""
    return f"all([{_UNFILLED} or ({test}) for {VALUE} in {values}])"


def both(*tests: str | None) -> str | None:
    """All of the tests as one; None without any."""
    known = list(filter(None, tests))
    return " and ".join(f"({test})" for test in known) or None
