"""The regulation's pages: an amended article is laid beside the old one, what cites it is listed, and all is
published and withdrawn together with the procedures that follow it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from lxml import html

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.domain.jurisdiction.article_texts import Wording
from orchestrator.services import bundles, designing
from orchestrator.services.designing import publishing
from orchestrator.store.definitions import Deployment
from orchestrator.store.drafts import REGULATION, Draft, regulation_draft
from orchestrator.store.session import transaction
from web.designing import regulation as web_regulation

BASE = "/design/regulation"
NEW_TEXT = (
    "网格员发现网格服务管理事项清单内的网格事项，应当及时采集核实、登记上报、协调处理。"
    "网格员无法处理的，应当在十二小时内向镇（街道）网格化机构上报，情况紧急的应当立即上报。"
)


@pytest.fixture
def client(application, signed_in):
    """A designer with an open draft of the regulation; it and what joined it are discarded afterwards."""
    found = signed_in("designer")
    assert found.post(f"{BASE}/").status_code == 302
    yield found
    with application.app_context(), transaction() as session:
        for row in session.scalars(
            sa.select(Draft).where(
                Draft.tenant_id == "zhenjiang", Draft.state == "open"
            )
        ):
            row.state = "discarded"


def draft_of(application) -> tuple[str, int, str]:
    """Id, revision and text of the open draft."""
    with application.app_context(), transaction(writing=False) as session:
        row = regulation_draft(session, "zhenjiang")
        assert row is not None
        return row.id, row.revision, row.content[REGULATION]


def send(application, client, address: str, **given: object):
    """Sends the form of that page as it would be shown, with some of its fields changed."""
    page = client.get(f"{BASE}/{address}").text
    form = re.search(
        r'<form class="card mb-3" method="post">.*?</form>', page, re.DOTALL
    )
    assert form, page
    typed = _fields(form[0])
    typed.pop("remove", None)
    typed |= given
    return client.post(f"{BASE}/{address}", data=typed)


class _Form(HTMLParser):
    """The controls of a form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag, attributes) -> None:
        given = {key: value or "" for key, value in attributes}
        name = given.get("name", "")
        if tag == "input" and name:
            box = given.get("type") == "checkbox"
            if not box or "checked" in given:
                self.sent.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.sent[self.select] = [given["value"]]
        elif tag == "textarea":
            self.area = name
            self.sent[name] = [""]

    def handle_data(self, data: str) -> None:
        if self.area:
            self.sent[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""


def _fields(html: str) -> dict[str, list[str]]:
    found = _Form()
    found.feed(html)
    return found.sent


def amend(application, client) -> None:
    answer = send(
        application,
        client,
        "articles/32",
        text=NEW_TEXT,
        until="2027-01-01",
        amended_by="镇江市人民政府令第 12 号",
    )
    assert answer.status_code == 302, answer.text


def test_an_amended_article_stands_beside_the_old_one_and_leads_to_what_cites_it(
    application, client
) -> None:
    amend(application, client)
    page = client.get(f"{BASE}/articles/32").text
    assert "<del>二十四</del>" in page and "<ins>十二</ins>" in page
    assert "网格员上报" in page and "打开时限" in page
    assert "并入并打开这一步" in page and "未改，请核对" in page
    profile = parse_jurisdiction(draft_of(application)[2])
    former = [each for each in profile.articles["32"].wordings if each.until]
    assert "二十四小时" in former[0].text
    assert former[0].amended_by == "镇江市人民政府令第 12 号"
    overview = client.get(f"{BASE}/").text
    assert "条文“第三十二条 发现与上报”的原文有修改" in overview


def test_every_section_keeps_the_file_as_it_is_when_nothing_is_changed(
    application, client
) -> None:
    before = draft_of(application)[2]
    page = client.get(f"{BASE}/").text
    sections = re.findall(rf'href="{BASE}/(\w+)"', page)
    assert len(set(sections)) >= 14
    for name in set(sections) - {"text"}:
        listed = client.get(f"{BASE}/{name}")
        assert listed.status_code == 200, name
        entries = re.findall(
            rf'list-group-item-action[^>]*href="{BASE}/{name}/([^"]+)"',
            listed.text,
        )
        pages = [f"{name}/{each}" for each in entries[:3]] or [name]
        if (
            not entries
            and 'class="card mb-3" method="post"' not in listed.text
        ):
            continue
        for address in pages:
            answer = send(application, client, address)
            assert answer.status_code == 302, (address, answer.text)
    assert draft_of(application)[2] == before


@pytest.mark.parametrize(
    ("address", "given", "told"),
    [
        ("deadlines/report_case", {"amount": "很多"}, "应是不小于 0 的整数"),
        ("deadlines/report_case", {"citation": "999"}, "不在 [articles] 中"),
        ("deadlines/new", {"entry-name": "Eins"}, "编号只能用小写字母"),
        ("deadlines/new", {"entry-name": "report_case"}, "请直接修改它"),
        ("articles/32", {"text": "新", "until": "年底"}, "施行日期应写成"),
        ("articles/new", {"entry-name": "甲乙"}, "应是阿拉伯数字"),
        ("office", {"office_hours": "早上"}, "office_hours"),
        ("articles/32", {"remove": "1"}, "引用的第 32 条不在"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    application, client, address: str, given: dict, told: str
) -> None:
    before = draft_of(application)[2]
    answer = send(application, client, address, **given)
    assert answer.status_code == 422
    assert told in answer.text
    if "remove" not in given:
        assert all(value in answer.text for value in given.values())
    # A section of entries has no settings of its own.
    assert client.post(f"{BASE}/deadlines", data=given).status_code == 404
    assert draft_of(application)[2] == before


def test_two_designers_change_two_sections_and_both_stay(
    application, client
) -> None:
    typed = {
        "title": "甲",
        "citation": "乙",
        "status": "draft",
        "source": "丙",
    }
    draft_id, *_rest = draft_of(application)
    typed["draft"] = draft_id
    page = _fields(client.get(f"{BASE}/basis").text)
    typed["standing"] = page["standing"][0]
    stale = {**typed, "revision": "1"}
    assert send(application, client, "deadlines/report_case", amount="12")
    answer = client.post(f"{BASE}/basis", data=stale)
    assert answer.status_code == 409
    assert 'value="甲"' in answer.text and "别人的改动会保留" in answer.text
    again = {**typed, "revision": str(draft_of(application)[1])}
    assert client.post(f"{BASE}/basis", data=again).status_code == 302
    profile = parse_jurisdiction(draft_of(application)[2])
    assert profile.regulation.title == "甲"
    assert profile.deadlines["report_case"].amount == 12
    twice = client.post(f"{BASE}/basis", data={**stale, "title": "丁"})
    assert "再保存会覆盖别人刚才的改动" in twice.text
    text = f"{draft_of(application)[2]}\n# 写到一半"
    given = {"text": text, "revision": "1", "draft": draft_id}
    whole = client.post(f"{BASE}/text", data=given)
    assert whole.status_code == 409 and "# 写到一半" in whole.text
    assert "再保存会覆盖别人刚才的改动" in whole.text


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("deadlines/report_case", {"label": "写到一半"}),
        ("deadlines/new", {"entry-name": "half_written"}),
        ("text", {"text": "# 写到一半"}),
    ],
)
def test_a_form_of_an_ended_draft_is_not_saved_into_the_next_one(
    application, client, address: str, given: dict[str, str], begun: bool
) -> None:
    page = _fields(client.get(f"{BASE}/{address}").text)
    page.pop("remove", None)
    assert client.post(f"{BASE}/discard").status_code == 302
    if begun:
        assert client.post(f"{BASE}/").status_code == 302
        before = draft_of(application)[2]
    answer = client.post(f"{BASE}/{address}", data=page | given)
    assert answer.status_code == 409
    assert next(iter(given.values())) in answer.text
    if not begun:
        assert "重新开始修订后再填" in answer.text
        return
    assert "现在打开的是另一次修订" in answer.text
    assert draft_of(application)[2] == before


def test_two_rows_of_one_name_are_refused_and_both_stay(
    application, client
) -> None:
    before = draft_of(application)[2]
    rows = {
        "documents.key": ["甲", "甲"],
        "documents.value": ["前一行", "后一行"],
    }
    answer = send(application, client, "basis", **rows)
    assert answer.status_code == 422
    assert "左边的“甲”写了两次" in answer.text
    assert "前一行" in answer.text and "后一行" in answer.text
    assert draft_of(application)[2] == before


def test_what_joined_a_discarded_draft_is_published_alone(
    application, client
) -> None:
    part = client.post(f"{BASE}/join/case_handling").location
    part = part.rpartition("/")[2]
    assert client.post(f"{BASE}/discard").status_code == 302
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(Draft, part)
        assert (row.state, row.joined_to) == ("open", None)
    page = client.get(f"/design/{part}/publish").text
    assert "并入了法规修订" not in page


@pytest.mark.parametrize("act", ["discard", "take_over"])
def test_a_proposal_falls_when_a_joined_part_changes(
    application, client, act: str
) -> None:
    part = client.post(f"{BASE}/join/case_handling").location
    part = part.rpartition("/")[2]
    root, revision, _text = draft_of(application)
    with application.app_context():
        with transaction() as session:
            row = session.get_one(Draft, root)
            row.proposed_by = row.updated_by
            row.proposed_revision = revision
            assert row.proposed
            by = row.updated_by
        acts = {
            "discard": designing.discard,
            "take_over": publishing.take_over,
        }
        acts[act](part, by, datetime.now(UTC))
        with transaction(writing=False) as session:
            assert not session.get_one(Draft, root).proposed


def test_the_whole_text_is_kept_unless_it_would_be_another_city(
    application, client
) -> None:
    draft_id, revision, text = draft_of(application)
    sent = {"draft": draft_id, "revision": revision}
    other = text.replace('key = "zhenjiang"', 'key = "elsewhere"')
    answer = client.post(f"{BASE}/text", data={**sent, "text": other})
    assert answer.status_code == 422 and "不能在页面上改" in answer.text
    broken = client.post(f"{BASE}/text", data={**sent, "text": "[["})
    assert broken.status_code == 422 and "TOML" in broken.text
    better = text.replace('name = "镇江市"', 'name = "镇江市（试点）"', 1)
    kept = client.post(f"{BASE}/text", data={**sent, "text": better})
    assert kept.status_code == 302
    assert draft_of(application)[2] == better


def test_what_joins_is_published_withdrawn_and_comes_into_force_together(
    application, client
) -> None:
    amend(application, client)
    send(application, client, "deadlines/report_case", amount="12")
    draft_id, *_rest = draft_of(application)
    joined = client.post(
        f"{BASE}/join/case_handling", data={"element": "report_case"}
    )
    part = joined.location.split("#")[0].rpartition("/")[2]
    assert joined.location.endswith("#report_case")
    assert "并入了法规修订" in client.post(f"/design/{part}/publish").text
    refused = client.post(
        f"/design/{draft_id}/publish", data={"effective_on": "1.1."}
    )
    assert "生效日期应写成" in refused.text
    shown = client.get(f"/design/{draft_id}/publish").text
    assert "由 24 小时改为 12 小时" in shown
    published = client.post(
        f"/design/{draft_id}/publish", data={"remark": "第 12 号令"}
    )
    assert published.status_code == 302, published.text
    with application.app_context(), transaction(writing=False) as session:
        now = datetime.now(UTC)
        profile = bundles.profile_in_force(session, "zhenjiang", now)
        assert profile.deadlines["report_case"].amount == 12
        assert session.get_one(Draft, part).state == "published"
        newest = session.scalars(
            sa.select(Deployment.id).order_by(Deployment.deployed_at.desc())
        ).first()
        bundle = bundles.bundle_of(
            session,
            bundles.definition_in_force(
                session, "zhenjiang", "case_handling", now
            ),
        )
        assert bundle.jurisdiction.deadlines["report_case"].amount == 12
    page = client.get(f"{BASE}/").text
    assert "第 12 号令" in page and "撤销的理由" in page
    undone = client.post(
        f"/design/deployments/{newest}/withdraw",
        data={"reason": "试一试", "back": f"{BASE}/"},
    )
    assert undone.location.endswith(f"{BASE}/")
    with application.app_context(), transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, "zhenjiang", now)
        assert profile.deadlines["report_case"].amount == 24


