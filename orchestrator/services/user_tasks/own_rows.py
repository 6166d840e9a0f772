"""The row of a table that a task is about, where a step is done once for each row: a resolution of a
meeting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import forms
from orchestrator.engine import expressions
from orchestrator.services.bundles import Bundle
from orchestrator.services.records.sights import CAREFUL, InstanceSight
from orchestrator.store.user_tasks import UserTask


def row_facts(
    bundle: Bundle, task: UserTask, sight: InstanceSight = CAREFUL
) -> list[tuple[str, str]]:
    """(label, value) of what was filled in of the row, as whoever reads it sees it; choices from the
    registers are left out. Nothing where the task is about no row."""
    for element in bundle.definition.elements.values():
        multi = element.multi
        if multi is None or not multi.collection or not multi.item:
            continue
        row = task.variables.get(multi.item)
        if isinstance(row, Mapping):
            table = expressions.unwrap(multi.collection).strip()
            return _told(bundle, table, row, sight)
    return []


def _told(
    bundle: Bundle, table: str, row: Mapping[str, Any], sight: InstanceSight
) -> list[tuple[str, str]]:
    for form in bundle.forms.values():
        for item in form.inputs():
            if item.type != "dynamiclist" or item.key != table:
                continue
            fields = tuple(
                component
                for component in item.components
                if not component.options_source
            )
            shown = sight.of_forms.within(item)
            return forms.summarise(
                replace(form, fields=fields), row, {}, sight=shown
            )
    return []
