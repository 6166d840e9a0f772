"""What is looked up again and again in one DMN document, walked once for the reading of the file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Made = TypeVar("Made")


class Index:
    """A document's nodes by what they are looked up by."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.required: dict[str, list[tuple[int, Any]]] = {}
        """Id → (place, input data or decision)."""
        self.types: dict[str, Any] = {}
        """Name → the first item definition of it that is no list."""
        self.items: dict[str, Any] = {}
        """Name → the first item definition of it."""
        self.kept: dict[Hashable, Any] = {}
        """What was made of the document once."""
        for place, node in enumerate(
            root.iter(
                "{*}inputData",
                "{*}decision",
            ),
        ):
            self.required.setdefault(
                node.get("id"),
                [],
            ).append((place, node))
        for node in root.iterchildren("{*}itemDefinition"):
            self.items.setdefault(
                node.get("name"),
                node,
            )
            if node.get("isCollection") != "true":
                self.types.setdefault(
                    node.get("name"),
                    node,
                )

    def is_limited(self, type_ref: str | None) -> bool:
        """Whether the type allows some values alone."""
        item = self.types.get((type_ref or "").rpartition(":")[2])
        return item is not None and any(
            isinstance(node.tag, str)
            and node.tag.endswith(("}allowedValues", "}typeConstraint"))
            for node in item.iter()
        )


_read: ContextVar[Index | None] = ContextVar(
    "dmn_index",
    default=None,
)


@contextmanager
def reading(root: Any) -> Iterator[None]:
    """Inside the block, the document is walked once. It must not change there."""
    token = _read.set(of(root))
    try:
        yield
    finally:
        _read.reset(token)


def of(node: Any) -> Index:
    """The index of the node's document: that of the reading around, a new one without."""
    root = node.getroottree().getroot()
    index = _read.get()
    if index is None or index.root is not root:
        return Index(root)
    return index


def once(
    node: Any,
    key: Hashable,
    make: Callable[[], Made],
) -> Made:
    """What `make` gives, made once for each key while the node's document is read."""
    kept = of(node).kept
    if key not in kept:
        kept[key] = make()
    made: Made = kept[key]
    return made