def test_what_is_done_daily_and_when_it_is_late_is_edited_in_forms(
    application, client
) -> None:
    _id, _revision, before = draft_of(application)
    for address, typed in (
        ("grid-work", {"patrols.every": "week"}),
        ("visits/attention", {"every": "week", "kinds": ["person"]}),
        ("priorities/major", {"repeat_minutes": "20"}),
        ("limits-of-classes/handle_case/1", {"amount": "1"}),
        ("cases", {"together.forms": "application_decision\napproval"}),
        (
            "overdue/new",
            {
                "entry-name": "verify_case",
                "after": "2",
                "unit": "working_days",
                "notice": "1",
                "copy_to": ["grid-office@township"],
                "citation": "35",
            },
        ),
        (
            "responsibilities/new",
            {
                "level": "township",
                "lead": "justice-office",
                "categories": ["便民服务"],
                "citation": "default",
            },
        ),
    ):
        answer = send(application, client, address, **typed)
        assert answer.status_code == 302, (address, answer.text)
    _id, _revision, text = draft_of(application)
    profile = parse_jurisdiction(text)
    assert profile.grid_work.patrol_period == "week"
    assert profile.grid_work.visits[1].kinds == ("person",)
    assert profile.priorities["major"].repeat_minutes == 20
    assert profile.deadlines["handle_case"].classes[0].limit.amount == 1
    assert profile.together.forms == ("application_decision", "approval")
    (stage,) = profile.overdue["verify_case"]
    assert stage.after == 2 and stage.copy_to == ("grid-office@township",)
    assert profile.responsibilities[-1].categories == ("便民服务",)
    remarks = [each for each in before.splitlines() if each.startswith("#")]
    assert remarks == [e for e in text.splitlines() if e.startswith("#")]
    listed = client.get(f"{BASE}/overdue").text
    assert "镇（街道）网格化机构" in listed
    assert f"{profile.deadlines['verify_case'].label} 第 1 项" in listed
    told = client.get(f"{BASE}/").text
    assert "多久巡查一次由“每天”改为“每周”" in told
    assert "抄送：镇（街道）网格化机构" in told
    for address in ("overdue/verify_case/9", "overdue/none/1", "overdue/x"):
        assert client.get(f"{BASE}/{address}").status_code == 404
    refused = send(application, client, "overdue/new", **{"entry-name": "no"})
    assert refused.status_code == 422 and "写给哪一项" in refused.text
    gone = send(application, client, "overdue/verify_case/1", remove="1")
    assert gone.status_code == 302
    profile = parse_jurisdiction(draft_of(application)[2])
    assert "verify_case" not in profile.overdue


