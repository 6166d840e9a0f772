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
    """By field of a form: values that are filled in in place of the scenario's own."""

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
        whole = self.instead.keys() <= form.field_keys
        result = values | {
            key: value
            for key, value in self.instead.items()
            if whole or key in values
        }
        for field in form.inputs():
            offered = [
                option.value
                for option in options.get(field.options_source or "", ())
            ]
            if (
                offered
                and isinstance(result.get(field.key), str)
                and result[field.key] not in offered
            ):
                result[field.key] = offered[
                    len(str(self.instead)) % len(offered)
                ]
        return result
