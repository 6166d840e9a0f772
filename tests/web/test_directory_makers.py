"""Requests of Okta and of Microsoft Entra as their makers document them: each is understood, or refused with
a sentence in the shape of SCIM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web import test_provisioning
from tests.web.test_provisioning import GROUP, PATCH, USER

provided, send = test_provisioning.provided, test_provisioning.send
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ENTRA_GROUP = (
    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
)
OKTA = {
    "schemas": [USER],
    "userName": "okta.user@okta.local",
    "name": {"givenName": "一", "familyName": "赵"},
    "emails": [
        {"primary": True, "value": "okta.user@okta.local", "type": "work"}
    ],
    "displayName": "赵一",
    "locale": "zh-CN",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}
ENTRA = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Entra_User_ab6490ee@example.onmicrosoft.com",
    "active": True,
    "displayName": "钱二",
    "emails": [{"primary": True, "type": "work", "value": "e@example.com"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "钱二", "familyName": "钱", "givenName": "二"},
    "roles": [],
    "addresses": [{"type": "work", "country": "CN"}],
    ENTERPRISE: {"department": "信访", "manager": {"value": "x"}},
}


def operation(op: str, value: object = ..., path: str = "") -> dict[str, Any]:
    one: dict[str, Any] = {"op": op}
    if path:
        one["path"] = path
    if value is not ...:
        one["value"] = value
    return one


@pytest.fixture(scope="module")
def people(provided) -> dict[str, str]:
    """Maker → address of the person that his directory made."""
    client = provided.test_client()
    addresses = {}
    for maker, sent in (("okta", OKTA), ("entra", ENTRA)):
        made = client.post(
            "/scim/v2/Users",
            json=sent,
            headers={"Authorization": f"Bearer {test_provisioning.TOKEN}"},
        )
        assert made.status_code == 201, made.text
        addresses[maker] = f"/Users/{made.json['id']}"
    return addresses


def test_whom_a_directory_made_it_finds_by_his_name(send, people) -> None:
    for sent in (OKTA, ENTRA):
        asked = f'/Users?filter=userName eq "{sent["userName"]}"&startIndex=1&count=100'
        shown = send("GET", asked).json
        assert shown["totalResults"] == 1
        assert shown["Resources"][0]["externalId"] == sent["externalId"]


CHANGES: dict[str, tuple[str, list[dict[str, Any]], dict[str, object]]] = {
    "okta closes": (
        "okta",
        [operation("replace", {"active": False})],
        {"active": False},
    ),
    "okta opens": (
        "okta",
        [operation("replace", {"active": True})],
        {"active": True},
    ),
    "okta changes a password": (
        "okta",
        [operation("replace", {"password": "new_password"})],
        {"active": True},
    ),
    "entra closes": (
        "entra",
        [operation("Replace", False, "active")],
        {"active": False},
    ),
    "entra opens, as it long did": (
        "entra",
        [operation("Add", "True", "active")],
        {"active": True},
    ),
    "entra closes, as it long did": (
        "entra",
        [operation("Replace", "False", "active")],
        {"active": False},
    ),
    "entra closes without a path": (
        "entra",
        [operation("Replace", {"active": "False"})],
        {"active": False},
    ),
    "entra names parts of attributes without a path": (
        "entra",
        [
            operation(
                "Add",
                {
                    'emails[type eq "work"].value': "n@example.com",
                    "name.formatted": "孙三",
                    'phoneNumbers[type eq "mobile"].value': "13905110001",
                    f"{ENTERPRISE}:department": "城管",
                    "active": True,
                },
            )
        ],
        {"displayName": "孙三", "active": True, "phone": "13905110001"},
    ),
    "entra changes several": (
        "entra",
        [
            operation("Replace", "u@example.com", 'emails[type eq "work"].value'),
            operation("Replace", "李", "name.familyName"),
            operation("Replace", "四", "name.givenName"),
            operation("Add", {"value": "m-1"}, f"{ENTERPRISE}:manager"),
        ],
        {"displayName": "李四"},
    ),
    "entra removes the manager": (
        "entra",
        [operation("Remove", path=f"{ENTERPRISE}:manager")],
        {"displayName": "李四"},
    ),
    "entra removes the telephone": (
        "entra",
        [operation("Remove", path='phoneNumbers[type eq "mobile"].value')],
        {"phone": ""},
    ),
    "entra changes one part of a name beside the whole": (
        "entra",
        [
            operation("Replace", "王", "name.familyName"),
            operation("Replace", "王四", "displayName"),
        ],
        {"displayName": "王四", "active": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize("schemas", [[PATCH], None], ids=["", "no-schemas"])
def test_changes_as_their_makers_send_them_are_understood_one_after_another(
    send: Callable[..., Any], people, schemas: list[str] | None
) -> None:
    for kind, (maker, operations, expected) in CHANGES.items():
        sent: dict[str, object] = {"Operations": operations}
        if schemas:
            sent["schemas"] = schemas
        answer = send("PATCH", people[maker], sent)
        assert answer.status_code == 200, (kind, answer.text)
        shown = answer.json
        phones = shown.get("phoneNumbers") or [{"value": ""}]
        shown["phone"] = phones[0]["value"]
        told = {key: shown.get(key) for key in expected}
        assert told == expected, kind


def test_a_whole_person_as_okta_writes_him_back(send, people) -> None:
    shown = send("GET", people["okta"]).json
    answer = send("PUT", people["okta"], {**OKTA, **shown, "active": False})
    assert answer.status_code == 200 and answer.json["active"] is False
    without = {key: value for key, value in OKTA.items() if key != "schemas"}
    assert send("PUT", people["okta"], without).json["active"] is True


def test_another_name_for_an_account_is_refused_with_a_sentence(
    send, people
) -> None:
    change = {
        "schemas": [PATCH],
        "Operations": [operation("Replace", "other@example.com", "userName")],
    }
    answer = send("PATCH", people["entra"], change)
    assert answer.status_code == 400, answer.text
    assert "用户名不能改动" in answer.json["detail"]


@pytest.mark.parametrize(
    ("maker", "schemas"),
    [("okta", [GROUP]), ("entra", [GROUP, ENTRA_GROUP]), ("none", None)],
)
def test_a_group_as_its_maker_sends_it(
    send, people, maker: str, schemas: list[str] | None
) -> None:
    number = people["entra"].rpartition("/")[2]
    group: dict[str, object] = {"displayName": f"{maker}组", "members": []}
    if maker == "entra":
        group |= {"externalId": "8aa1a0c0", "meta": {"resourceType": "Group"}}
        group.pop("members")
    if schemas:
        group["schemas"] = schemas
    made = send("POST", "/Groups", group)
    assert made.status_code == 201, made.text
    address = f"/Groups/{made.json['id']}"
    asked = (
        f'/Groups?excludedAttributes=members&filter=displayName eq "{maker}组"'
    )
    assert send("GET", asked).json["totalResults"] == 1
    member = {"$ref": None, "value": number, "display": "x"}
    for operations, members in (
        ([operation("Add", [member], "members")], 1),
        ([operation("Remove", [member], "members")], 0),
        ([operation("add", [member], "members")], 1),
        ([operation("remove", path=f'members[value eq "{number}"]')], 0),
        ([operation("replace", {"members": [member]})], 1),
        ([operation("replace", {"id": "x", "displayName": f"{maker}改"})], 1),
        ([operation("Replace", f"{maker}组", "displayName")], 1),
    ):
        sent: dict[str, object] = {"Operations": operations}
        if schemas:
            sent["schemas"] = [PATCH]
        answer = send("PATCH", address, sent)
        assert answer.status_code in (200, 204), (operations, answer.text)
        shown = send("GET", address).json
        assert len(shown.get("members") or []) == members, operations
    whole = {**group, "id": made.json["id"], "members": [member]}
    assert send("PUT", address, whole).status_code == 200
    assert send("DELETE", address).status_code == 204
