"""SCIM 2.0: a directory makes, changes and closes accounts, and its groups give and take bodies by the table
of groups; nothing of another city, and every wrong message gets an answer in the shape of SCIM."""

from __future__ import annotations

import dataclasses
import errno
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from orchestrator.services.people import directory_groups, groups
from orchestrator.services.people import provisioning as services
from orchestrator.services.people.directory_groups import WantedGroup
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.groups import GroupMapping
from orchestrator.store.people import Membership, Person
from orchestrator.store.provisioning import DirectoryGroupMember
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from web import provisioning

TOKEN = "t" * 40
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
KNOWN = {
    # There is no POST /.search, which a server may leave out.
    "search_with_attributes",
    # One telephone number is kept, as that of work, without a display name.
    "check_add_attribute'phoneNumbers'",
    "check_replace_attribute'phoneNumbers'",
    # An account has a name and is open or closed.
    "check_remove_attribute'name'",
    "check_remove_attribute'displayName'",
    "check_remove_attribute'active'",
    # A member is shown by the name that the account has.
    "check_add_attribute'members'",
    "check_replace_attribute'members'",
}
"""What scim2-tester asks for and we do otherwise, on purpose."""
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(scope="module")
def provided(application) -> Flask:
    """The same office on a server that a directory may speak to."""
    return create_app(
        dataclasses.replace(
            application.extensions["gridflow"],
            scim_tokens={"zhenjiang": TOKEN, "empty-city": "e" * 40},
        )
    )


@pytest.fixture
def send(provided: Flask) -> Callable[..., Any]:
    client = provided.test_client()

    def sending(
        method: str, path: str, body: object = None, token: str = TOKEN
    ) -> Any:
        return client.open(
            f"/scim/v2{path}",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )

    return sending


def person(username: str, **more: object) -> dict[str, object]:
    return {"schemas": [USER], "userName": username, **more}


def patch(op: str, path: str, value: object = None) -> dict[str, object]:
    operation = {"op": op, "path": path}
    if value is not None:
        operation["value"] = value
    return {"schemas": [PATCH], "Operations": [operation]}


def bodies(application, username: str) -> set[str]:
    with application.app_context(), transaction(writing=False) as session:
        rows = sa.select(Membership.body_id).join(
            Person, Person.id == Membership.person_id
        )
        return set(
            session.scalars(
                rows.where(
                    Person.username == username, Membership.until_on.is_(None)
                )
            )
        )


def test_groups_of_the_directory_give_and_take_bodies(
    application, signed_in, send
) -> None:
    row = {"group": "司法所", "body": "京口区信访局", "title": "科员"}
    signed_in("admin").post("/admin/groups/", data=row)
    made = send("POST", "/Users", person("scim-li", displayName="李四"))
    assert made.status_code == 201, made.text
    assert made.content_type == "application/scim+json"
    number = made.json["id"]
    assert made.headers["Location"].endswith(f"/scim/v2/Users/{number}")
    assert bodies(application, "scim-li") == set()
    group = send(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP],
            "displayName": "司法所",
            "urn:example:extra:2.0:Group": {"kind": "x"},
            "members": [{"value": number}],
        },
    )
    assert group.status_code == 201, group.text
    (body,) = bodies(application, "scim-li")
    assert body.endswith(":321102")
    address = f"/Groups/{group.json['id']}"
    gone = send(
        "PATCH", address, patch("remove", f'members[value eq "{number}"]')
    )
    assert gone.status_code == 200 and "members" not in gone.json
    assert bodies(application, "scim-li") == set()
    send("PATCH", address, patch("add", "members", [{"value": number}]))
    assert bodies(application, "scim-li") == {body}
    shown = send("GET", f"/Users/{number}").json
    assert shown["groups"] == [
        {"value": group.json["id"], "display": "司法所"}
    ]
    renamed = patch("replace", "displayName", "另一个组")
    assert send("PATCH", address, renamed).status_code == 200
    assert bodies(application, "scim-li") == set()
    send("PATCH", address, patch("replace", "displayName", "司法所"))
    assert bodies(application, "scim-li") == {body}
    assert send("DELETE", address).status_code == 204
    assert bodies(application, "scim-li") == set()
    assert send("GET", address).status_code == 404


