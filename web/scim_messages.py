"""What messages of SCIM 2.0 (RFC 7643, RFC 7644) say of people and groups, and how people and groups are said
in them; scim2-models knows the shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from scim2_models import (
    Group,
    GroupMember,
    GroupMembership,
    InvalidFilterException,
    Meta,
    Mutability,
    Name,
    PhoneNumber,
    Schema,
    ScimFilter,
    User,
)
from scim2_models.path.expressions import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
)

from orchestrator.errors import RuleViolated
from orchestrator.services.people.directory_groups import (
    KnownGroup,
    WantedGroup,
)
from orchestrator.services.people.provisioning import (
    DirectoryPerson,
    WantedPerson,
)

LONGEST_FILTER = 400
"""Characters."""
KEYS: Mapping[type[Any], frozenset[str]] = {
    User: frozenset({"id", "userName", "externalId", "active"}),
    Group: frozenset({"id", "displayName", "externalId"}),
}
"""What a filter may ask for."""
Value = str | bool
KEPT = frozenset(
    {
        "id",
        "username",
        "name",
        "displayname",
        "externalid",
        "active",
        "phonenumbers",
    },
)
"""What is kept of people, in lower case: names of attributes are the same in any case."""
_SHOWN: Mapping[type[Any], Mapping[str, frozenset[str]]] = {
    User: {
        "userName": frozenset(),
        "name": frozenset({"formatted"}),
        "displayName": frozenset(),
        "active": frozenset(),
        "phoneNumbers": frozenset({"value", "type", "primary"}),
        "groups": frozenset({"value", "display"}),
    },
    Group: {
        "displayName": frozenset(),
        "members": frozenset({"value", "$ref", "type", "display"}),
    },
}
"""What is kept, and of what has parts, which: attribute → its parts."""
_ONE_MEMBER = re.compile(r'(?i)members\[value eq "([^"]*)"\]')


def schema_of(kind: type[Any]) -> Schema:
    """The schema with what is kept alone, so that a directory expects no more to come back. A user name stays
    as it was given."""
    schema = kind.to_schema()
    kept = []
    for attribute in schema.attributes or []:
        parts = _SHOWN[kind].get(attribute.name)
        if parts is None:
            continue
        attribute.sub_attributes = [
            part
            for part in attribute.sub_attributes or []
            if part.name in parts
        ] or None
        if attribute.name == "userName":
            attribute.mutability = Mutability.immutable
        kept.append(attribute)
    schema.attributes = kept
    return schema


def without_unknown(sent: dict[str, Any]) -> dict[str, Any]:
    """The message about a person with what is kept of people alone: directories send mail addresses,
    departments and extensions with it."""
    kept = {
        key: value
        for key, value in sent.items()
        if key.lower() in KEPT or key == "schemas"
    }
    return with_schemas(kept, str(User.__schema__))


def group_alone(sent: dict[str, Any]) -> dict[str, Any]:
    """The message about a group without extensions, which directories name besides."""
    kept = {key: value for key, value in sent.items() if ":" not in key}
    return with_schemas(kept, str(Group.__schema__))


def with_schemas(sent: dict[str, Any], schema: str) -> dict[str, Any]:
    """The message as one of that schema alone: directories name others besides, or none."""
    if isinstance(sent.get("schemas", []), list):
        return {**sent, "schemas": [schema]}
    return sent


def group_changes(
    sent: dict[str, Any],
    present: KnownGroup,
) -> WantedGroup | None:
    """What the changes of a group want: who comes, who goes, name and external id; None where the message is
    no list of changes. A member may be removed by a filter, as RFC 7644 has it, or by a list of values, as
    directories do."""
    changes = _changes(sent.get("Operations"))
    if not changes:
        return None
    details: dict[str, Any] = {
        "displayname": present.name,
        "externalid": present.external_id,
    }
    members = {number for number, _name in present.members}
    before = frozenset(members)
    for kind, name, said in changes:
        by_id = _ONE_MEMBER.fullmatch(name)
        if by_id:
            members.discard(_number(by_id[1]))
        elif name.lower() == "members":
            members = _members_after(kind, members, said)
        elif name.lower() in details and kind != "remove":
            details[name.lower()] = said
        elif name.lower() == "externalid":
            details["externalid"] = ""
    if not all(isinstance(value, str) for value in details.values()):
        return None
    return WantedGroup(
        details["displayname"],
        details["externalid"],
        frozenset(members) - before,
        before - frozenset(members),
    )


def _changes(operations: object) -> list[tuple[str, str, Any]]:
    """(add, remove or replace, attribute, value) of each change; empty for what is no list of changes."""
    if not isinstance(operations, list):
        return []
    changes: list[tuple[str, str, Any]] = []
    for operation in operations:
        if not isinstance(operation, dict):
            return []
        kind = str(operation.get("op", "")).lower()
        if kind not in ("add", "remove", "replace"):
            return []
        path, value = operation.get("path"), operation.get("value")
        if not path and isinstance(value, dict):
            changes += [(kind, str(key), said) for key, said in value.items()]
        else:
            changes.append((kind, str(path or ""), value))
    return changes


def _members_after(kind: str, members: set[int], said: object) -> set[int]:
    if kind == "remove" and not said:
        return set()
    named = _numbers(said)
    if kind == "add":
        return members | named
    if kind == "remove":
        return members - named
    return named


def _numbers(said: object) -> set[int]:
    listed = said if isinstance(said, list) else [said]
    return {
        _number(entry.get("value") if isinstance(entry, dict) else entry)
        for entry in listed
        if entry
    }


def _number(said: object) -> int:
    """The id of a person. Raises RuleViolated."""
    text = str(said)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise RuleViolated([_("没有编号为“%(id)s”的人员", id=text[:40])])
    return int(text)


def wanted_person(
    sent: User[Any],
    present: DirectoryPerson | None = None,
) -> WantedPerson:
    """The person as the message wants him; what it does not say of name and activity is as at `present`."""
    phones = sent.phone_numbers or []
    first = next((phone.value for phone in phones if phone.value), "")
    username = sent.user_name or ""
    if sent.active is None and present is None:
        active: bool | None = True
    else:
        active = sent.active
    name = sent.display_name or full_name(sent.name, present)
    if not name:
        name = present.name if present else username
    return WantedPerson(
        username,
        name,
        (first or "").removeprefix("tel:"),
        active,
        sent.external_id or "",
    )


def full_name(name: Name | None, present: DirectoryPerson | None) -> str:
    """As the directory formats it, else the family name first, as Chinese names are; empty for one part of
    the name of somebody who is there, since his parts are not kept apart."""
    if name is None:
        return ""
    if name.formatted:
        return name.formatted
    if present and not (name.family_name and name.given_name):
        return ""
    return f"{name.family_name or ''}{name.given_name or ''}"


def wanted_group(sent: Group) -> WantedGroup:
    """The group as the message wants it, with no others in it. Raises RuleViolated for a member that is no
    id."""
    members = frozenset(_number(member.value) for member in sent.members or [])
    return WantedGroup(
        sent.display_name or "",
        sent.external_id or "",
        members,
        None,
    )


def compared(
    kind: type[User[Any]] | type[Group],
    text: str,
) -> dict[str, Value]:
    """What a filter asks for, by attribute: comparisons by eq, joined by and. Raises
    InvalidFilterException."""
    if not text.strip():
        return {}
    if len(text) > LONGEST_FILTER:
        raise InvalidFilterException
    result: dict[str, Value] = {}
    by_name = {key.lower(): key for key in KEYS[kind]}
    for comparison in _comparisons(ScimFilter[kind](text).ast):  # type: ignore[valid-type]
        key = by_name.get(str(comparison.attr_path).lower())
        if key is None or comparison.op != CompareOperator.eq or key in result:
            raise InvalidFilterException
        result[key] = _value(key, comparison.value)
    return result


def _comparisons(node: FilterNode) -> list[Comparison]:
    if isinstance(node, Comparison):
        return [node]
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return [
            comparison
            for term in node.terms
            for comparison in _comparisons(term)
        ]
    raise InvalidFilterException


def _value(key: str, value: object) -> Value:
    if key == "active" and isinstance(value, bool):
        return value
    if key == "active" or not isinstance(value, str) or "\0" in value:
        raise InvalidFilterException
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidFilterException from None
    return value


def user_of(person: DirectoryPerson, base: str) -> User[Any]:
    """The person as SCIM says him; `base`: the address of the service."""
    phones = []
    if person.phone:
        phones = [
            PhoneNumber(
                value=person.phone,
                type=PhoneNumber.Type.work,
                primary=True,
            ),
        ]
    return User(
        id=str(person.id),
        user_name=person.username,
        display_name=person.name,
        name=Name(formatted=person.name),
        active=person.active,
        external_id=person.external_id or None,
        phone_numbers=phones or None,
        groups=[
            GroupMembership.model_validate(
                {"value": str(number), "display": name},
            )
            for number, name in person.groups
        ]
        or None,
        meta=_meta("User", f"{base}/Users/{person.id}"),
    )


def group_of(group: KnownGroup, base: str) -> Group:
    """The group as SCIM says it; `base`: the address of the service."""
    members = [
        GroupMember.model_validate(
            {
                "value": str(number),
                "display": name,
                "type": "User",
                "$ref": f"{base}/Users/{number}",
            },
        )
        for number, name in group.members
    ]
    return Group(
        id=str(group.id),
        display_name=group.name,
        external_id=group.external_id or None,
        members=members or None,
        meta=_meta("Group", f"{base}/Groups/{group.id}"),
    )


def _meta(kind: str, address: str) -> Meta:
    return Meta(resource_type=kind, location=address)
