"""The Tibetan city: the competent department agrees to an admission, an exit is only notified, departments
meet jointly."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import FormInvalid
from orchestrator.store.notices import PublicNotice
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