def test_an_account_is_closed_opened_removed_and_made_again(
    application, send
) -> None:
    number = send("POST", "/Users", person("scim-wang", externalId="w-1"))
    address = f"/Users/{number.json['id']}"
    closed = send("PATCH", address, patch("Replace", "active", "False"))
    assert closed.status_code == 200 and closed.json["active"] is False
    found = send("GET", '/Users?filter=userName eq "SCIM-WANG"').json
    assert (found["totalResults"], found["Resources"][0]["active"]) == (
        1,
        False,
    )
    changed = person("scim-wang", displayName="王五", active=True)
    opened = send("PUT", address, changed).json
    assert (opened["active"], opened["displayName"]) == (True, "王五")
    assert "externalId" not in opened, "PUT says all"
    taken = send("POST", "/Users", person("Scim-Wang"))
    assert (taken.status_code, taken.json["scimType"]) == (409, "uniqueness")
    assert send("DELETE", address).status_code == 204
    assert send("GET", address).status_code == 404
    assert send("GET", '/Users?filter=userName eq "scim-wang"').json[
        "totalResults"
    ] == (0)
    again = send("POST", "/Users", person("scim-wang"))
    assert again.json["id"] == number.json["id"], "his record goes on"
    with application.app_context(), transaction(writing=False) as session:
        kinds = session.scalars(
            sa.select(AccountEvent.kind)
            .where(AccountEvent.person_id == int(again.json["id"]))
            .order_by(AccountEvent.id)
        ).all()
    assert kinds == [
        "added",
        "retired",
        "changed",
        "restored",
        "retired",
        "changed",
        "restored",
    ]


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_messages_as_directories_write_them_are_understood(
    application, send
) -> None:
    made = send(
        "POST",
        "/Users",
        {
            **person("scim-zhao", emails=[{"value": "z@example.cn"}]),
            "schemas": [USER, ENTERPRISE],
            "name": {"familyName": "赵", "givenName": "一"},
            ENTERPRISE: {"department": "信访"},
        },
    )
    assert made.status_code == 201, made.text
    assert made.json["displayName"] == "赵一"
    address = f"/Users/{made.json['id']}"
    changes = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "x"},
            {
                "op": "Replace",
                "path": 'phoneNumbers[type eq "work"].value',
                "value": "0511-2",
            },
            {"op": "Replace", "path": "name.formatted", "value": "赵二"},
            {"op": "Replace", "path": "active", "value": False},
        ],
    }
    told = send("PATCH", address, changes)
    assert told.status_code == 200, told.text
    shown = (told.json["active"], told.json["displayName"])
    assert shown == (False, "赵二")
    assert told.json["phoneNumbers"][0]["value"] == "0511-2"
    kept = send("PUT", address, person("scim-zhao"))
    assert kept.json["active"] is False, "what is not said stays"
    nothing = patch("replace", "emails", [])
    assert send("PATCH", address, nothing).status_code == 200


