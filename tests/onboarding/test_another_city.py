"""A league of banners with its own levels, roles, forms, tables and its own supervision, from a folder of its
own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from orchestrator.services import bundles, designing, jurisdictions, people
from orchestrator.services.designing import folder_check
from orchestrator.services.people import (
    accounts,
    first_administrators,
    passwords,
)
from orchestrator.services.simulation import fixture_databases, run_scenarios
from orchestrator.store.drafts import Draft
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body
from tests.databases import release, settings_for

CITY = Path(__file__).parent / "chiling"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def chiling(tmp_path: Path) -> Path:
    """The folder, outside of the product's."""
    return Path(shutil.copytree(CITY, tmp_path / "chiling"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def errors(folder: Path) -> list[str]:
    return [
        told.message
        for told in folder_check.check(folder)
        if told.severity == "error"
    ]


def test_it_has_nothing_to_find(chiling: Path) -> None:
    assert folder_check.check(chiling) == []


def test_its_scenarios_pass_on_paper_and_at_the_office(
    chiling: Path, tmp_path: Path, sqlite_schema: Path
) -> None:
    """Case, supervision, extension, admission, exit and grid adjustment; every flow of its own diagrams is
    crossed."""
    fresh = fixture_databases.load_once(
        chiling, settings_for("sqlite://", tmp_path), tmp_path, sqlite_schema
    )
    report = run_scenarios(jurisdictions.read(chiling), fresh)
    assert [str(failure) for failure in report.failures] == []
    assert report.scenarios >= 14
    assert list(report.uncrossed) == []


UNKNOWN = {
    "a function that nobody knows": (
        (
            "jurisdiction.toml",
            'supervisor = ["inspectorate"]',
            'supervisors = ["inspectorate"]',
        ),
        "“functions”的“supervisors”不是已知的职能",
    ),
    "a function of a role that is not there": (
        (
            "jurisdiction.toml",
            'supervisor = ["inspectorate"]',
            'supervisor = ["inspector"]',
        ),
        "“inspector”不在可选之列",
    ),
    "a function that a shared diagram asks for and nobody has": (
        ("jurisdiction.toml", 'extension-approver = ["hub"]\n', ""),
        "职能“extension-approver”（审批延期、挂账）没有角色承担，请在辖区配置的 [functions] 中写明",
    ),
    "nobody to run the platform": (
        ("jurisdiction.toml", 'platform-operator = ["it-staff"]\n', ""),
        "职能“platform-operator”（平台运行管理）没有角色承担",
    ),
    "an option list that no role fills": (
        ("jurisdiction.toml", 'case-department = ["line"]\n', ""),
        "选项来源“departments”（职能部门）要有承担“case-department”（承办事件）的角色",
    ),
    "a case that no office handles": (
        ("jurisdiction.toml", 'case-office = ["hub"]\n', ""),
        "职能“case-office”（分流、交办事件）没有角色承担",
    ),
    "a level that is none": (
        ("jurisdiction.toml", 'levels = ["gacha"]', 'levels = ["village"]'),
        "“village”不在可选之列",
    ),
    "a level that a diagram asks for and is not there": (
        ("case_handling.bpmn", "hub@league", "hub@sumu"),
        "“网格中心”不设在苏木",
    ),
    "a level with a hyphen that is none": (
        ("item_exit.bpmn", "authority@same", "authority@old-banner"),
        "层级“old-banner”不在辖区配置的 [levels] 中",
    ),
    "a level in Chinese that is none": (
        ("item_exit.bpmn", "authority@same", "authority@旗级"),
        "层级“旗级”不在辖区配置的 [levels] 中",
    ),
    "a body below every place where the procedure begins": (
        ("item_exit.bpmn", "authority@same", "authority@sumu"),
        "“审定出列”：流程只在“盟级”、“旗级”发起，从那里往上没有“authority@sumu”这一机构",
    ),
    "a body that no place where it begins has": (
        ("item_exit.bpmn", "authority@same", "gacha-committee@same"),
        "从那里往上没有“gacha-committee@same”这一机构",
    ),
    "a level at which no office stands": (
        ("case_handling.bpmn", 'name="level">league', 'name="level">sumu'),
        "只能是 league、banner 之一",
    ),
    "an approver that the profile has not": (
        (
            "item_admission.bpmn",
            'value="authority_office"',
            'value="authority"',
        ),
        "“审定入列”的“approver”写的是“authority”",
    ),
    "no step that is the approval": (
        (
            "item_admission.bpmn",
            '<camunda:property name="approver" value="authority_office"/>',
            "",
        ),
        "没有哪一步标明是“authority_office”的审批",
    ),
    "an employment that is none": (
        ("people.csv", ",part_time", ",half"),
        "用工方式“half”应为 full_time（专职）或 part_time（兼职）",
    ),
    "a required kind of member that is none": (
        ("jurisdiction.toml", 'settlement = "any" }', 'settlements = "any" }'),
        "“grid.staffing”的“settlements = any”不对",
    ),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_or_missing_name_is_told(chiling: Path, what: str) -> None:
    (file, old, new), told = UNKNOWN[what]
    edit(chiling / file, old, new)
    assert any(told in message for message in errors(chiling)), errors(chiling)


@pytest.fixture
def loaded(
    chiling: Path, database_url: str, tmp_path: Path
) -> Iterator[Flask]:
    """The product with this city alone, its folder gone."""
    app = create_app(settings_for(database_url, tmp_path, demo=True))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        jurisdictions.load(chiling, now=NOW, demo=True)
        shutil.rmtree(chiling)
        db.session.remove()
    yield app
    with app.app_context():
        release()


def signed_in(app: Flask, username: str):
    with app.app_context(), transaction() as session:
        person = session.scalars(
            sa.select(Person).where(Person.username == username)
        ).one()
        token = people.sessions.begin(
            session, person, people.Visitor("127.0.0.1"), datetime.now(UTC)
        )
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def test_its_designer_publishes_a_change_in_the_pages(loaded: Flask) -> None:
    """Proves that who designs is a function, and that trial, verdict and publication need no folder."""
    client = signed_in(loaded, "league-draw")
    assert client.get("/design/").status_code == 200
    with loaded.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "league-draw")
            ).one()
        draft_id = designing.open_draft("chiling", "item_exit", designer, NOW)
        with transaction() as session:
            draft = session.get_one(Draft, draft_id)
            there = draft.content["item_exit.bpmn"]
            draft.content = {
                **draft.content,
                "item_exit.bpmn": there.replace(
                    "审定结果？", "审定结论如何？"
                ),
            }
            draft.revision += 1
    edited = client.get(f"/design/{draft_id}").text
    assert "hub@league" in edited and "supervisor@any" in edited
    assert client.get(f"/design/{draft_id}/try").status_code == 200
    answer = client.post(
        f"/design/{draft_id}/publish", data={"remark": "按新办法"}
    )
    assert answer.status_code == 302, answer.text
    with loaded.app_context(), transaction(writing=False) as session:
        bundle = bundles.bundle_of(session, "chiling:item_exit:2")
        assert bundle.definition.elements["decided"].name == "审定结论如何？"


def test_its_people_see_their_own_words(loaded: Flask) -> None:
    hub = signed_in(loaded, "east-hub")
    assert (
        "巡护事件办理" in signed_in(loaded, "bayan-north").get("/start").text
    )
    grids = hub.get("/grids").text
    assert "草原网格" in grids and "宝力格苏木" in grids
    detail = hub.get("/grids/8800010012011001").text
    assert "兼职" in detail and "专职" in detail
    assert '<option value="sumu"' not in hub.get("/cases").text
    assert "旗级" in hub.get("/cases").text
    assert signed_in(loaded, "league-it").get("/admin/").status_code == 200
    assert hub.get("/admin/").status_code == 403
    with loaded.app_context(), transaction(writing=False) as session:
        title = session.scalars(
            sa.select(PublicNotice.title).where(
                PublicNotice.kind == "item-list",
                PublicNotice.subject_code == "880001",
            )
        ).one()
    assert title == "东岭旗草原巡护事项目录"


def test_the_product_marks_the_bodies_that_run_it_and_who_is_part_time(
    loaded: Flask,
) -> None:
    with loaded.app_context(), transaction(writing=False) as session:
        marked = dict(
            session.execute(
                sa.select(Body.role, Body.platform).where(Body.platform != "")
            ).all()
        )
        part_time = session.scalars(
            sa.select(Person.username)
            .join(Membership)
            .where(Membership.employment == "part_time")
        ).all()
    assert marked == {"it-staff": "operates", "drafter": "designs"}
    assert part_time == ["bayan-north2"]


def test_a_start_gives_its_administrator_a_link(
    chiling: Path, database_url: str, tmp_path: Path
) -> None:
    app = create_app(settings_for(database_url, tmp_path))
    with app.app_context():
        jurisdictions.load(chiling, now=NOW, demo=False)
        ((username, link),) = first_administrators.make(NOW)
        with transaction(writing=False) as session:
            served = session.scalars(
                sa.select(Membership.body_id)
                .join(Person)
                .where(Person.username == username)
            ).all()
        release()
    assert served == ["chiling:it-staff:880000"]
    assert len(link) > 20


def test_a_start_leaves_the_one_time_password_that_an_administrator_was_given(
    chiling: Path, database_url: str, tmp_path: Path
) -> None:
    app = create_app(settings_for(database_url, tmp_path))
    with app.app_context():
        jurisdictions.load(chiling, now=NOW, demo=False)
        ((username, _link),) = first_administrators.make(NOW)
        given = accounts.reset(username, NOW)
        assert first_administrators.make(NOW + timedelta(hours=1)) == []
        with transaction(writing=False) as session:
            person = accounts.named(session, username)
            assert passwords.matches(person.password_hash, given)
            ends_at = person.one_time_until
        assert ends_at is not None
        ((again, _link),) = first_administrators.make(ends_at)
        release()
    assert again == username, "one that is over opens nothing: a link does"