def test_what_is_known_is_named_and_not_called_by_its_key(
    application, client
) -> None:
    """Who staffs, who approves and by which article are shown and typed in words; the file keeps the keys."""
    page = client.get("/design/regulation/grids").text
    shown = re.findall(r'name="staffing\.(?:key|value)" value="([^"]+)"', page)
    assert shown[:4] == ["城市", "专职至少一名", "农村", "至少一名"]
    assert 'option value="不要求"' in page
    approvers = client.get("/design/regulation/items").text
    assert "party-committee" not in approvers
    answer = send(
        application,
        client,
        "grids",
        **{
            "staffing.key": ["城市", "rural"],
            "staffing.value": ["至少一名", "专职至少一名"],
            "staffing_citation": "默认",
        },
    )
    assert answer.status_code == 302, answer.text
    _id, _revision, text = draft_of(application)
    rules = parse_jurisdiction(text).grid
    assert dict(rules.staffing) == {"urban": "any", "rural": "full_time"}
    assert 'staffing_citation = "default"' in text
    refused = send(
        application,
        client,
        "grids",
        **{"staffing.key": ["城市"], "staffing.value": ["很多"]},
    )
    assert refused.status_code == 422
    assert 'value="城市"' in refused.text and 'value="很多"' in refused.text


def test_the_indicators_of_a_version_are_changed_together_and_recurring_work_has_a_form(
    application, client
) -> None:
    before = draft_of(application)[2]
    listed = client.get(f"{BASE}/formulas").text
    assert "联动部门绩效评价 第 1 项" in listed and "2026-01-01" in listed
    weights = ["35", "25", "20", "15", "", "", ""]
    one = "formulas/departments/1"
    refused = send(application, client, one, **{"indicators.weight": weights})
    assert refused.status_code == 422 and "合计是 95" in refused.text
    assert 'value="35"' in refused.text
    weights[1] = "30"
    later = {"from_on": "2027-01-01", "indicators.weight": weights}
    first = {
        "entry-name": "visiting",
        "name": "走访考核",
        "of": "members",
        "every": "quarter",
        "by": ["grid-office@county"],
        "appeal_days": "5",
        "citation": "default",
        "formulas.0.from_on": "2027-01-01",
        "formulas.0.citation": "default",
    }
    indicator = {
        "key": "visits",
        "name": "走访",
        "value": "visits",
        "weight": "100",
        "full_at": "20",
        "zero_at": "0",
        "citation": "default",
    }
    first |= {
        f"formulas.0.indicators.{key}": value
        for key, value in indicator.items()
    }
    for address, typed in (
        ("formulas/departments/new", later),
        ("assessments/new", first),
        ("series/bulletin", {"day": "6"}),
    ):
        answer = send(application, client, address, **typed)
        assert answer.status_code == 302, (address, answer.text)
    text = draft_of(application)[2]
    profile = parse_jurisdiction(text)
    rules = {each.key: each for each in profile.assessment}
    old, new = rules["departments"].formulas
    assert [each.weight for each in old.indicators] == [40, 25, 20, 15]
    assert [each.weight for each in new.indicators] == [35, 30, 20, 15]
    assert new.grades == old.grades
    assert rules["visiting"].formulas[0].indicators[0].full_at == 20
    assert {each.key: each.day for each in profile.series}["bulletin"] == 6
    offered = client.get(f"{BASE}/assessments/departments").text
    assert 'value="month"' in offered and 'value="day"' not in offered
    kept = set(text.splitlines())
    gone = [each for each in before.splitlines() if each not in kept]
    assert gone == ["day = 5"]
    # A row that is emptied is taken out, and the others keep their lines.
    page = client.get(f"{BASE}/formulas/departments/2").text
    fields = {
        key: [*given[:1], "", *given[2:]]
        for key, given in _fields(page).items()
        if key.startswith("indicators.")
    }
    fields["indicators.weight"] = ["65", "", "20", "15", "", "", ""]
    answer = send(application, client, "formulas/departments/2", **fields)
    assert answer.status_code == 302, answer.text
    profile = parse_jurisdiction(draft_of(application)[2])
    (rule,) = [
        each for each in profile.assessment if each.key == "departments"
    ]
    found = [(each.key, each.weight) for each in rule.formulas[1].indicators]
    assert found == [("on_time", 65), ("first_time", 20), ("satisfied", 15)]
    for address in ("formulas/none/1", "formulas/none/new"):
        assert client.get(f"{BASE}/{address}").status_code == 404


