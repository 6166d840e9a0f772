"""member.*: who was chosen has account, post and file, and begins with training; who is dismissed stands in
no notice any more, and his badge is void."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.domain.training import TrainingRules
from orchestrator.handlers import member_posts
from orchestrator.handlers.context import (
    CannotCarryOut,
    HandlerContext,
    InstanceRef,
)
from orchestrator.services import bundles
from orchestrator.store.members import MemberFile
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from tests.handlers.office import EAST, NOW, TENANT, WEST

HIRED = {
    "post_grid": EAST,
    "post": "full_time",
    "hired_name": "丁小满",
    "hired_username": "dingxiaoman",
    "applicants": [
        {
            "name": "丁小满",
            "phone": "13800001111",
            "born_on": "1995-06-01",
            "schooling": "college",
            "proof": "身份证、学历证书",
        }
    ],
}
ONE_INSTANCE = InstanceRef(
    "m" * 22,
    TENANT,
    "321102",
    "321100/321102/",
    "聘-1",
    "选聘",
    "member_recruitment",
    None,
)


def _serve(act, variables, pre_post=False):
    with transaction() as session:
        profile = bundles.profile_in_force(session, TENANT)
        rules = replace(
            profile.members, training=TrainingRules(pre_post=pre_post)
        )
        context = HandlerContext(
            session, ONE_INSTANCE, "appoint_member", variables, None, "市南区综治中心", None, NOW,
            replace(profile, members=rules), {}, *[lambda *_told, **_more: None] * 7,
        )  # fmt: skip
        return act(context)


def _shown(office) -> str:
    (notice,) = office.rows(
        sa.select(PublicNotice).where(
            PublicNotice.kind == "grid", PublicNotice.subject_code == EAST
        )
    )
    return str(notice.body)


def test_who_was_chosen_has_a_post_a_file_and_stands_in_the_notice(
    office,
) -> None:
    _serve(member_posts.appoint, HIRED)
    (person,) = office.rows(
        sa.select(Person).where(Person.username == "dingxiaoman")
    )
    assert person.password_hash == "", "an administrator's link sets one"
    (file,) = office.rows(
        sa.select(MemberFile).where(MemberFile.person_id == person.id)
    )
    assert (str(file.born_on), file.schooling) == ("1995-06-01", "college")
    assert "丁小满" in _shown(office)
    _serve(member_posts.dismiss, {"member": "dingxiaoman"})
    served = office.rows(
        sa.select(Membership).where(
            Membership.person_id == person.id, Membership.until_on.is_(None)
        )
    )
    assert served == []
    assert "丁小满" not in _shown(office)
    with pytest.raises(CannotCarryOut):
        _serve(member_posts.dismiss, {"member": "dingxiaoman"})


def test_where_the_pass_is_asked_for_he_stands_in_no_notice_before_it(
    office,
) -> None:
    _serve(member_posts.appoint, HIRED, pre_post=True)
    (person,) = office.rows(
        sa.select(Person).where(Person.username == "dingxiaoman")
    )
    assert person.in_training_since == NOW
    assert "丁小满" not in _shown(office)
    _serve(member_posts.dismiss, {"member": "dingxiaoman"}, pre_post=True)
    (person,) = office.rows(
        sa.select(Person).where(Person.username == "dingxiaoman")
    )
    assert person.in_training_since is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"hired_name": "别人"},
        {"hired_username": "丁"},
        {"hired_username": "zd-wgy1"},
        {"post": "nothing"},
        {"post_grid": "1"},
        {"applicants": None},
        {"applicants": HIRED["applicants"] * 2},
    ],
)
def test_who_cannot_be_appointed_is_told_why(office, wrong) -> None:
    with pytest.raises(CannotCarryOut):
        _serve(member_posts.appoint, HIRED | wrong)
    assert "丁小满" not in _shown(office)


@pytest.mark.parametrize(
    ("until", "since"),
    [(None, date(2025, 3, 1)), (date(2026, 10, 9), date(2026, 11, 20))],
)
def test_who_serves_already_is_appointed_again_and_keeps_his_first_day(
    office, until, since
) -> None:
    _serve(member_posts.appoint, HIRED)
    own = Membership.person_id.in_(
        sa.select(Person.id).where(Person.username == "dingxiaoman")
    )
    with transaction() as session:
        served = {"from_on": date(2025, 3, 1), "until_on": until}
        session.execute(sa.update(Membership).where(own).values(served))
    _serve(member_posts.appoint, HIRED)
    (row,) = office.rows(sa.select(Membership).where(own))
    assert (row.from_on, row.until_on) == (since, None)


SEVERAL = {
    "post": "full_time",
    "applicants": [
        *HIRED["applicants"],
        {"name": "常有余", "born_on": "1992-06-01", "schooling": "bachelor"},
    ],
    "hires": [
        {"name": "丁小满", "username": "dingxiaoman", "post_grid": EAST},
        {"name": "常有余", "username": "changyouyu", "post_grid": WEST},
    ],
}


def test_all_who_were_chosen_together_have_their_posts_each_in_his_grid(
    office,
) -> None:
    told = _serve(member_posts.appoint_several, SEVERAL)
    assert told == {"appointed": "dingxiaoman、changyouyu"}
    places = office.rows(
        sa.select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.username.in_(["dingxiaoman", "changyouyu"]))
    )
    assert {each.body_id for each in places} == {
        f"{TENANT}:grid-member:{EAST}",
        f"{TENANT}:grid-member:{WEST}",
    }
    assert "丁小满" in _shown(office) and "常有余" not in _shown(office)


@pytest.mark.parametrize(
    ("hires", "told"),
    [
        ([], "拟聘人员名单是空的"),
        ([SEVERAL["hires"][0]] * 2, "“丁小满”写了两次"),
        (
            [
                SEVERAL["hires"][0],
                SEVERAL["hires"][1] | {"username": "dingxiaoman"},
            ],
            "“dingxiaoman”写了两次",
        ),
        (
            [SEVERAL["hires"][0], SEVERAL["hires"][1] | {"name": "别人"}],
            "“别人”不在资格审查通过的名单上",
        ),
    ],
)
def test_of_a_list_with_a_fault_nobody_is_appointed(
    office, hires, told
) -> None:
    with pytest.raises(CannotCarryOut, match=told):
        _serve(member_posts.appoint_several, SEVERAL | {"hires": hires})
    assert "丁小满" not in _shown(office)


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([(EAST, 1)], "网格”不在招聘方案里"),
        ([(EAST, 1), (WEST, 0)], "方案招聘 0 人，拟聘 1 人"),
    ],
)
def test_nobody_is_appointed_beyond_the_plan(office, places, told) -> None:
    plan = [{"post_grid": grid, "wanted": many} for grid, many in places]
    with pytest.raises(CannotCarryOut, match=told):
        _serve(member_posts.appoint_several, SEVERAL | {"places": plan})
    assert "丁小满" not in _shown(office)
    plan = [{"post_grid": grid, "wanted": 1} for grid in (EAST, WEST)]
    _serve(member_posts.appoint_several, SEVERAL | {"places": plan})
    assert "丁小满" in _shown(office)


def test_a_new_leader_takes_the_place_of_the_one_before(office) -> None:
    named = {
        "post": "leader",
        "post_grid": EAST,
        "leader_name": "丁小满",
        "leader_username": "dingxiaoman",
        "leader_phone": "13800001111",
    }
    assert "傅丽华" in _shown(office)
    _serve(member_posts.name_leader, named)
    assert "丁小满" in _shown(office) and "傅丽华" not in _shown(office)
    with pytest.raises(CannotCarryOut, match="用户名“zd-wgy1”是别人的"):
        _serve(
            member_posts.name_leader, named | {"leader_username": "zd-wgy1"}
        )
