"""Page by page: who has nothing to do with a matter neither sees it nor moves it, and who is not signed in is
asked to."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.services.records import attachments
from orchestrator.services.records.ids import new_id
from orchestrator.store.archives import MADE, ArchivePackage
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.web.test_registers import APPLICATION

SEEN = {
    "returning.look": "/returning/{task}",
    "foreseen.look": "/forecast/{task}",
    "inbox.task": "/task/{task}",
    "previews.task": "/inbox/task/{task}",
    "inbox.instance": "/instance/{matter}",
    "inbox.diagram": "/instance/{matter}/diagram",
    "inbox.attachment": "/attachment/{file}",
    "registers.dossier": "/dossier/{matter}",
    "archiving.download": "/dossier/{matter}/archive/{package}",
    "registers.grid": "/grids/3211020010011001",
    "api.task": "/api/task/{task}",
}
MOVED = {
    "api.trigger": "/api/execution/{task}/signal",
    "inbox.complete": "/task/{task}/complete",
    "inbox.act": "/task/{task}/claim",
    "inbox.save": "/task/{task}/saved",
    "begun_texts.save": "/begun/comment/{matter}",
    "inbox.cancel": "/instance/{matter}/cancel",
    "inbox.disclose": "/instance/{matter}/disclose",
    "starting.start": "/start/item_admission/zhenjiang:justice:321102",
    "starting.save": "/start/item_admission/zhenjiang:justice:321102/saved",
    "deadlines.move": "/deadline/{deadline}/suspend",
    "returning.send_back": "/returning/{task}",
    "returning.recall": "/returning/{matter}/recall",
    "signing.add": "/signing/{task}/add",
    "signing.remove": "/signing/{task}/remove/x",
    "signing.sign": "/signing/{task}/sign",
    "remarks.comment": "/instance/{matter}/comment",
    "remarks.copy": "/instance/{matter}/copy",
    "views.remove": "/views/{matter}/remove",
    "oversight.act": "/instance/{matter}/oversee/urge",
    "archiving.ask": "/dossier/{matter}/archive",
    "registers.print_dossier": "/dossier/{matter}/print",
    "api.claim": "/api/task/{task}/claim",
    "api.unclaim": "/api/task/{task}/unclaim",
    "api.assignee": "/api/task/{task}/assignee",
    "api.complete": "/api/task/{task}/complete",
}
WORKBENCH = tuple(
    f"{each}."
    for each in (
        "designer",
        "cards",
        "draft_files",
        "table_trials",
        "imports",
        "trials",
        "backtests",
        "comparisons",
        "releases",
        "versions",
        "regulation",
        "articles",
    )
)
GIVEN = {
    "decision": "approve",
    "approver": "government",
    "opinion": "同意",
    "reason": "无关的人",
}


@pytest.fixture(scope="module")
def ids(application) -> dict[str, str]:
    """A running admission of Jingkou with a file, its open task and its deadline."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        file = attachments.keep(
            b"%PDF-1.4\n%%EOF\n",
            "commitment.pdf",
            "attachments",
            attachments.Claim("zhenjiang", person),
            now,
        )
        given = {**APPLICATION, "attachments": [file]}
        package = new_id(now)
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            given,
            person,
            "zhenjiang:justice:321102",
            now,
        )
        with transaction() as session:
            task = session.scalars(
                sa.select(UserTask.id).where(
                    UserTask.instance_id == begun.instance_id
                )
            ).one()
            deadline = session.scalars(
                sa.select(Deadline.id).where(
                    Deadline.instance_id == begun.instance_id
                )
            ).first()
            session.add(
                ArchivePackage(
                    id=package,
                    tenant_id="zhenjiang",
                    instance_id=begun.instance_id,
                    asked_by=person,
                    asked_at=now,
                    state=MADE,
                    sha256=session.get_one(Attachment, file).sha256,
                    history_seq=1,
                )
            )
    return {
        "package": package,
        "matter": begun.instance_id,
        "task": task,
        "file": file,
        "deadline": deadline,
    }


def _state(application, ids: dict[str, str]) -> tuple:
    with application.app_context(), transaction() as session:
        task, deadline = (
            session.get_one(UserTask, ids["task"]),
            session.get_one(Deadline, ids["deadline"]),
        )
        return (
            task.state,
            task.assignee_id,
            task.revision,
            deadline.due_at,
            list(deadline.entries),
        )


@pytest.mark.parametrize("endpoint", SEEN)
def test_a_stranger_does_not_find_the_page(
    signed_in, ids, endpoint: str
) -> None:
    address = SEEN[endpoint].format(**ids)
    keeper = signed_in("jk-wgb")
    if endpoint == "archiving.download":
        reason = {"reason": "移交档案馆"}
        keeper.post(f"/instance/{ids['matter']}/disclose", data=reason)
    assert keeper.get(address).status_code == 200
    assert signed_in("dy-cg").get(address).status_code == 404


