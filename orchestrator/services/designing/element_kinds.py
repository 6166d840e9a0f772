"""How a comparison calls an element: by its kind and its name."""

from __future__ import annotations

from orchestrator.engine import Definition, Element, nameless
from orchestrator.engine.element_kinds import kind_of
from orchestrator.sentences import say


def called(element: Element) -> str:
    """What the element is and its name; of one without a name, where it stands."""
    if not element.name and element.beside:
        return nameless.called(element)
    return say(
        "{kind}“{name}”",
        kind=kind_of(element),
        name=element.name or say("未命名"),
    )


def element_names(definition: Definition) -> dict[str, str]:
    return {
        element_id: element.name or _unnamed(element)
        for element_id, element in definition.elements.items()
    }


def _unnamed(element: Element) -> str:
    """Its kind and where it stands; its kind alone where it stands beside no step with a name."""
    if element.beside is None:
        return kind_of(element)
    return nameless.label(element)
