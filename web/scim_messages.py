"""What messages of SCIM 2.0 (RFC 7643, RFC 7644) say of people and groups, and how people and groups are said
in them; scim2-models knows the shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from scim2_models import (
    Group,
    GroupMember,
    GroupMembership,
    InvalidFilterException,
    Meta,
    Name,
    PhoneNumber,
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
from orchestrator.services.people.provisioning import (
    DirectoryPerson,
    KnownGroup,
    WantedGroup,
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


def wanted_person(sent: User[Any]) -> WantedPerson:
    """The person as the message wants him."""
    phones = sent.phone_numbers or []
    first = next((each.value for each in phones if each.value), "")
    username = sent.user_name or ""
    return WantedPerson(
        username,
        sent.display_name or _full_name(sent.name) or username,
        (first or "").removeprefix("tel:"),
        sent.active is not False,
        sent.external_id or "",
    )


def _full_name(name: Name | None) -> str:
    """As the directory formats it, else the family name first, as Chinese names are."""
    if name is None:
        return ""
    return name.formatted or f"{name.family_name or ''}{name.given_name or ''}"


def wanted_group(sent: Group) -> WantedGroup:
    """The group as the message wants it. Raises RuleViolated for a member that is no id."""
    members = [each.value or "" for each in sent.members or []]
    for each in members:
        if not _is_number(each):
            raise RuleViolated([_("没有编号为「%(id)s」的人员", id=each[:40])])
    return WantedGroup(
        sent.display_name or "",
        sent.external_id or "",
        frozenset(int(each) for each in members),
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def compared(
    kind: type[User[Any]] | type[Group], text: str
) -> dict[str, Value]:
    """What a filter asks for, by attribute: comparisons by eq, joined by and; names in lower case. Raises
    InvalidFilterException."""
    if not text.strip():
        return {}
    if len(text) > LONGEST_FILTER:
        raise InvalidFilterException
    found: dict[str, Value] = {}
    by_name = {key.lower(): key for key in KEYS[kind]}
    for each in _comparisons(ScimFilter[kind](text).ast):  # type: ignore[valid-type]
        key = by_name.get(str(each.attr_path).lower())
        if key is None or each.op != CompareOperator.eq or key in found:
            raise InvalidFilterException
        found[key] = _value(key, each.value)
    return found


def _comparisons(node: FilterNode) -> list[Comparison]:
    if isinstance(node, Comparison):
        return [node]
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return [each for term in node.terms for each in _comparisons(term)]
    raise InvalidFilterException


def _value(key: str, value: object) -> Value:
    if key == "active" and isinstance(value, bool):
        return value
    if key == "active" or not isinstance(value, str) or "\0" in value:
        raise InvalidFilterException
    if key in ("userName", "displayName"):
        return value.lower()
    return value


def user_of(person: DirectoryPerson, base: str) -> User[Any]:
    """The person as SCIM says him; `base`: the address of the service."""
    phones = []
    if person.phone:
        phones = [
            PhoneNumber(
                value=person.phone, type=PhoneNumber.Type.work, primary=True
            )
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
                {"value": str(number), "display": name}
            )
            for number, name in person.groups
        ]
        or None,
        meta=_meta("User", f"{base}/Users/{person.id}"),
    )


def group_of(found: KnownGroup, base: str) -> Group:
    """The group as SCIM says it; `base`: the address of the service."""
    members = [
        GroupMember.model_validate({"value": str(number), "display": name})
        for number, name in found.members
    ]
    return Group(
        id=str(found.id),
        display_name=found.name,
        external_id=found.external_id or None,
        members=members or None,
        meta=_meta("Group", f"{base}/Groups/{found.id}"),
    )


def _meta(kind: str, address: str) -> Meta:
    return Meta(resource_type=kind, location=address)
