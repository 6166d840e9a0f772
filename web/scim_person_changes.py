"""The changes of a person that a message of SCIM 2.0 (RFC 7644, 3.5.2) asks for, each of one attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from scim2_models import PatchOp, User

from orchestrator.errors import RuleViolated
from orchestrator.services.people.provisioning import DirectoryPerson
from web.scim_messages import KEPT, full_name, with_schemas

_USER = str(User.__schema__).lower()


def known_operations(sent: dict[str, Any]) -> dict[str, Any]:
    """The changes of a person with those alone that change what is kept of people, each of one attribute."""
    sent = with_schemas(sent, str(PatchOp.__schema__))
    operations = sent.get("Operations")
    if not isinstance(operations, list):
        return sent
    kept = [
        part
        for operation in operations
        for part in _apart(operation)
        if not isinstance(part, dict) or _is_kept(part)
    ]
    return {**sent, "Operations": kept}


def _apart(operation: object) -> Iterator[object]:
    """The operation for each attribute on its own: without a path its value names attributes, and as some
    directories have it parts of them."""
    if not isinstance(operation, dict):
        yield operation
        return
    kind = operation.get("op")
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str) and path and path.lower() != _USER:
        given = "value" in operation
        yield _of_attribute(kind, path, value, given)
    elif isinstance(value, dict):
        for key, outcome in _named_in(value):
            yield _of_attribute(kind, key, outcome, True)
    else:
        yield operation


def _named_in(value: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """(attribute, value) of each; those under the name of the schema are the person's as well."""
    for key, outcome in value.items():
        if key.lower() == _USER and isinstance(outcome, dict):
            yield from outcome.items()
        else:
            yield key, outcome


def _of_attribute(
    kind: object,
    path: str,
    value: object,
    given: bool,
) -> dict[str, Any]:
    if path.lower().startswith(f"{_USER}:"):
        path = path[len(_USER) + 1 :]
    name = _attribute(path)
    act = str(kind).lower()
    if act == "remove" or (act == "replace" and given and value is None):
        # What is removed is said by the path; to replace by nothing is to remove.
        if name == "phonenumbers" and path.lower().endswith("].value"):
            # The one number, as a directory that has set it in this form removes it.
            path = "phoneNumbers"
        return {"op": "remove", "path": path}
    changed = {"op": kind, "path": path}
    if name == "phonenumbers" and path.lower() != name:
        # No rule says which of several numbers is meant: the one of work is kept.
        changed["path"] = "phoneNumbers"
        changed["value"] = [{"value": value, "type": "work"}]
    elif value is not None:
        changed["value"] = value
    return changed


def _is_kept(operation: dict[str, Any]) -> bool:
    """Whether it changes what is kept; what names no attribute is left to be refused."""
    path = operation.get("path")
    if isinstance(path, str) and path:
        return _attribute(path) in KEPT
    return not isinstance(operation.get("value"), dict)


def _attribute(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0].lower()


def require_whole_name(present: DirectoryPerson, changed: User[Any]) -> None:
    """Raises RuleViolated for one part of a name alone, which would be lost. Closing an account waits for no
    name."""
    name = changed.name
    if name is None or changed.display_name:
        return
    if present.active and changed.active is False:
        return
    if (name.family_name or name.given_name) and not full_name(name, present):
        raise RuleViolated(
            [
                _(
                    "姓和名没有分开保存，请把姓和名一起发来，或者发来完整的姓名（displayName）"
                )
            ],
        )