WORK = 'phoneNumbers[type eq "work"]'
MOBILE = 'phoneNumbers[type eq "mobile"]'
SHORT_CHANGES: dict[str, tuple[dict[str, Any], tuple[str, str, bool]]] = {
    "null beside a closing": (
        {"op": "replace", "value": {"displayName": None, "active": False}},
        ("钱一", "0511-2", False),
    ),
    "null under a path": (
        {"op": "Replace", "path": "phoneNumbers", "value": None},
        ("钱一", "", True),
    ),
    "removal with a value": (
        {"op": "remove", "value": {"phoneNumbers": []}},
        ("钱一", "", True),
    ),
    "removal of a number that is not kept": (
        {"op": "remove", "path": MOBILE},
        ("钱一", "0511-2", True),
    ),
    "removal of that of work": (
        {"op": "Remove", "path": WORK},
        ("钱一", "", True),
    ),
    "removal of its value": (
        {"op": "remove", "path": f"{WORK}.value"},
        ("钱一", "", True),
    ),
    "the schema as a key": (
        {"op": "replace", "value": {USER: {"active": False}}},
        ("钱一", "0511-2", False),
    ),
    "the schema as a path": (
        {"op": "replace", "path": USER, "value": {"displayName": "钱二"}},
        ("钱二", "0511-2", True),
    ),
    "a part of the name of somebody who leaves": (
        {
            "op": "replace",
            "value": {"name.familyName": "赵", "active": False},
        },
        ("钱一", "0511-2", False),
    ),
}


def test_short_changes_mean_what_the_standard_says(send) -> None:
    phones = [{"value": "0511-2", "type": "work"}]
    before = person(
        "scim-qian",
        displayName="钱一",
        phoneNumbers=phones,
        active=True,
    )
    number = send("POST", "/Users", before).json["id"]
    for case, (operation, expected) in SHORT_CHANGES.items():
        send("PUT", f"/Users/{number}", before)
        changes = {"schemas": [PATCH], "Operations": [operation]}
        answer = send("PATCH", f"/Users/{number}", changes)
        assert answer.status_code == 200, (case, answer.text)
        kept = answer.json.get("phoneNumbers") or [{"value": ""}]
        shown = (
            answer.json["displayName"],
            kept[0]["value"],
            answer.json["active"],
        )
        assert shown == expected, case


def test_a_part_of_a_name_alone_is_refused_in_a_sentence(send) -> None:
    made = send("POST", "/Users", person("scim-sun", displayName="孙一"))
    address = f"/Users/{made.json['id']}"
    refused = send("PATCH", address, patch("replace", "name.familyName", "钱"))
    assert (refused.status_code, refused.json["scimType"]) == (
        400,
        "invalidValue",
    )
    assert "请把姓和名一起发来" in refused.json["detail"]
    whole = {"familyName": "钱", "givenName": "一"}
    renamed = send("PATCH", address, patch("replace", "name", whole))
    assert renamed.json["displayName"] == "钱一"


def test_two_changes_of_a_group_at_once_both_hold(
    application, signed_in, send, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [
        send("POST", "/Users", person(f"scim-both-{n}")).json["id"]
        for n in range(3)
    ]
    listed = [{"value": each} for each in ids]
    refused = send(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP],
            "displayName": "并行组",
            "members": [*listed, {"value": "999999999"}],
        },
    )
    assert refused.status_code == 400
    group = send(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "并行组"}
    )
    assert group.status_code == 201, "the refused one left nothing"
    row = {"group": "并行组", "body": "京口区信访局", "title": "科员"}
    with application.app_context():
        tenant, number = "zhenjiang", int(group.json["id"])
        first, second = (
            WantedGroup("并行组", "", frozenset({int(each)}))
            for each in ids[:2]
        )
        now = datetime.now(UTC)
        for wanted in (first, second):
            directory_groups.change(tenant, number, wanted, now)
    address = f"/Groups/{group.json['id']}"
    members = send("GET", address).json["members"]
    assert [each["value"] for each in members] == ids[:2]
    with monkeypatch.context() as full:
        full.setattr(directory_groups, "MOST_MEMBERS", 2)
        told = send("PATCH", address, patch("add", "members", listed[2:]))
        assert told.status_code == 400 and "最多 2 人" in told.json["detail"]
        whole = {"schemas": [GROUP], "displayName": "并行组"}
        # Who comes takes the place of who goes.
        for changed in (listed[1:], listed[:2]):
            sent = send("PUT", address, {**whole, "members": changed})
            assert sent.status_code == 200, sent.text
            assert len(sent.json["members"]) == 2
    assert bodies(application, "scim-both-0") == set()
    signed_in("admin").post("/admin/groups/", data=row)
    assert bodies(application, "scim-both-0") != set(), "mapped afterwards"
    send("PATCH", f"/Users/{ids[0]}", patch("replace", "active", False))
    gone = patch("Remove", "members", [{"value": ids[1]}])
    left = send("PATCH", address, gone).json["members"]
    assert [each["value"] for each in left] == ids[:1]
    assert bodies(application, "scim-both-1") == set()