def test_the_address_in_an_earlier_letter_leads_to_the_instance(
    signed_in, ids
) -> None:
    answer = signed_in("jk-wgb").get(f"/matter/{ids['matter']}?before=3")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(
        f"/instance/{ids['matter']}?before=3"
    )


@pytest.mark.parametrize("endpoint", MOVED)
def test_a_stranger_moves_nothing(
    application, signed_in, ids, endpoint: str
) -> None:
    before = _state(application, ids)
    sent = (
        {"json": {"variables": GIVEN, "userId": "dy-cg"}}
        if endpoint.startswith("api")
        else {"data": GIVEN}
    )
    answer = signed_in("dy-cg").post(MOVED[endpoint].format(**ids), **sent)
    assert answer.status_code in (403, 404)
    assert _state(application, ids) == before


@pytest.mark.parametrize("endpoint", [*SEEN, *MOVED])
def test_who_is_not_signed_in_is_asked_to(
    application, ids, endpoint: str
) -> None:
    client = application.test_client()
    address = (SEEN | MOVED)[endpoint].format(**ids)
    answer = (
        client.get(address)
        if endpoint in SEEN
        else client.post(address, data=GIVEN)
    )
    if endpoint.startswith("api"):
        assert answer.status_code == 401
    elif endpoint in MOVED:
        assert answer.status_code == 401 and "登录并提交" in answer.text, (
            "what was sent can be sent after a sign-in in place"
        )
    else:
        assert answer.status_code == 302
        assert "/sign-in" in answer.headers["Location"]


def test_no_page_about_one_thing_is_left_out(application) -> None:
    public = (
        "static",
        "public.",
        "help.",
        "auth.",
        "admin.",
        "task_administration.",
        "people_admin.",
        "bodies_admin.",
        "body_kinds.",
        "password_links.",
        "groups.",  # tests/web/test_single_sign_on.py
        "passkeys.",  # one's own: tests/web/test_passkeys.py
        "work_apps.",  # tests/web/test_work_apps.py
        "calendars.",
        "notifications.",
        "notification_choices.",
        "absences.",
        "registers.item",  # a public list is everybody's: tests/web/test_item_register.py
        "report.",  # a resident's own: tests/web/test_resident_reports.py
        "places.",  # choices of a form: tests/web/test_opening.py
        "reports.",  # before there is a matter: tests/web/test_resident_reports.py
        "members.",  # about people: tests/web/test_members.py
        "grid_entries.",  # tests/web/test_grid_work.py, as the two below
        "grid_work.",
        "training.",  # tests/web/test_training.py
        "grid_meetings.",
        "grid_groups.",  # tests/web/test_crawl.py, tests/handlers/test_beside_members.py
        "pay.",  # tests/web/test_crawl.py, test_pay.py
        "assessment.",  # tests/web/test_crawl.py, test_assessment.py
        "disposals.",  # tests/web/test_crawl.py, test_disposals.py
        "data_grants.",  # tests/web/test_crawl.py, test_data_grants.py
        "pictures.",  # of what can be shown: tests/web/test_evidence_pages.py
        "oversight.merging",  # of a case: tests/web/test_merging.py
        "several.",  # its tasks are in the form: tests/web/test_inbox.py
        *WORKBENCH,
    )
    about = {
        rule.endpoint
        for rule in application.url_map.iter_rules()
        if rule.arguments and not rule.endpoint.startswith(public)
    }
    assert about == {*SEEN, *MOVED}


def test_who_is_no_designer_opens_no_page_of_the_workbench(
    application, signed_in
) -> None:
    client, asked = signed_in("jk-wgb"), 0
    for rule in application.url_map.iter_rules():
        if rule.endpoint.startswith(WORKBENCH):
            address = re.sub(
                r"<(int:)?(\w+)>",
                lambda found: "1" if found[1] or found[2] == "number" else "x",
                rule.rule,
            )
            for method in sorted(rule.methods & {"GET", "POST"}):
                assert (
                    client.open(address, method=method).status_code == 403
                ), (
                    method,
                    address,
                )
                asked += 1
    assert asked >= 30


def test_a_designer_finds_no_draft_that_is_not_there(signed_in) -> None:
    client = signed_in("designer")
    assert client.get("/design/nothing").status_code == 404
    assert client.get("/design/nothing/publish").status_code == 404
    assert client.post("/design/nothing/save", json={}).status_code == 404
    assert client.post("/design/open/nothing").status_code == 404
