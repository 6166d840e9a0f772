"""Personal data of a form are masked wherever the form is read back, until somebody opens them with a reason;
who looked stands on the administrator's page. What is asked for about a matter is told with what came of
it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from orchestrator.services import (
    bundles,
    deployments,
    instances,
    jurisdictions,
    user_tasks,
)
from orchestrator.services.clocks import found_words
from orchestrator.services.notifications import collecting
from orchestrator.services.records import disclosures
from orchestrator.store import search
from orchestrator.store.absences import Absence
from orchestrator.store.disclosures import Disclosure
from orchestrator.store.grid_entries import EntryDisclosure, GridEntry
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.conftest import ROOT
from web import looking

PHONE, MASKED = "13812345678", "138****5678"
BUREAU = "zhenjiang:urban-management:321102"


def words(page) -> str:
    return re.sub(r"\s+", " ", page.get_data(as_text=True))


@pytest.fixture(scope="module")
def case(application) -> str:
    return reported(application)


def reported(application) -> str:
    """A case that a resident reported, at the lead department."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction(writing=False) as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
            item = session.scalars(
                sa.select(ServiceItem.id).where(
                    ServiceItem.territory_code == "321102"
                )
            ).first()
        report = {
            "item_id": item,
            "case_title": "楼道堆放杂物",
            "description": "三单元楼道堆放杂物",
            "area_id": "321102001001-01",
            "location": "三单元",
            "priority": "normal",
            "reporter_name": "王建军",
            "reporter_phone": PHONE,
            "disposal": "report",
        }
        member = "zhenjiang:grid-member:3211020010011001"
        begun = instances.start(
            "zhenjiang", "case_handling", report, ids["zd-wgy1"], member, now
        )

        def complete(username: str, **values: str) -> None:
            with transaction(writing=False) as session:
                open_task = sa.select(UserTask.id).where(
                    UserTask.instance_id == begun.instance_id,
                    UserTask.state == "open",
                )
                task = session.scalars(open_task).one()
            user_tasks.complete(task, values, ids[username], now)

        complete(
            "zd-wgb",
            decision="assign",
            lead_department=BUREAU,
            opinion="请城管牵头",
        )
        complete("jk-cg", decision="accept", handler_name="沈春燕")
    return begun.instance_id


