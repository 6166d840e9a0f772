"""The Tibetan city: the competent department agrees to an admission, an exit is only notified, departments
meet jointly."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.services import access
from orchestrator.services.bundles import profile_in_force
from orchestrator.services.registers import second_names
from orchestrator.store.notices import PublicNotice
from orchestrator.store.session import transaction
from tests.cities.play import Play

CITY = "xizang"
COUNTY, STREET = "540102", "540102002"
EAST, WEST = "5401020020011001", "5401020020011002"
SAFETY = "协助治安防控、公共安全隐患排查和突发事件处置"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


FIRE, HOUSING = (
    "xizang:emergency-management:540102",
    "xizang:housing-construction:540102",
)


def found(play: Play, **more: object) -> str:
    return play.report("bk-wgy1", EAST, play.item(SAFETY, COUNTY), **more)


def assign(*assisting: str, lead: str = FIRE) -> dict[str, object]:
    return {
        **opinion("assign"),
        "lead_department": lead,
        "assisting_departments": list(assisting),
        "case_class": "complex",
    }


def test_a_meeting_without_a_plan_is_refused(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "bk-wgzx", **assign(HOUSING))
    with pytest.raises(FormInvalid):
        play.do(case, "convene_departments", "cg-zgb")


def test_a_grids_notice_names_members_and_the_supervision_phone(
    play: Play,
) -> None:
    notice = play.rows(
        sa.select(PublicNotice).where(PublicNotice.subject_code == EAST)
    )[0]
    assert notice.body["supervision_phone"] == "0891-00001001"
    assert notice.body["members"]


def test_a_grids_notice_has_its_labels_in_tibetan_too(play: Play) -> None:
    notice = play.rows(
        sa.select(PublicNotice).where(PublicNotice.subject_code == EAST)
    )[0]
    assert notice.body["labels_language"] == "bo"
    labels = notice.body["labels"]
    assert {"area", "members", "supervision_phone"} <= labels.keys()
    assert all(
        "\u0f00" <= letter <= "\u0fff" or letter.isspace()
        for label in labels.values()
        for letter in label
    )


GRID_NAME, MEMBER = "绕赛社区第一网格", "雷春生"
IN_TIBETAN = {GRID_NAME: "དྲ་མིག་དང་པོ།", MEMBER: "བསོད་ནམས།"}


def test_the_office_enters_tibetan_names_and_the_notice_shows_them(
    play: Play,
) -> None:
    office = play.person("bk-wgzx")
    given = {**IN_TIBETAN, "别处的名称": "x"}
    assert second_names.keep(office, [EAST], given, play.now) == 2
    notice = play.rows(
        sa.select(PublicNotice).where(PublicNotice.subject_code == EAST)
    )[0]
    assert notice.body["names"] == IN_TIBETAN
    with transaction(writing=False) as session:
        who = access.viewer(session, office)
        assert who is not None
        profile = profile_in_force(session, CITY)
        grids, further = second_names.page(session, who, profile, "")
    named = {grid.code: dict(grid.names) for grid in grids}
    assert named[EAST][GRID_NAME] == IN_TIBETAN[GRID_NAME]
    assert named[WEST]["绕赛社区第二网格"] == "" and not further
    taken = {GRID_NAME: ""}
    assert second_names.keep(office, [EAST], taken, play.now) == 1
    left = play.rows(
        sa.select(PublicNotice).where(PublicNotice.subject_code == EAST)
    )[0]
    assert left.body["names"] == {MEMBER: IN_TIBETAN[MEMBER]}


def test_names_of_other_places_and_endless_ones_are_refused(
    play: Play,
) -> None:
    member = play.person("bk-wgy1")
    with pytest.raises(Forbidden):
        second_names.keep(member, [EAST], IN_TIBETAN, play.now)
    office = play.person("bk-wgzx")
    with pytest.raises(Forbidden):
        # One of two grids is not his.
        second_names.keep(office, [EAST, "9" * 16], IN_TIBETAN, play.now)
    with pytest.raises(RuleViolated):
        second_names.keep(office, [EAST], {GRID_NAME: "ཀ" * 161}, play.now)
