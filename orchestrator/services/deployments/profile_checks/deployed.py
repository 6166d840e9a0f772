"""What is checked: the processes of a deployment beside its profile and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import forms
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Definition, Element
from orchestrator.engine.model import Process
from orchestrator.engine.nameless import called
from orchestrator.services.bundles import form_questions
from orchestrator.services.deployments.profile_checks.variables import (
    Variables,
)


@dataclass(frozen=True)
class CheckedDeployment:
    """The processes that people can start, with those they call, beside profile and forms."""

    profile: Jurisdiction
    forms: Mapping[str, forms.Form]
    definitions: Sequence[Definition]

    @cached_property
    def processes(self) -> Mapping[str, Process]:
        """Every process by id, called ones once."""
        return {
            key: process
            for definition in self.definitions
            for key, process in definition.processes.items()
        }

    @cached_property
    def variables(self) -> Variables:
        """Who sets which variable, and where it is seen."""
        lists = form_questions.lists(self.profile)
        asked = {
            key: forms.with_questions(form, lists)
            for key, form in self.forms.items()
        }
        return Variables(self.definitions, asked)

    def elements(self) -> Iterator[tuple[str, Element]]:
        """(file, element) of every process, called ones once."""
        for process in self.processes.values():
            for element in process.elements.values():
                yield process.resource, element


named = called
"""How a designer finds the element: its name in quotation marks, or its kind and place."""
