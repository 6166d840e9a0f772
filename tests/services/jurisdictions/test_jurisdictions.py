"""Loading a jurisdiction folder: repeatable, complete or not at all, and every wrong line is told with its
place."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    DemonstrationElsewhere,
    DeploymentRefused,
    RuleViolated,
)
from orchestrator.services import deployments, jurisdictions, people
from orchestrator.store.base import Base
from orchestrator.store.calendars import CalendarDay
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Person, demo_accounts
from orchestrator.store.registers import Grid, ItemListVersion
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory

CITIES = Path(__file__).parents[3] / "bpmn"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def folder(rows, tmp_path: Path) -> Path:
    """A copy of a real city under a name nobody has heard of, for the test to change."""
    shutil.copytree(CITIES / "shared", tmp_path / "shared")
    copy = Path(shutil.copytree(CITIES / "zhenjiang", tmp_path / "sixth"))
    edit(copy / "jurisdiction.toml", 'key = "zhenjiang"', 'key = "sixth"')
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def counts() -> dict[str, int]:
    with transaction(writing=False) as session:
        return {
            name: session.scalar(sa.select(sa.func.count()).select_from(found))
            or 0
            for name, found in Base.metadata.tables.items()
        }


def ask(query):
    with transaction(writing=False) as session:
        return session.scalars(query).all()


def test_a_city_of_another_name_loads_with_places_bodies_people_grids_lists_and_procedures(
    folder,
):
    jurisdictions.load(folder, NOW, demo=True)
    assert (
        len(
            ask(
                sa.select(Territory.code).where(
                    Territory.tenant_id == "sixth", Territory.level == "county"
                )
            )
        )
        >= 6
    )
    keys = ask(
        sa.select(ProcessDefinition.key)
        .where(ProcessDefinition.tenant_id == "sixth")
        .order_by(ProcessDefinition.key)
    )
    assert {
        "case_handling",
        "grid_adjustment",
        "item_admission",
        "item_exit",
    } <= set(keys)
    assert set(
        ask(
            sa.select(ItemListVersion.number).where(
                ItemListVersion.tenant_id == "sixth"
            )
        )
    ) == {1}
    grids = ask(sa.select(Grid.code).where(Grid.tenant_id == "sixth"))
    assert sorted(
        ask(
            sa.select(PublicNotice.subject_code).where(
                PublicNotice.kind == "grid"
            )
        )
    ) == sorted(grids)
    with transaction(writing=False) as session:
        accounts = demo_accounts(session)
    assert len(accounts) > 50
    with pytest.raises(DemonstrationElsewhere):
        people.sign_in(accounts[0][0], jurisdictions.DEMO_PASSWORD, NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_what_was_loaded_is_known_to_the_planner_at_once(folder):
    """Proves that no page waits for the database's own count: the first one that joined places and grids took
    most of a minute."""
    jurisdictions.load(folder, NOW, demo=True)
    counted = ask(
        sa.text(
            "SELECT relname FROM pg_class WHERE reltuples > 0"
            " AND relnamespace = current_schema()::regnamespace"
        )
    )
    assert {"territory", "body", "grid", "person"} <= set(counted)


def test_loading_twice_changes_nothing(folder):
    jurisdictions.load(folder, NOW, demo=True)
    before, notices = (
        counts(),
        ask(sa.select(PublicNotice.published_at).order_by(PublicNotice.id)),
    )
    jurisdictions.load(folder, NOW + timedelta(days=1), demo=True)
    assert counts() == before
    assert (
        ask(sa.select(PublicNotice.published_at).order_by(PublicNotice.id))
        == notices
    )


def test_names_follow_the_files_and_the_body_that_oversees_follows_the_profile(
    folder,
):
    jurisdictions.load(folder, NOW, demo=False)
    edit(folder / "territories.csv", "京口区", "新京口区")
    edit(
        folder / "jurisdiction.toml",
        'name_template = "{territory}公安局"',
        'name_template = "{territory}公安局"\noversees = true',
    )
    jurisdictions.load(folder, NOW, demo=False)
    county = sa.select(Body).where(Body.id == "sixth:public-security:321102")
    (police,) = ask(county)
    assert police.oversees
    assert police.name == "镇江市公安局新京口分局"
    assert ask(
        sa.select(Territory.name).where(
            Territory.tenant_id == "sixth", Territory.code == "321102"
        )
    ) == ["新京口区"]


def test_without_the_demo_nobody_can_sign_in(folder):
    jurisdictions.load(folder, NOW, demo=False)
    assert ask(sa.select(Person.id).where(Person.tenant_id == "sixth")) == []


def test_what_an_adjustment_retired_is_not_brought_back(folder):
    jurisdictions.load(folder, NOW, demo=False)
    with transaction() as session:
        retired = session.scalars(
            sa.select(Grid).where(Grid.tenant_id == "sixth").limit(1)
        ).one()
        retired.state, retired.name, code = (
            "retired",
            "已撤销的网格",
            retired.code,
        )
    jurisdictions.load(folder, NOW, demo=False)
    assert ask(
        sa.select(Grid.state + Grid.name).where(
            Grid.tenant_id == "sixth", Grid.code == code
        )
    ) == ["retired已撤销的网格"]


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        (
            "territories.csv",
            "999999,某区,county,888888",
            "上级代码“888888”没有出现",
        ),
        (
            "territories.csv",
            "999999,某区,planet,321100",
            "层级“planet”不存在",
        ),
        ("territories.csv", "321102,京口区,county,321100", "“321102”重复"),
        (
            "grids.csv",
            "1,某网格,general,urban,000000000000,10",
            "村（社区）代码“000000000000”不在",
        ),
        (
            "grids.csv",
            "1,某网格,secret,urban,321102001001,10",
            "网格类别“secret”应为",
        ),
        (
            "grids.csv",
            "1,某网格,general,urban,321102001001,许多",
            "households 应为非负整数",
        ),
        (
            "grid_areas.csv",
            "x,321102001001,某小区,10,0000",
            "网格代码“0000”不在 grids.csv 中",
        ),
        (
            "people.csv",
            "ghost,某人,ghost-office,321100,,",
            "角色“ghost-office”不在",
        ),
        (
            "people.csv",
            "ghost,某人,grid-member,321100,,",
            "不设在“镇江市”这一层级",
        ),
    ],
)
def test_a_wrong_line_is_told_with_file_and_line_and_nothing_is_loaded(
    folder, file, line, told
):
    path = folder / file
    lines = path.read_text(encoding="utf-8").rstrip("\n").splitlines()
    path.write_text("\n".join([*lines, line]) + "\n", encoding="utf-8")
    before = counts()
    with pytest.raises(RuleViolated) as refused:
        jurisdictions.load(folder, NOW, demo=True)
    (reason,) = refused.value.reasons
    assert reason.startswith(f"sixth/{file} 第 {len(lines) + 1} 行：")
    assert told in reason
    assert counts() == before


def test_a_user_name_of_another_city_is_refused_and_its_owner_serves_where_he_did(
    folder,
):
    with transaction() as session:
        session.add(
            Person(
                tenant_id="seventh",
                username="zd-wgy1",
                display_name="别处的人",
                password_hash="",
            )
        )
    before = counts()
    with pytest.raises(RuleViolated, match="“zd-wgy1”已属于另一个城市"):
        jurisdictions.load(folder, NOW, demo=True)
    assert counts() == before


def test_a_place_whose_parent_changed_is_refused_because_its_matters_would_stay_behind(
    folder,
):
    jurisdictions.load(folder, NOW, demo=False)
    text = (folder / "territories.csv").read_text(encoding="utf-8")
    township = next(
        line for line in text.splitlines() if line.endswith("township,321102")
    )
    edit(
        folder / "territories.csv",
        township,
        township.replace(",321102", ",321111"),
    )
    with pytest.raises(RuleViolated, match="不能搬移区划"):
        jurisdictions.load(folder, NOW, demo=False)


def test_a_wrong_diagram_leaves_nothing_half_loaded(folder):
    edit(folder / "item_admission.bpmn", "decision ==", "__import__('os') ==")
    before = counts()
    with pytest.raises(DeploymentRefused):
        jurisdictions.load(folder, NOW, demo=True)
    assert counts() == before


def test_a_year_announced_later_is_added_and_an_imported_one_is_kept(folder):
    with transaction() as session:
        session.execute(sa.delete(CalendarDay))
        session.add(
            CalendarDay(
                on="2026-01-01",
                kind="holiday",
                name="管理员导入",
                source="管理员",
            )
        )
    jurisdictions.load(folder, NOW, demo=False)
    assert ask(
        sa.select(CalendarDay.name).where(CalendarDay.on.startswith("2026"))
    ) == ["管理员导入"]
    assert ask(
        sa.select(CalendarDay.kind).where(CalendarDay.on == "2025-10-01")
    ) == ["holiday"]


def test_the_same_content_makes_no_new_version_and_a_changed_form_a_new_one_of_the_procedures(
    folder,
):
    given = jurisdictions.resources(folder)
    first = deployments.deploy(given, "sixth", None, NOW)
    assert (
        len(first.definition_ids) == len(deployments.process_keys(given)) >= 4
    )
    again = deployments.deploy(given, "sixth", None, NOW + timedelta(hours=1))
    assert (again.deployment_id, again.definition_ids) == (
        first.deployment_id,
        (),
    )
    changed = {
        **given,
        "item_exit.bpmn": given["item_exit.bpmn"]
        + b"\n<!-- looked through -->\n",
    }
    second = deployments.deploy(
        changed, "sixth", None, NOW + timedelta(hours=2)
    )
    assert second.definition_ids == ("sixth:item_exit:2",)


@pytest.mark.parametrize(
    "city", ("dongying", "qingdao", "xinxiang", "xizang", "zhenjiang")
)
def test_no_two_people_of_a_demonstration_have_one_telephone(
    city: str,
) -> None:
    people = _people(city)
    phones = [row["phone"] for row in people if row["phone"]]
    assert len(phones) > 20
    assert sorted(phones) == sorted(set(phones))


def test_each_kind_of_unit_that_a_form_offers_has_somebody() -> None:
    roles = jurisdictions.read(CITIES / "dongying").profile.roles
    units = {
        key for key, role in roles.items() if role.family == "service-unit"
    }
    assert len(units) == 6
    assert units <= {row["role"] for row in _people("dongying")}


def _people(city: str) -> list[dict[str, str]]:
    with (CITIES / city / "people.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
