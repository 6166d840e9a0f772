"""What is said of a topic: its inputs, what it reads, what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.domain.jurisdiction import Jurisdiction


@dataclass(frozen=True, slots=True)
class Input:
    """A value that the diagram itself writes at the service task (camunda:inputParameter)."""

    name: str
    label: str
    required: bool = False
    values: tuple[str, ...] = ()
    """All that may be written; empty when it is free."""
    bodies: bool = False
    """Whether it names bodies, as `role@level`."""
    levels: Callable[[Jurisdiction], tuple[str, ...]] | None = None
    """The levels of a profile of which it names one; None when it names none."""

    def written(self, profile: Jurisdiction) -> tuple[str, ...]:
        """All that may be written under that profile; empty when it is free."""
        if self.levels:
            return self.levels(profile)
        return self.values


@dataclass(frozen=True, slots=True)
class Read:
    """A variable of the instance that the handler reads; a form or an earlier step has set it."""

    name: str
    label: str
    required: bool = False
    shown: bool = True
    """Whether what it writes of it stands where others read it; False where it only asks whether there is
    one, or keeps it in a file of its own rules of sight."""


@dataclass(frozen=True, slots=True)
class Topic:
    label: str
    inputs: tuple[Input, ...] = ()
    reads: tuple[Read, ...] = ()
    gives: tuple[tuple[str, str], ...] = ()
    """(name, label) of each variable that it sets."""
    errors: tuple[str, ...] = ()
    """Codes of the business errors that it throws."""
    needs: str = ""
    """The function without which it cannot work; empty when it needs none."""
    tells: bool = False
    """Whether it only sends a notice or reads something: a decision before it may still be taken back."""