def task_of(application, instance_id: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        query = sa.select(UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.state == "open"
        )
        return session.scalars(query).one()


def test_a_reporters_phone_is_masked_until_it_is_opened_with_a_reason(
    application, signed_in, case
) -> None:
    client, task = signed_in("jk-cg"), task_of(application, case)
    pages = [f"/instance/{case}", f"/task/{task}", f"/dossier/{case}"]
    for page in pages:
        told = words(client.get(page))
        assert (
            MASKED in told
            and "王**" in told
            and PHONE not in told
            and "王建军" not in told
        ), page
        assert f"/instance/{case}/disclose" in told
    printed = client.post(f"/dossier/{case}/print").data
    assert PHONE not in "".join(
        each.extract_text() for each in PdfReader(BytesIO(printed)).pages
    )
    assert PHONE not in client.get(f"/api/task/{task}").text
    disclose = f"/instance/{case}/disclose"
    assert client.post(disclose, data={"reason": " "}).status_code == 422
    assert (
        client.post(
            disclose, data={"reason": "回访", "back": "dossier"}
        ).location
        == f"/dossier/{case}"
    )
    opened = client.post(
        disclose, data={"reason": "电话回访反映人", "back": f"task:{task}"}
    )
    assert opened.location == f"/task/{task}"
    assert (
        client.post(
            disclose, data={"reason": "回访", "back": "task://evil"}
        ).location
        == f"/instance/{case}"
    )
    for page in pages:
        told = words(client.get(page))
        assert PHONE in told and "王建军" in told and disclose not in told, (
            page
        )
    # A colleague says why himself; a stranger has nothing to open.
    assert PHONE not in words(signed_in("jk-cg2").get(pages[0]))
    assert (
        signed_in("zd-wgy3")
        .post(disclose, data={"reason": "看看"})
        .status_code
        == 404
    )
    with application.app_context(), transaction() as session:
        past = datetime.now(UTC) - disclosures.LASTS
        session.execute(
            sa.update(Disclosure)
            .where(Disclosure.instance_id == case)
            .values(at=past)
        )
    assert PHONE not in words(client.get(pages[0]))


def test_no_list_search_map_figure_or_interface_shows_what_is_masked(
    application, signed_in, case
) -> None:
    """Every list and export whose look is noted is asked, with the figures and the search."""
    addresses = [
        rule.rule
        for rule in application.url_map.iter_rules()
        if not rule.arguments
        and "GET" in rule.methods
        and (
            rule.endpoint in looking.MANY
            or rule.endpoint in ("home.index", "notifications.index")
        )
    ]
    client = signed_in("jk-cg")
    shown = set()
    for address in (*addresses, "/cases?q=楼道", "/?q=楼道"):
        told = client.get(address).get_data().decode(errors="replace")
        assert PHONE not in told, address
        assert "王建军" not in told, address
        if "楼道堆放杂物" in told:
            shown.add(address)
    assert {"/cases", "/cases/map"} <= shown, "the case is on them"
    # Nobody finds it by them either.
    for words_of in (PHONE, "王建军"):
        found = client.get(f"/cases?q={words_of}").text
        assert "楼道堆放杂物" not in found


def _is_reviewed_by_another(signed_in, reviewer: str) -> None:
    """The opening of jk-cg waits; it is doubted with words, once, by who administers him."""
    client = signed_in(reviewer)
    waiting = client.get("/admin/looks/?waiting=1&q=jk-cg").text
    look = re.search(r'name="look" value="(\w+)"', waiting)
    assert look
    search = waiting.partition('method="get"')[2].partition("</form>")[0]
    assert 'name="waiting" value="1"' in search
    first_button = waiting.partition('id="openings"')[2].partition("<button ")
    assert "disabled" in first_button[2].partition(">")[0], "Enter's button"

    def review(by: str, **more: str) -> tuple[int, str]:
        data = {"look": look[1], "verdict": "questioned", **more}
        answer = signed_in(by).post("/admin/looks/review", data=data)
        return answer.status_code, words(answer)

    status, told = review(reviewer)
    assert (status, "请写明有什么疑问" in told) == (422, True)
    status, told = review(reviewer, verdict="", note="按回车键")
    assert (status, "点“有依据”或“有疑问”" in told) == (422, True)
    assert "按回车键" in told, "what was typed is there"
    assert review("jk-cg", note="自己看")[0] == 403
    status, told = review(reviewer, look="nothing", note="x")
    assert (status, "不归您复核" in told) == (422, True)
    assert review(reviewer, note="与所办事项无关")[0] == 302
    status, told = review("admin", note="再看")
    assert (status, "已经复核过" in told) == (422, True)
    assert (
        f'value="{look[1]}"' not in client.get("/admin/looks/?waiting=1").text
    )
    told = words(client.get("/admin/looks/?q=jk-cg"))
    assert "有疑问" in told
    assert "与所办事项无关" in told
    # Who looked is told, and nobody else.
    for page in ("/home", "/notifications"):
        told = words(signed_in("jk-cg").get(page))
        assert "管理员的疑问：与所办事项无关" in told
        assert 'id="doubted"' not in signed_in("jk-cg2").get(page).text
    _is_answered_once(signed_in, reviewer, look[1])


def _is_answered_once(signed_in, reviewer: str, look: str) -> None:
    """Whoever opened the data says why, once; his administrator reads it."""

    def say(by: str, text: str) -> tuple[int, str]:
        page = f"/notifications/doubted/{look}"
        answer = signed_in(by).post(page, data={"answer": text})
        return answer.status_code, words(answer)

    assert say("jk-cg2", "不是我看的")[0] == 404
    status, told = say("jk-cg", " ")
    assert (status, "请写明当时为什么查看" in told) == (422, True)
    assert say("jk-cg", "居民来电核对地址")[0] == 302
    status, told = say("jk-cg", "再说一次")
    assert (status, "已经说明过" in told) == (422, True)
    told = words(signed_in("jk-cg").get("/home"))
    assert "您的说明：居民来电核对地址" in told
    told = words(signed_in(reviewer).get("/admin/looks/?q=jk-cg"))
    assert "本人说明：居民来电核对地址" in told


def _own_and_entries(application, signed_in, reviewer: str, case: str) -> None:
    """An administrator's own opening waits for another; one of an entry of a register waits too."""
    now = datetime.now(UTC)
    with application.app_context(), transaction() as session:
        ids = {
            person.username: person.id
            for person in session.scalars(
                sa.select(Person).where(
                    Person.username.in_(("jk-cg", reviewer))
                )
            )
        }
        own = Disclosure(
            id="own-opening",
            instance_id=case,
            person_id=ids[reviewer],
            at=now,
            reason="自己核对",
        )
        entry = GridEntry(
            id="reviewed-entry",
            tenant_id="zhenjiang",
            grid_code="3211020010011001",
            territory_path="321100/321102/",
            kind="person",
            name="台账中人",
            verified_on=now.date(),
            version=1,
            changed_at=now,
            changed_by=ids["jk-cg"],
        )
        session.add_all([own, entry])
        session.flush()
        session.add(
            EntryDisclosure(
                id="entry-opening",
                entry_id=entry.id,
                person_id=ids["jk-cg"],
                at=now,
                reason="走访核对",
            )
        )
    client = signed_in(reviewer)
    page = client.get("/admin/looks/?waiting=1").text
    assert "由别人复核" in page
    assert 'value="own-opening"' not in page
    assert 'value="entry-opening"' in page
    assert "台账中人" not in page
    for look, status in (("own-opening", 422), ("entry-opening", 302)):
        found = {"look": look, "verdict": "grounded"}
        answer = client.post("/admin/looks/review", data=found)
        assert answer.status_code == status
    other = signed_in("admin").post(
        "/admin/looks/review",
        data={"look": "own-opening", "verdict": "grounded"},
    )
    assert other.status_code == 302


def test_the_administrator_reads_who_looked_and_why_and_no_contents(
    application, signed_in, case, county_administrator
) -> None:
    client = signed_in("jk-cg")
    with application.app_context(), transaction(writing=False) as session:
        number = session.get_one(ProcessInstance, case).business_key
    client.post(f"/instance/{case}/disclose", data={"reason": "核对门牌"})
    for address in (
        "/cases",
        "/grids.geojson",
        "/items.xlsx?territory=321102",
        "/api/task",
        "/",
    ):
        client.get(address).close()
    for reader in ("admin", county_administrator):
        told = words(
            signed_in(reader).get("/admin/looks/", query_string={"q": "jk-cg"})
        )
        assert (
            "核对门牌" in told
            and number in told
            and "楼道堆放杂物" not in told
            and PHONE not in told
        )
        for name in (
            "事件列表",
            "导出网格（GeoJSON）",
            "导出事项清单（xlsx）",
            "接口的任务列表",
            "待办列表",
        ):
            assert f"<td>{name} </td>" in told, name
    _is_reviewed_by_another(signed_in, county_administrator)
    _own_and_entries(application, signed_in, county_administrator, case)
    reads = signed_in("admin").get
    assert "核对门牌" in words(
        reads("/admin/looks/", query_string={"q": number})
    )
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    assert "核对门牌" not in words(
        reads("/admin/looks/", query_string={"q": "jk-cg", "on": yesterday})
    )
    assert (
        reads(
            "/admin/looks/", query_string={"q": "%", "on": "9999-99-99"}
        ).status_code
        == 200
    )
    # The city office's people serve no body of the county.
    signed_in("zj-wgb").get("/cases").close()
    county = words(
        signed_in(county_administrator).get(
            "/admin/looks/", query_string={"q": "zj-wgb"}
        )
    )
    assert "事件列表 </td>" not in county
    assert client.get("/admin/looks/").status_code == 403


def _stand_in(lead: str, applicant: int, deputy: int, now: datetime) -> None:
    """The applicant has the task, and for him his deputy: the applicant hears of the refusal by the result of
    his application alone."""
    with transaction() as session:
        session.get_one(UserTask, lead).assignee_id = applicant
        session.add(
            Absence(
                id="applicant-away",
                tenant_id="zhenjiang",
                person_id=applicant,
                deputy_id=deputy,
                from_at=now - timedelta(hours=1),
                until_at=now + timedelta(minutes=1),
                entered_by=applicant,
                entered_at=now,
            )
        )


def test_who_decides_on_an_extension_reads_the_case_and_a_refusal_stands_in_the_cases_dossier(
    application, signed_in, case
) -> None:
    lead = task_of(application, case)
    with application.app_context():
        with transaction(writing=False) as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        wanted = {
            "task": lead,
            "amount": "3",
            "extension_reason": "配件还在路上",
        }
        now = datetime.now(UTC)
        _stand_in(lead, ids["jk-cg"], ids["jk-wgb"], now)
        asked = instances.start_at(
            instances.Beginning(
                "zhenjiang",
                "deadline_extension",
                wanted,
                ids["jk-cg"],
                BUREAU,
                now,
                about=case,
            )
        )
    task = task_of(application, asked.instance_id)
    told = words(signed_in("zd-wgb").get(f"/task/{task}"))
    subject = told[told.index('id="subject"') :]
    assert (
        f'href="/instance/{case}"' in subject
        and "三单元楼道堆放杂物" in subject
    )
    assert MASKED in subject and "牵头办理" in subject
    with application.app_context():
        answer = {
            "extension_decision": "refuse",
            "extension_opinion": "按期办结",
        }
        user_tasks.complete(task, answer, ids["zd-wgb"], now)
        collecting.collect(now)
        with transaction(writing=False) as session:
            told = session.execute(
                sa.select(Notification.person_id, Notification.task_id).where(
                    Notification.words == "按期办结",
                    Notification.instance_id == case,
                )
            ).all()
            results = session.execute(
                sa.select(
                    Notification.person_id,
                    Notification.step,
                    Notification.words,
                ).where(
                    Notification.instance_id == asked.instance_id,
                    Notification.kind == "result",
                )
            ).all()
    assert told == [(ids["jk-wgb"], lead)], "who has the task hears the reason"
    assert results == [(ids["jk-cg"], "未同意延期", "按期办结")]
    client = signed_in("jk-cg")
    for page in (f"/dossier/{case}", f"/instance/{case}"):
        assert re.search(
            r"延期申请 · 延-\d{4}-\d{5}.*?未同意延期", words(client.get(page))
        ), page
    printed = client.post(f"/dossier/{case}/print").data
    assert "未同意延期" in "".join(
        each.extract_text() for each in PdfReader(BytesIO(printed)).pages
    )


def test_a_matter_that_began_on_an_older_form_is_masked_as_the_newest_says(
    application, signed_in
) -> None:
    """Proves it with a case that began while no form called anything personal: on every page and on paper."""
    today = dict(jurisdictions.resources(ROOT / "bpmn" / "zhenjiang"))
    former = {
        name: content.replace(b'"personal": "true"', b'"personal": "no"')
        for name, content in today.items()
    }
    former["jurisdiction.toml"] = re.sub(
        rb"(?s)\n\[data\].*?(?=\n# )", b"", former["jurisdiction.toml"]
    )
    with application.app_context():
        deployments.deploy(former, "zhenjiang", None, datetime.now(UTC))
        bundles.forget()
    case = reported(application)
    client = signed_in("jk-cg")
    assert PHONE in words(client.get(f"/instance/{case}"))
    assert case in found_by(application, PHONE)
    with application.app_context():
        deployments.deploy(today, "zhenjiang", None, datetime.now(UTC))
        # Whoever writes next knows it at once, not after a minute.
        bundles.forget()
    task = task_of(application, case)
    for page in (f"/instance/{case}", f"/task/{task}", f"/dossier/{case}"):
        told = words(client.get(page))
        assert MASKED in told and PHONE not in told and "王建军" not in told
        assert f"/instance/{case}/disclose" in told
    printed = client.post(f"/dossier/{case}/print").data
    assert PHONE not in "".join(
        each.extract_text() for each in PdfReader(BytesIO(printed)).pages
    )
    with application.app_context():
        rounds = [found_words.go_on(datetime.now(UTC)) for _round in range(20)]
    assert sum(rounds) >= 1
    assert rounds[-1] == 0
    assert case not in found_by(application, PHONE)
    assert case not in found_by(application, "王建军")
    assert case in found_by(application, "三单元楼道堆放杂物")


def found_by(application, text: str) -> list[str]:
    query = search.matching("zhenjiang", text)
    assert query is not None
    with application.app_context(), transaction(writing=False) as session:
        return list(session.scalars(query))