def test_the_step_leads_to_its_article_and_only_designers_come_here(
    application, client, signed_in
) -> None:
    found = client.get(f"{BASE}/article/第三十二条第一款")
    assert found.location.endswith("/articles/32")
    assert client.get(f"{BASE}/article/13.1").status_code == 302
    assert client.get(f"{BASE}/article/第九百条").status_code == 404
    assert client.get(f"{BASE}/article/").location.endswith("/articles")
    assert client.post(f"{BASE}/discard").status_code == 302
    assert client.get(f"{BASE}/articles").status_code == 404
    other = signed_in("jk-cg")
    assert other.get(f"{BASE}/").status_code == 403
    assert other.post(f"{BASE}/").status_code == 403


def test_without_an_amendment_an_article_leads_to_all_that_cites_it_and_a_draft_of_a_step_is_told(
    application, client
) -> None:
    assert client.post(f"{BASE}/discard").status_code == 302
    listed = html.fromstring(client.get(f"{BASE}/article/").text)
    (row,) = listed.xpath("//tr[td/a[contains(., '第三十二条')]]")
    process, step, deadline = (
        cell.text_content() for cell in row.xpath("td")[1:4]
    )
    assert process == "1"
    assert "—" not in (step, deadline)
    # A ground of several articles leads to the first, whatever is written around it.
    page = client.get(f"{BASE}/article/默认、第三十二条第一款").text
    assert "二十四小时" in page
    assert "网格员上报" in page
    assert "未改，请核对" not in page
    # What is done when a time limit has passed is called alike for all of them: each is told with its own.
    late = html.fromstring(client.get(f"{BASE}/article/33").text).xpath(
        "//div[contains(span[2], '逾期处理')]/span[2]/span/text()"
    )
    assert sorted(late) == ["紧急、重大事件的办理", "部门办理"]
    shown = html.fromstring(page)
    key, element = "case_handling", "case_found"
    (way,) = shown.xpath(
        f"//form[@action='/design/open/{key}'][input[@value='{element}']]"
    )
    assert way.text_content().strip() == "打开这一步"
    opened = client.post(way.action, data=dict(way.fields)).location
    address, _hash, place = opened.partition("#")
    assert place == element
    (told,) = html.fromstring(
        client.get(f"{BASE}/article/第三十二条").text
    ).xpath(f"//a[@href='{opened}']")
    assert told.text_content() == "打开这一步"
    scenarios = client.post(f"/design/open/{key}", data={"scenarios": "1"})
    assert scenarios.location == f"{address}/cards"
    file = {"file": "case_verification.form"}
    found = client.post(f"/design/open/{key}", data=file)
    assert found.location == f"{address}/files/case_verification.form"


def test_an_article_that_was_repealed_has_no_text_today() -> None:
    former = Wording("从前的原文", date(2027, 1, 1))
    text_of = web_regulation._text_of
    assert text_of(SimpleNamespace(wordings=(former,))) == ""
    today = (Wording("现在的原文"), former)
    assert text_of(SimpleNamespace(wordings=today)) == "现在的原文"