def test_the_clock_makes_good_what_was_interrupted(application, send) -> None:
    number = int(send("POST", "/Users", person("scim-late")).json["id"])
    made = {"schemas": [GROUP], "displayName": "并行组二"}
    group = int(send("POST", "/Groups", made).json["id"])
    with application.app_context():
        with transaction() as session:
            body = session.scalars(
                sa.select(Body.id).where(
                    Body.tenant_id == "zhenjiang", Body.level == "county"
                )
            ).first()
            session.add_all(
                [
                    DirectoryGroupMember(group_id=group, person_id=number),
                    GroupMapping(
                        tenant_id="zhenjiang",
                        group_name="并行组二",
                        body_id=body,
                    ),
                ]
            )
        groups.reconcile(datetime.now(UTC))
    assert bodies(application, "scim-late") == {body}


def test_who_shows_no_token_or_that_of_another_city_sees_nothing(
    application, send
) -> None:
    for path in ("/Users", "/Groups", "/Schemas", "/ServiceProviderConfig"):
        refused = send("GET", path, token="")
        assert refused.status_code == 401 and "令牌" in refused.json["detail"]
    made = send("POST", "/Users", person("scim-here"))
    address = f"/Users/{made.json['id']}"
    elsewhere = "e" * 40
    assert send("GET", "/Users", token=elsewhere).json["totalResults"] == 0
    for method in ("GET", "DELETE"):
        assert send(method, address, token=elsewhere).status_code == 404
    foreign = {
        "schemas": [GROUP],
        "displayName": "组",
        "members": [{"value": made.json["id"]}],
    }
    refused = send("POST", "/Groups", foreign, token=elsewhere)
    assert refused.status_code == 400 and "没有编号" in refused.json["detail"]
    assert application.test_client().get("/scim/v2/Users").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Users", [1], 400),
        ("POST", "/Users", {"schemas": [USER]}, 400),
        ("POST", "/Users", person("x"), 400),
        ("POST", "/Users", {**person("scim-schemas"), "schemas": 1}, 400),
        ("POST", "/Users", person("scim-long", displayName="长" * 90), 400),
        ("POST", "/Users", person("scim-id", externalId="a" * 201), 400),
        (
            "POST",
            "/Users",
            person("scim-surrogate", displayName="\ud800"),
            400,
        ),
        ("POST", "/Groups", {"schemas": [GROUP], "displayName": " "}, 400),
        ("PUT", "/Users/999999999", person("scim-none"), 404),
        ("PATCH", "/Users/999999999", patch("add", "active"), 404),
        ("GET", "/Users?filter=userName co %22a%22", None, 400),
        ("GET", "/Users?filter=" + "(" * 300, None, 400),
        ("GET", r"/Users?filter=userName eq %22\ud800%22", None, 400),
        ("PATCH", "/Groups/999999999", patch("add", "members"), 404),
        ("GET", "/Users?filter=password eq %22a%22", None, 400),
        ("GET", "/Users?startIndex=x&count=-5", None, 200),
        ("GET", "/Schemas/urn:none", None, 404),
        ("GET", f"/Schemas/{USER}", None, 200),
        ("GET", "/ResourceTypes/Group", None, 200),
        ("GET", "/ServiceProviderConfig", None, 200),
    ],
)
def test_every_message_gets_an_answer_of_scim(
    send, method: str, path: str, body: object, status: int
) -> None:
    answer = send(method, path, body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json["status"] == str(status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *((method, "/Nobody", 404) for method in ("POST", "PUT", "DELETE")),
        ("GET", "/", 404),
        ("POST", "/Users/.search", 404),
        ("PUT", "/Users", 405),
        ("DELETE", "/ResourceTypes/User", 405),
        ("PATCH", "/Users?filter=%00", 400),
    ],
)
def test_every_address_and_method_is_answered_in_the_shape_of_scim(
    send, method: str, path: str, status: int
) -> None:
    answer = send(method, path)
    assert answer.status_code == status
    assert answer.content_type == "application/scim+json"
    assert answer.json["schemas"] == [
        "urn:ietf:params:scim:api:messages:2.0:Error"
    ]
    assert ("Allow" in answer.headers) == (status == 405)


