"""A county that runs the product by itself: its own place is the widest, and what a city would do is its own.

Registers, figures, assessment, bulletin and grades work there as below a city.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from orchestrator.services import bundles, jurisdictions
from orchestrator.services.assessment import period_closing, recurring_work
from orchestrator.services.designing import folder_check
from orchestrator.services.figures import counting
from orchestrator.store.assessments import AssessmentPeriod
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db, transaction
from tests.databases import release, settings_for
from tests.handlers.office import CITY, COUNTY, EAST, TENANT, Office
from tests.handlers.test_cases import to_the_county, to_the_departments
from tests.onboarding.test_another_city import signed_in

OCTOBER = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 6, 2, 0, tzinfo=UTC)
HOST = f"{TENANT}:grid-office:{COUNTY}"


def _profile(text: str) -> str:
    """The city's profile with the county as its widest level."""
    text = text.replace('name = "镇江市"', 'name = "京口区"')
    text = text.replace('city_code = "321100"', f'city_code = "{COUNTY}"')
    text = re.sub(r"(?m)^city = .*\n", "", text, count=1)
    text = re.sub(r"\[assigning\.city\]\n(.+\n)+\n", "", text)
    text = re.sub(r"seed_lists = .*", f'seed_lists = ["{COUNTY}"]', text)
    text = re.sub(r'"3211(?!02)\d*" = "[^"]*",? ?', "", text)
    text = _levels(text.replace('"city", "county"', '"county"'))
    return re.sub(r'"([a-z-]+@county)", "\1"', r'"\1"', text)


def _levels(text: str) -> str:
    for written in ("@{}", '"{}"', ">{}<"):
        text = text.replace(written.format("city"), written.format("county"))
    return text


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Zhenjiang's folder, cut down to one of its counties."""
    folder = Path(shutil.copytree(CITY, tmp_path / TENANT))
    shutil.rmtree(folder / "scenarios")
    (folder / "grid_areas.geojson").unlink()
    profile = folder / "jurisdiction.toml"
    profile.write_text(_profile(profile.read_text("utf-8")), "utf-8")
    for file in [*folder.glob("*.bpmn"), *folder.glob("*.form")]:
        file.write_text(_levels(file.read_text("utf-8")), "utf-8")
    for file in folder.glob("*.csv"):
        head, *lines = file.read_text("utf-8").splitlines()
        kept = [line for line in lines if COUNTY in line]
        text = "\n".join([head, *kept]) + "\n"
        file.write_text(text.replace(",county,321100", ",county,"), "utf-8")
    return folder


@pytest.fixture
def application(
    county: Path, database_url: str, tmp_path: Path
) -> Iterator[Flask]:
    app = create_app(settings_for(database_url, tmp_path, demo=True))
    with app.app_context():
        jurisdictions.load(county, now=OCTOBER, demo=True)
        db.session.remove()
    yield app
    with app.app_context():
        release()


def test_nothing_is_wrong_with_the_folder(county: Path) -> None:
    told = [
        finding.message
        for finding in folder_check.check(county)
        if finding.severity == "error"
    ]
    assert told == []


def test_its_registers_figures_assessment_bulletin_and_grades_work(
    application: Flask,
) -> None:
    with application.app_context():
        case = _a_month_of_work()
    head = signed_in(application, "jk-wgb")
    for address, words in {
        "/figures/?period=2026-10": "办结",
        "/members/": "贺家弄社区第一网格",
        "/assessment/": "2026年10月",
        "/grid-register/": "网格台账",
        "/grids": "贺家弄社区第一网格",
        "/rules/": "反映人的姓名和电话",
        "/data-grants/": "限期授权",
        "/home": "2026年10月",
    }.items():
        page = head.get(address, follow_redirects=True)
        assert page.status_code == 200, address
        assert words in page.text and "镇江市" not in page.text, address
    page = head.get(f"/instance/{case}").text
    assert "139****4321" in page and "13987654321" not in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    why = {"reason": "回访", "csrf_token": token}
    assert head.post(f"/instance/{case}/disclose", data=why).status_code == 302
    assert "13987654321" in head.get(f"/instance/{case}").text
    table = head.get("/figures/figures.csv?period=2026-10").text
    assert "京口区" in table or "正东路街道" in table


def _a_month_of_work() -> str:
    """A case of October that a bureau of the county dealt with, the bulletin opened and the month closed."""
    office = Office(OCTOBER)
    case = office.report(
        office.seed_item(), reporter_name="李四", reporter_phone="13987654321"
    )
    to_the_county(office, case)
    to_the_departments(office, case)
    office.later(hours=3)
    office.complete(case, "handle_case", "jk-cg", result="组织人员清理")
    office.now = NOVEMBER
    while counting.settle(office.now):
        pass
    assert recurring_work.settle(office.now) >= 1
    (bulletin,) = office.rows(
        sa.select(ProcessInstance.id).where(
            ProcessInstance.process_key == "monthly_bulletin"
        )
    )
    office.complete(
        bulletin,
        "draft_bulletin",
        "jk-wgb",
        figures="登记 1 件",
        bulletin_text="按期办理",
        receivers=[f"{TENANT}:urban-management:{COUNTY}"],
    )
    assert period_closing.close_last(TENANT, office.now) >= 1
    closed = office.rows(sa.select(AssessmentPeriod))
    assert {each.body_id for each in closed} == {HOST}
    with transaction(writing=False) as session:
        levels = bundles.profile_in_force(session, TENANT).levels.keys
    assert levels[0] == "county" and EAST.startswith(COUNTY)
    return case
