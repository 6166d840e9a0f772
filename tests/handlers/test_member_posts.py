"""member.*: who was chosen has account, post and file, and begins with training; who is dismissed stands in
no notice any more, and his badge is void."""

from __future__ import annotations

from dataclasses import replace

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
from tests.handlers.office import EAST, NOW, TENANT

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
