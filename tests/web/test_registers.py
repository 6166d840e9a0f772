"""The registers' and the administrator's pages: what they show, to whom, and what strange addresses do."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from PIL import Image

from orchestrator.domain.reminders import PriorityRule
from orchestrator.handlers.notices import item_list_notice
from orchestrator.services import bundles, instances
from orchestrator.store.accounts import SignInEvent
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from web import printing

APPLICATION = {
    "item_name": "安全巡查",
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}
KEYS = [
    "",
    "x",
    "_",
    "_x",
    "2026-01-01_x",
    "2026-01-01T00:00:00+00:00_x",
    "9999-99-99T00:00_x",
]


@pytest.mark.parametrize(
    "address", ["/", "/done", "/started", "/grids", "/cases"]
)
@pytest.mark.parametrize("key", KEYS)
def test_a_made_up_page_key_shows_a_page(
    signed_in, address: str, key: str
) -> None:
    assert (
        signed_in("jk-wgb")
        .get(address, query_string={"after": key})
        .status_code
        == 200
    )


def test_the_grids_are_those_of_ones_own_place(signed_in) -> None:
    assert "3211020010011001" in signed_in("jk-wgb").get("/grids").text
    assert "3211020010011001" not in signed_in("dy-wgb").get("/grids").text
    assert (
        signed_in("dy-wgb").get("/grids/3211020010011001").status_code == 404
    )


def test_only_the_administrator_sees_the_administrators_page(
    signed_in,
) -> None:
    assert signed_in("admin").get("/admin/").status_code == 200
    assert signed_in("jk-wgb").get("/admin/").status_code == 403


def test_an_administrator_unlocks_his_own_people_and_no_other_jurisdictions(
    application, signed_in
) -> None:
    with application.app_context(), transaction() as session:
        stranger = Person(
            tenant_id="elsewhere",
            username="stranger",
            display_name="外地人",
            password_hash="x",
        )
        session.add(stranger)
        session.flush()
        ids = (
            session.scalars(
                sa.select(Person.id).where(Person.username == "jk-cg2")
            ).one(),
            stranger.id,
        )
    client = signed_in("admin")
    assert [
        client.post(f"/admin/people/{person_id}/unlock").status_code
        for person_id in ids
    ] == [302, 404]
    with application.app_context(), transaction() as session:
        unlocked = session.scalars(
            sa.select(SignInEvent.person_id).where(
                SignInEvent.kind == "unlocked"
            )
        ).all()
        assert ids[0] in unlocked
        assert ids[1] not in unlocked
    assert "解除等待" in client.get("/admin/").text


def test_a_dossier_reads_as_the_form_did_although_the_item_has_left_the_list(
    application, signed_in
) -> None:
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person).where(Person.username == "jk-mz")
            ).one()
            item = session.scalars(
                sa.select(ServiceItem)
                .where(ServiceItem.territory_code == "321102")
                .order_by(ServiceItem.code.desc())
            ).first()
            person_id, tenant, item_id, name = (
                person.id,
                person.tenant_id,
                item.id,
                item.name,
            )
        data = {
            "item_id": item_id,
            "exit_reason": "工作已由部门直接承担",
            "approver": "government",
        }
        begun = instances.start(
            tenant,
            "item_exit",
            data,
            person_id,
            f"{tenant}:civil-affairs:321102",
            datetime.now(UTC),
        )
        with transaction() as session:
            entry = session.scalars(
                sa.select(ItemListEntry).where(
                    ItemListEntry.item_id == item_id
                )
            ).one()
            entry.leaves_on = datetime.now(UTC).date() - timedelta(days=2)
            assert (
                session.get_one(ProcessInstance, begun.instance_id).state
                == "active"
            )
    shown = signed_in("jk-mz").get(f"/dossier/{begun.instance_id}").text
    assert name in shown and item_id not in shown


def test_the_grid_office_extends_and_suspends_a_deadline_and_the_matter_tells_it(
    application, signed_in
) -> None:
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person).where(Person.username == "jk-sf")
            ).one()
        started = instances.start(
            "zhenjiang",
            "item_admission",
            APPLICATION,
            person.id,
            "zhenjiang:justice:321102",
            datetime.now(UTC),
        )
        with transaction() as session:
            deadline = session.scalars(
                sa.select(Deadline).where(
                    Deadline.instance_id == started.instance_id
                )
            ).first()
            before = deadline.due_at
    office, own, applicant = (
        signed_in("zj-wgb"),
        signed_in("jk-wgb"),
        signed_in("jk-sf"),
    )
    matter = f"/instance/{started.instance_id}"
    assert "批准延期" in office.get(matter).text
    assert "批准延期" not in own.get(matter).text, (
        "nobody gives himself more time"
    )
    assert "批准延期" not in applicant.get(matter).text
    address = f"/deadline/{deadline.id}"
    for each in (applicant, own):
        each.post(
            f"{address}/extend",
            data={
                "amount": "2",
                "unit": "working_days",
                "reason": "想多要几天",
            },
        )
    office.post(
        f"{address}/extend",
        data={"amount": "2", "unit": "working_days", "reason": ""},
    )
    office.post(
        f"{address}/extend",
        data={"amount": "99", "unit": "working_days", "reason": "太久"},
    )
    with application.app_context(), transaction() as session:
        assert session.get_one(Deadline, deadline.id).due_at == before
    office.post(
        f"{address}/extend",
        data={"amount": "2", "unit": "working_days", "reason": "等待上级批复"},
    )
    told = office.get(matter).text
    assert "等待上级批复" in told
    assert "截止时间改为" in told
    office.post(
        f"{address}/suspend",
        data={"reason": "涉诉待判", "review_on": "2099-01-01"},
    )
    told = office.get(matter).text
    assert "涉诉待判" in told
    assert "恢复办理" in told
    office.post(f"{address}/resume")
    with application.app_context(), transaction() as session:
        assert session.get_one(Deadline, deadline.id).due_at > before
    assert (
        signed_in("dy-wgb")
        .post(f"{address}/suspend", data={"reason": "别处的人"})
        .status_code
        == 404
    )


@pytest.mark.parametrize(
    "address", ["/?q=a%00b", "/cases?level=%00", "/task/%00", "/public/?q=%00"]
)
def test_an_address_with_a_character_no_database_holds_is_refused(
    signed_in, address: str
) -> None:
    assert signed_in("jk-wgb").get(address).status_code == 400


def test_a_list_as_excel_and_json_is_text_whatever_was_typed(
    application, signed_in
) -> None:
    answer = signed_in("jk-wgb").get("/items.xlsx?territory=321102")
    assert answer.status_code == 200 and answer.data.startswith(b"PK")
    assert (
        signed_in("jk-wgb").get("/items.xlsx?territory=321181").status_code
        == 404
    )
    told = (
        application.test_client()
        .get("/public/zhenjiang/items/321102.json")
        .get_json()
    )
    assert {
        "territory",
        "title",
        "updated_at",
        "number",
        "effective_on",
        "approved_by",
        "items",
    } <= told.keys()
    hostile = printing.workbook(
        "事项清单",
        "=1+1",
        {"批准机关": "@SUM(A1)"},
        [("=cmd|' /C calc'!A0", "http://x.example", "+1", "-1")],
    )
    with ZipFile(io.BytesIO(hostile)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet and not [
            name for name in book.namelist() if "hyperlink" in name.lower()
        ]


AHEAD = datetime.now(UTC).date() + timedelta(days=200)
EXIT = AHEAD - timedelta(days=30)


@pytest.fixture
def planned(application) -> int:
    """京口's list with an admission in June and an exit in May that are decided and not in force; the number
    of the version in force."""
    with application.app_context(), transaction() as session:
        session.add(
            ServiceItem(
                id="later",
                tenant_id="zhenjiang",
                territory_code="321102",
                code="x",
                name="冬季取暖",
                category="治安安全",
            )
        )
        last = session.scalar(
            sa.select(sa.func.max(ItemListVersion.number)).where(
                ItemListVersion.territory_code == "321102"
            )
        )
        assert last
        for number, on, change in (
            (last + 1, AHEAD, "admission"),
            (last + 2, EXIT, "exit"),
        ):
            session.add(
                ItemListVersion(
                    id=f"planned{number}",
                    tenant_id="zhenjiang",
                    territory_code="321102",
                    number=number,
                    effective_on=on,
                    change=change,
                    created_at=datetime.now(UTC),
                )
            )
        session.flush()
        session.add(
            ItemListEntry(
                item_id="later",
                entered_in=last + 1,
                tenant_id="zhenjiang",
                territory_code="321102",
            )
        )
        first = session.scalars(
            sa.select(ItemListEntry).where(
                ItemListEntry.territory_code == "321102"
            )
        ).first()
        first.left_in = last + 2
        session.flush()
        bundle = bundles.bundle_of(
            session,
            bundles.definition_in_force(
                session, "zhenjiang", "item_exit", datetime.now(UTC)
            ),
        )
        item_list_notice(
            session, bundle.jurisdiction, "321102", datetime.now(UTC), None
        )
    return last


def test_what_is_planned_stands_apart_on_every_list_and_never_as_in_force(
    application, signed_in, planned
) -> None:
    shown = signed_in("jk-wgb").get("/items?territory=321102").text
    assert (
        f"第 {planned} 版" in shown.partition("现行</span>")[0]
        and "已批准、尚未生效" in shown
    )
    assert (
        shown.index("冬季取暖") > shown.index("已批准、尚未生效")
        and "起退出" in shown
    )
    assert (
        "尚未生效。"
        in signed_in("jk-wgb")
        .get(f"/items?territory=321102&version={planned + 1}")
        .text
    )
    visitor = application.test_client()
    answer = visitor.get("/public/zhenjiang/items/321102.json")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    told = answer.get_json()
    assert told["number"] == planned and "冬季取暖" not in {
        each["name"] for each in told["items"]
    }
    assert [each["name"] for each in told["planned"]] == ["冬季取暖"]
    last_day = (EXIT - timedelta(days=1)).isoformat()
    # Other tests put temporary items on this list, which end on their own day.
    ends_on = [item["ends_on"] for item in told["items"]]
    assert ends_on.count(last_day) == 1
    public = visitor.get("/public/zhenjiang/items/321102").text
    assert public.index("冬季取暖") > public.index("已批准、尚未生效")
    assert visitor.get(
        "/public/zhenjiang/items/321102/board.pdf"
    ).data.startswith(b"%PDF")
    for client, address in (
        (visitor, "/public/zhenjiang/items/321102.xlsx"),
        (signed_in("jk-wgb"), "/items.xlsx?territory=321102"),
    ):
        with ZipFile(io.BytesIO(client.get(address).data)) as book:
            words = "".join(
                book.read(name).decode()
                for name in book.namelist()
                if name.endswith(".xml")
            )
        assert (
            "计划中的变化（尚未生效）" in words
            and "冬季取暖" in words
            and f"（第 {planned} 版）" in words
        )


@pytest.mark.parametrize(
    ("username", "place"),
    [("zj-wgb", "京口区"), ("jk-wgb", "京口区"), ("zd-wgb", "京口区")],
)
def test_the_list_opens_on_ones_own_place_or_the_nearest_above_it(
    signed_in, username, place
) -> None:
    """The city has no list of its own: its office begins with the first county's."""
    shown = signed_in(username).get("/items").text
    assert f"selected>{place}" in shown


