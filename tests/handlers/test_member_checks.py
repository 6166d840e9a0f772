"""The forms of recruiting members and naming leaders: a grid without the post, a village that is not the
grid's, and who is no full-time member are refused where they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from orchestrator.errors import FormInvalid
from orchestrator.services import bundles
from orchestrator.services.deployments import form_checks, member_checks
from orchestrator.store.session import transaction
from tests.handlers.office import COUNTY, EAST, NOW, PARK, TENANT, TOWNSHIP

PATH = f"321100/{COUNTY}/{TOWNSHIP}/"
LEADER = {
    "post_grid": EAST,
    "committee": f"{TENANT}:village-committee:321102001001",
    "party_organisation": f"{TENANT}:community-party:321102001001",
    "leader_username": "zd-wgy1",
    "leader_position": "full_time",
}


def _derive(
    process: str,
    form: str,
    values: dict[str, Any],
    known: dict[str, Any] | None = None,
) -> object:
    with transaction(writing=False) as session:
        definition = bundles.definition_in_force(session, TENANT, process, NOW)
        bundle = bundles.bundle_of(session, definition)
        return form_checks.derive(
            session,
            bundle,
            form,
            values,
            form_checks.FormOccasion(PATH, NOW, known or {}),
        )


def _refused(
    process: str,
    form: str,
    values: dict[str, Any],
    known: dict[str, Any] | None = None,
) -> object:
    with pytest.raises(FormInvalid) as refused:
        _derive(process, form, values, known)
    return refused.value.errors


def test_a_leader_is_agreed_on_by_those_of_his_own_community(office) -> None:
    told = ("leader_appointment", "leader_proposal")
    assert _derive(*told, LEADER) == {}
    elsewhere = {
        "committee": f"{TENANT}:village-committee:321102005001",
        "party_organisation": f"{TENANT}:community-party:321102005001",
    }
    assert _refused(*told, LEADER | elsewhere) == {
        "committee": [
            "东城社区居民委员会不在贺家弄社区第一网格所在的村（社区），请另选"
        ],
        "party_organisation": [
            "东城社区党组织不在贺家弄社区第一网格所在的村（社区），请另选"
        ],
    }


def test_who_is_put_forward_as_a_full_time_member_serves_as_one(
    office,
) -> None:
    told = ("leader_appointment", "leader_proposal")
    nobody = LEADER | {"leader_username": "dingxiaoman"}
    sentence = (
        "“dingxiaoman”不是在任的专职网格员，请核对用户名或者改选担任人员的身份"
    )
    assert _refused(*told, nobody) == {"leader_username": [sentence]}
    assert _derive(*told, nobody | {"leader_position": "committee"}) == {}
    clerk = LEADER | {"leader_username": "zd-wgb2"}
    assert _refused(*told, clerk) == {
        "leader_username": [sentence.replace("dingxiaoman", "zd-wgb2")]
    }


def _chosen(*grids: str) -> dict[str, Any]:
    return {
        "hires": [
            {
                "name": f"甲{place}",
                "username": f"jia{place}",
                "post_grid": grid,
            }
            for place, grid in enumerate(grids)
        ]
    }


def test_who_is_chosen_keeps_to_the_plan(office) -> None:
    chosen = ("member_recruitment", "recruitment_hires")
    plan = {"places": [{"post_grid": EAST, "wanted": 1}]}
    assert _derive(*chosen, _chosen(EAST), plan) == {}
    assert _derive(*chosen, _chosen(EAST, PARK)) == {}, "there is no plan"
    assert _refused(*chosen, _chosen(EAST, EAST, PARK), plan) == {
        "hires": [
            "“贺家弄社区第一网格”方案招聘 1 人，拟聘 2 人，请减少",
            "“贺家弄社区园区专属网格”不在招聘方案里，请改选方案里的网格",
        ]
    }


def test_two_applicants_of_one_name_are_told_apart(office) -> None:
    checked = ("member_recruitment", "recruitment_screening")
    one = {
        "name": "丁小满",
        "born_on": "1995-06-01",
        "schooling": "college",
        "proof": "身份证、学历证书",
    }
    values = {"post": "full_time", "applicants": [one, one | {"phone": "2"}]}
    assert _refused(*checked, values) == {
        "applicants": ["名单上有 2 名“丁小满”，请在姓名后注明区别"]
    }
    apart = [one, one | {"name": "丁小满（1995）"}]
    assert _derive(*checked, values | {"applicants": apart}) == {}


def test_nobody_is_recruited_for_a_grid_without_the_post(office) -> None:
    values = {
        "post": "full_time",
        "places": [
            {"post_grid": EAST, "wanted": 1},
            {"post_grid": PARK, "wanted": 1},
        ],
    }
    with transaction(writing=False) as session:
        bundle = bundles.bundle_of(
            session,
            bundles.definition_in_force(
                session, TENANT, "member_recruitment", NOW
            ),
        )
        assert member_checks.planned_grids(session, bundle, values, PATH) == {}
        for change, told in (
            (
                {"grids": ("general",)},
                "“贺家弄社区园区专属网格”是专属网格，不在专职网格员的招聘范围（第十六条），请移出",
            ),
            (
                {"recruited_in": ("general",), "recruited_citation": "19.2"},
                "“贺家弄社区园区专属网格”不在专职网格员统一招聘的范围（第十九条第二款），请移出",
            ),
        ):
            narrower = _with_post(bundle, change)
            with pytest.raises(FormInvalid) as refused:
                member_checks.planned_grids(session, narrower, values, PATH)
            assert refused.value.errors == {"places": [told]}


def _with_post(bundle: Any, change: dict[str, Any]) -> Any:
    """The bundle with another rule for full-time members."""
    profile = bundle.jurisdiction
    posts = tuple(
        replace(post, **change) if post.key == "full_time" else post
        for post in profile.members.posts
    )
    members = replace(profile.members, posts=posts)
    return replace(bundle, jurisdiction=replace(profile, members=members))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"places": []}, "请至少写明一个网格的招聘人数"),
        (
            {"places": [{"post_grid": EAST, "wanted": 1}] * 2},
            "同一个网格请只写一行，人数写在一起",
        ),
        (
            {
                "places": [{"post_grid": EAST, "wanted": 2}],
                "quota": 10,
                "serving": 9,
            },
            "现有 9 人，再招聘 2 人，超过员额 10 人，请减少人数或者先调整员额",
        ),
    ],
)
def test_a_plan_with_a_fault_is_told(office, values, told) -> None:
    plan = ("member_recruitment", "recruitment_plan")
    errors = _refused(*plan, {"post": "full_time"} | values)
    assert errors == {"places": [told]}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"places": "东网格"}, "places"),
        ({"places": ["东网格"]}, "places"),
        ({"places": [{"post_grid": EAST, "wanted": "三"}]}, "places"),
        ({"places": [{"post_grid": EAST, "wanted": 1.5}]}, "places"),
        (
            {
                "places": [{"post_grid": EAST, "wanted": 1}],
                "quota": "约10",
            },
            "quota",
        ),
        (
            {
                "places": [{"post_grid": EAST, "wanted": 1}],
                "serving": "Infinity",
            },
            "serving",
        ),
    ],
)
def test_a_plan_whose_form_asks_for_texts_is_refused_and_no_failure(
    values: dict[str, Any], field: str
) -> None:
    """A designer's own form may ask for a text where a number belongs."""
    bundle: Any = None
    with pytest.raises(FormInvalid) as refused:
        member_checks.plan(bundle, values, date(2026, 12, 1))
    assert list(refused.value.errors) == [field]


def test_a_conduct_is_about_a_post_and_names_nobody(office) -> None:
    told = ("member_conduct", "conduct_complaint")
    posts = _derive(*told, {"member": "zd-wgy1"})["member_post"]
    assert posts == "贺家弄社区第一网格网格员"
    assert _derive(*told, {"member": "zd-wgb"}) == {"member_post": ""}
    assert _derive(*told, {"member": "dongying-nobody"}) == {"member_post": ""}
