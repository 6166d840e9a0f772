"""Which step of a procedure is whose approval: the property `approver` of a user task says it."""

from __future__ import annotations

from collections.abc import Mapping

APPROVER = "approver"
"""Extension property of a user task; its value is an approver of the profile's [items.admission],
[items.exit] or [items.compilation]."""

CHANGES: Mapping[str, str] = {
    "item-list.publish": "admission",
    "item-list.remove": "exit",
    "item-list.compile": "compilation",
}
"""Topic → the change of the list that it makes, as the profile calls it."""

FORMER_ID = "approve_by_{}"
"""Id of the step by which an approval was known before steps said it: diagrams that were deployed then go on
by it."""