def test_nothing_personal_but_the_notices_fields_leaves_by_the_public_pages(
    application,
) -> None:
    client = application.test_client()
    for path in (
        "/public/zhenjiang/grids/3211020010011001/board.pdf",
        "/public/zhenjiang/boards.pdf?q=321102001001",
    ):
        assert client.get(path).data.startswith(b"%PDF")
    assert (
        client.get("/public/zhenjiang/grids/nowhere/board.pdf").status_code
        == 404
    )
    assert (
        client.get("/public/zhenjiang/boards.pdf?q=nowhere").status_code == 404
    )
    page = client.get("/public/zhenjiang/grids/3211020010011001").get_data(
        as_text=True
    )
    assert "zd-wgy1" not in page and "password" not in page


def test_ones_portrait_is_ones_own_and_a_wrong_file_says_so(signed_in) -> None:
    client = signed_in("zd-wgy1")
    wrong = client.post(
        "/me/photo",
        data={"photo": (io.BytesIO(b"MZ"), "x.jpg")},
        follow_redirects=True,
    )
    assert "照片应为 JPG 或 PNG 图片" in wrong.get_data(as_text=True)
    picture = io.BytesIO()
    Image.new("RGB", (600, 800), (90, 90, 90)).save(picture, "PNG")
    picture.seek(0)
    kept = client.post(
        "/me/photo", data={"photo": (picture, "me.png")}, follow_redirects=True
    )
    assert "data:image/jpeg;base64," in kept.get_data(as_text=True)
    assert "data:image/jpeg" not in signed_in("zd-wgy2").get("/me").get_data(
        as_text=True
    )
    gone = client.post(
        "/me/photo", data={"remove": "1"}, follow_redirects=True
    )
    assert "data:image/jpeg" not in gone.get_data(as_text=True)


def test_cases_are_chosen_by_the_citys_own_names_of_priorities(
    signed_in, monkeypatch
) -> None:
    in_force = bundles.profile_in_force

    def renamed(session, tenant_id, *at):
        profile = in_force(session, tenant_id, *at)
        rules = {"major": PriorityRule(name="一级紧急")}
        return replace(profile, priorities=rules)

    monkeypatch.setattr(bundles, "profile_in_force", renamed)
    page = signed_in("zd-wgb").get("/cases").text
    state, priority = (
        page.partition(f'<select class="form-select" id="{name}"')[
            2
        ].partition("</select>")[0]
        for name in ("state", "priority")
    )
    assert '<option value="major">一级紧急</option>' in priority
    assert '<option value="urgent">紧急</option>' in priority
    assert '<option value="open">办理中</option>' in state
