"""The database as the demonstration fills it: forms with values of the instance's own, and with choices that
the place offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import forms
from orchestrator.services.bundles import Bundle
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.services.simulation.scenario_people import KnownPerson


class DemonstrationBackend(DatabaseBackend):
    """A scenario's words fit its own place; another grid has other areas, and an item has left the list."""

    instead: Mapping[str, Any] = {}
    """By field of a form: values that are filled in in place of the scenario's own; a list of words chooses
    among what the field offers."""

    def __init__(self, tenant_id: str) -> None:
        super().__init__(tenant_id)
        # Nothing is published and nobody comes or goes while the demonstration is made.
        self._bundles: dict[str, Bundle] = {}
        self._people: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def body_name(self, body_id: str) -> str:
        if body_id not in self._names:
            self._names[body_id] = super().body_name(body_id)
        return self._names[body_id]

    def _bundle(self, process: str) -> Bundle:
        if process not in self._bundles:
            self._bundles[process] = super()._bundle(process)
        return self._bundles[process]

    def _person(self, by: KnownPerson) -> int:
        if by.username not in self._people:
            self._people[by.username] = super()._person(by)
        return self._people[by.username]

    def _adapted(
        self,
        form: forms.Form,
        values: dict[str, Any],
        options: Mapping[str, Sequence[forms.Option]],
    ) -> dict[str, Any]:
        written = {
            key: value
            for key, value in self.instead.items()
            if not isinstance(value, list)
        }
        whole = written.keys() <= form.field_keys
        result = values | {
            key: value
            for key, value in written.items()
            if whole or key in values
        }
        for field in form.inputs():
            listed = options.get(field.options_source or "", ())
            offered = [option.value for option in listed]
            words = self.instead.get(field.key)
            if listed and isinstance(words, list) and field.key in result:
                result[field.key] = option_with(
                    listed, words, values.get(field.key, "")
                )
            if (
                offered
                and isinstance(result.get(field.key), str)
                and result[field.key] not in offered
            ):
                result[field.key] = offered[
                    len(str(self.instead)) % len(offered)
                ]
        return result


def option_with(
    options: Sequence[forms.Option],
    words: Sequence[str],
    otherwise: str,
) -> str:
    """Value of the first option whose label has the first of the words that any has; `otherwise` where none
    has one. Each city calls its items by its own words."""
    for word in words:
        for option in options:
            if word in str(option.label):
                return option.value
    return otherwise
