"""House rules that no import contract can say."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import create_app
from forms.components import COMPONENTS
from forms.render import DRAWN
from orchestrator.bpmn_checks import CHECKS
from orchestrator.services import deployments, jurisdictions
from orchestrator.services.bundles import form_questions
from orchestrator.services.deployments import form_options, profile_checks
from orchestrator.services.jurisdictions import comparison
from orchestrator.services.jurisdictions.folder import TEMPLATE
from orchestrator.services.simulation import regulation_report
from orchestrator.settings import DEFAULTS, read_settings
from web.auth import PERMISSIONS

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("orchestrator", "forms", "web")
    for path in (ROOT / folder).rglob("*.py")
]
CITIES = sorted(
    path.parent.name for path in (ROOT / "bpmn").glob("*/jurisdiction.toml")
)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(
        read_settings(
            {"GRIDFLOW_VAR_DIR": str(tmp_path_factory.mktemp("house"))}
        )
    )


def test_every_endpoint_names_a_permission_and_every_permission_is_used(
    application: Flask,
) -> None:
    named = {
        endpoint: getattr(view, "permission", None)
        for endpoint, view in application.view_functions.items()
        if endpoint != "static"
    }
    assert {
        endpoint: name
        for endpoint, name in named.items()
        if name not in PERMISSIONS
    } == {}
    assert set(named.values()) == PERMISSIONS.keys()


def test_no_city_occurs_in_python() -> None:
    assert len(SOURCES) > 50
    cities = set(CITIES) - {TEMPLATE}
    for path in SOURCES:
        text = path.read_text()
        assert not [
            city for city in cities if re.search(rf"\b{city}\b", text)
        ], path


def test_only_the_edges_read_the_clock_and_nobody_sleeps() -> None:
    for path in SOURCES:
        edge = path.is_relative_to(ROOT / "web") or path.name == "jobs.py"
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("now", "utcnow", "today", "sleep")
                and isinstance(node.value, ast.Name)
            ):
                clock = node.value.id in ("datetime", "date", "time")
                assert not clock or (edge and node.attr == "now"), (
                    f"{path}:{node.lineno}"
                )


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert (
        set(re.findall(r"^\| `(GRIDFLOW_\w+)`", page, re.MULTILINE))
        == DEFAULTS.keys()
    )


def test_every_choice_from_a_register_has_a_name_that_designers_read() -> None:
    assert form_options.NAMES.keys() == form_options.SOURCES.keys()
    assert form_questions.NAMES.keys() == form_questions.LISTS.keys()


def test_every_component_is_drawn() -> None:
    assert DRAWN.keys() == COMPONENTS.keys()


def test_every_rule_has_its_page() -> None:
    names = {
        rule.__name__.replace("_", "-")
        for rule in (*CHECKS, *profile_checks.CHECKS)
    }
    page = (ROOT / "docs" / "checks.md").read_text()
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == names


@pytest.mark.parametrize("city", CITIES)
def test_what_a_citys_diagrams_name_exists_and_every_step_says_on_what_ground(
    city: str,
) -> None:
    inspected = deployments.inspect(
        jurisdictions.resources(ROOT / "bpmn" / city)
    )
    assert [
        finding
        for finding in inspected.notes
        if finding.rule == "citation-missing"
    ] == []


def test_the_page_that_compares_the_cities_is_what_their_profiles_say() -> (
    None
):
    assert (ROOT / "docs" / "cities.md").read_text() == comparison.compare(
        ROOT / "bpmn"
    ), "write it anew: ./gridflow flask compare"


LAST_ARTICLE = {"dongying": 30, "xinxiang": 25, "xizang": 29, "zhenjiang": 51}
POINTS = {"一": 4, "二": 3, "三": 3, "四": 3, "五": 6, "六": 4, "队伍办法": 21}
"""How many points each part of Qingdao's norm has, and how many articles its companion document."""


def test_the_pages_of_the_regulations_are_what_diagrams_profiles_and_scenarios_say() -> (
    None
):
    folder = ROOT / "docs" / "regulations"
    pages = regulation_report.pages(ROOT / "bpmn", folder)
    assert {
        path.name: path.read_text("utf-8") for path in folder.glob("*.md")
    } == pages, "write them anew: ./gridflow flask regulations"
    matrix = pages["matrix.md"].partition("\n## ")[0]
    assert "情景 0 个" not in matrix
    proofs = {
        part.partition("\n")[0]: part
        for part in pages["matrix.md"].split("\n## ")[1:]
    }
    assert "item_admission.yaml" not in proofs["事项退出"], (
        "its steps have names of the admission's"
    )
    assert "职能部门不能直接交办" not in proofs["交办"], (
        "a refused start decides nothing"
    )


def test_a_city_without_a_scenario_of_a_procedure_has_no_list_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    city: Any = SimpleNamespace(profile=SimpleNamespace(name="测试市"))
    monkeypatch.setattr(regulation_report, "_cell", lambda *_given: "—")
    monkeypatch.setattr(regulation_report, "_proofs", lambda *_given: [])
    text = regulation_report._matrix([city])
    assert "| 程序 | 测试市 |" in text and "**测试市**" not in text


def test_every_article_of_the_five_texts_has_a_line() -> None:
    known = {
        city: {str(number) for number in range(1, last + 1)}
        for city, last in LAST_ARTICLE.items()
    }
    points = {
        f"{part}-{number}"
        for part, last in POINTS.items()
        for number in range(1, last + 1)
    }
    known["qingdao"] = points | {"附件一", "附件二"}
    for city, articles in known.items():
        lines = (
            (ROOT / "docs" / "regulations" / f"{city}.csv")
            .read_text("utf-8")
            .splitlines()[1:]
        )
        told = {
            line.partition(",")[0]: line.partition(",")[2].strip()
            for line in lines
        }
        assert told.keys() == articles, city
        assert all(told.values()), city