def test_no_more_people_than_a_page_holds_are_answered_at_once(
    send, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scim-first", "scim-second"):
        send("POST", "/Users", person(name))
    monkeypatch.setattr(provisioning, "LARGEST_PAGE", 1)
    page = send("GET", "/Users?count=2").json
    assert page["itemsPerPage"] == len(page["Resources"]) == 1
    assert page["totalResults"] > 1


def test_a_database_that_is_away_is_told_to_the_directory_in_its_shape(
    send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(services, "people", fail)
    answer = send("GET", "/Users")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert answer.json["status"] == "503"


def test_a_change_answers_with_the_attributes_that_were_asked_for(
    send,
) -> None:
    """Which are always there, `schemas`, `id`, comes along; a wrong name changes nothing."""
    few, left_out = "?attributes=userName", "?excludedAttributes=displayName"
    made = send("POST", f"/Users{few}", person("scim-few", displayName="少"))
    assert set(made.json) == {"schemas", "id", "userName"}
    address = f"/Users/{made.json['id']}"
    assert made.headers["Location"].endswith(address)
    changed = person("scim-few", displayName="多")
    assert "displayName" not in send("PUT", address + left_out, changed).json
    operation = {"op": "replace", "path": "displayName", "value": "再"}
    for operations in ([operation], []):
        patched = send(
            "PATCH",
            address + few,
            {"schemas": [PATCH], "Operations": operations},
        )
        assert set(patched.json) == {"schemas", "id", "userName"}
    group = send(
        "POST",
        "/Groups?excludedAttributes=members",
        {
            "schemas": [GROUP],
            "displayName": "少数",
            "members": [{"value": made.json["id"]}],
        },
    )
    assert group.status_code == 201 and "members" not in group.json
    again = send(
        "PATCH",
        f"/Groups/{group.json['id']}?attributes=members",
        {
            "schemas": [PATCH],
            "Operations": [
                {"op": "replace", "path": "displayName", "value": "多数"}
            ],
        },
    )
    assert set(again.json) == {"schemas", "id", "members"}
    both = "?attributes=userName&excludedAttributes=userName"
    refused = send("POST", f"/Users{both}", person("scim-not"))
    assert refused.status_code == 400, refused.text
    found = send("GET", '/Users?filter=userName eq "scim-not"').json
    assert found["totalResults"] == 0


def test_a_directory_of_another_maker_finds_what_the_standard_asks(
    provided: Flask,
) -> None:
    """scim2-tester plays the directory: it finds the server's own description and makes, reads, changes and
    removes people and groups."""
    # Three seconds, which each process of a run would spend while it reads the tests.
    from scim2_client.engines.wsgi import WSGISCIMClient
    from scim2_tester import Status, check_server

    client = WSGISCIMClient(
        provided,
        "http://localhost/scim/v2",
        {"Authorization": f"Bearer {TOKEN}"},
    )
    checks = check_server(client)
    failed = {
        check.title
        + "".join(re.findall(r"'[a-zA-Z]+'", check.reason or "")[:1])
        for check in checks
        if check.status in (Status.ERROR, Status.CRITICAL)
    }
    assert len(checks) > 60
    assert failed <= KNOWN
