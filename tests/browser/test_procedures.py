"""Every role at a real browser plays Zhenjiang's procedures from the first click to the archive."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect

from tests.browser import plain
from tests.browser.office import Office
from tests.once import once

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
GRID, AREA = "3211020010011001", "321102001001-01"
MENU = ("发起", "事项清单", "网格", "事件")
COUNTY = "zhenjiang:{}:321102".format


def _application(name: str) -> dict[str, object]:
    return {
        "item_name": name,
        "category": "治安安全",
        "legal_basis": "《江苏省消防条例》第二十条",
        "why_grids": "点多面广，部门力量难以覆盖",
        "served": "辖区居民",
        "commitment_people": "每街道二人",
        "commitment_funds": "每年五万元",
        "advice_and_training": "每季度培训一次",
    }


def _case(office: Office, title: str, **more: object) -> str:
    form = office.start_form("zd-wgy1", "事件办理", "item_id")
    fields = {
        "item_id": form.choices("item_id")[0],
        "case_title": title,
        "description": "楼道内堆放杂物",
        "area_id": AREA,
        "location": "三幢二单元",
        "priority": "normal",
        "reporter_name": "某居民",
        "reporter_phone": "0511-0000000",
        "disposal": "report",
        **more,
    }
    return office.start("zd-wgy1", "事件办理", **fields)


def test_an_admission_is_returned_supplemented_approved_and_published(
    office: Office,
) -> None:
    name = "电动自行车停放巡查"
    number = office.start("jk-cg", "事项准入", **_application(name))
    office.do(
        "jk-wgb",
        number,
        "审核申请",
        decision="supplement",
        opinion="请补充经费来源",
    )
    page = office.open_task("jk-cg", number, "补正申请")
    expect(page.locator('[name="item_name"]')).to_have_value(name)
    office.do(
        "jk-cg",
        number,
        "补正申请",
        submission="resubmit",
        commitment_funds="每年八万元，列入部门预算",
    )
    office.do(
        "jk-wgb",
        number,
        "审核申请",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    office.do(
        "jk-zf", number, "政府审批", decision="approve", opinion="同意纳入"
    )
    office.do(
        "jk-wgb",
        number,
        "组织实施",
        implementation_plan="自下月起由各综合网格每周巡查",
        guarantees_confirmed="true",
    )
    visitor = office.browser.new_context(**office.context_args).new_page()
    visitor.goto(f"{office.address}/public/")
    office.check(visitor, "public board")
    visitor.get_by_role(
        "link", name="京口区网格服务管理事项清单（第 2 版）"
    ).click()
    expect(visitor.get_by_role("cell", name=name)).to_be_visible()
    office.check(visitor, "public items")
    with visitor.expect_download() as downloading:
        visitor.get_by_role("link", name="Excel").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"PK")
    told = visitor.request.get(f"{visitor.url}.json").json()
    assert told["number"] == 2 and name in [
        item["name"] for item in told["items"]
    ]


def test_a_file_goes_with_the_application_and_a_wrong_one_is_refused_without_losing_what_was_typed(
    office: Office,
) -> None:
    page = office.of("jk-cg")
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name="事项准入").first.click()
    office.fill(page, _application("消防通道占用巡查"))
    picker = page.locator('input[name="file:attachments"]')
    picker.set_input_files(
        {
            "name": "程序.exe",
            "mimeType": "application/octet-stream",
            "buffer": b"MZ" + bytes(64),
        }
    )
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("exe").first).to_be_visible()
    expect(page.locator('[name="why_grids"]')).to_have_value(
        "点多面广，部门力量难以覆盖"
    )
    content = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
    page.locator('input[name="file:attachments"]').set_input_files(
        {
            "name": "部门承诺书.pdf",
            "mimeType": "application/pdf",
            "buffer": content,
        }
    )
    page.get_by_role("button", name="提交", exact=True).click()
    number = (
        page.get_by_role("status")
        .inner_text()
        .split("编号 ")[1]
        .split()[0]
        .rstrip("。")
    )
    reviewer = office.open_task("jk-wgb", number, "审核申请")
    with reviewer.expect_download() as downloading:
        reviewer.get_by_role("link", name="部门承诺书.pdf").first.click()
    assert Path(downloading.value.path()).read_bytes() == content
    assert downloading.value.suggested_filename == "部门承诺书.pdf"


def test_an_admission_is_rejected_by_the_party_committee(
    office: Office,
) -> None:
    number = office.start("jk-sf", "事项准入", **_application("普法问卷发放"))
    office.do(
        "jk-wgb",
        number,
        "审核申请",
        decision="approve",
        approver="party_committee",
        opinion="请审定",
    )
    office.do(
        "jk-dw",
        number,
        "党委审批",
        decision="reject",
        opinion="与现有宣传事项重复",
    )
    page = office.of("jk-sf")
    page.goto(f"{office.address}/started?q={number}")
    page.get_by_role("link", name="事项准入：普法问卷发放").click()
    expect(page.get_by_text("与现有宣传事项重复")).to_be_visible()
    expect(page.get_by_text("未予准入").first).to_be_visible()


def test_an_exit_is_proposed_by_the_grid_office(office: Office) -> None:
    page = office.of("dy-wgb")
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name="事项退出").first.click()
    option = page.locator(
        '[name="item_id"] option', has_text="法律法规和政策宣传"
    )
    item = option.get_attribute("value")
    number = office.start(
        "dy-wgb",
        "事项退出",
        item_id=item,
        exit_reason="已由融媒体中心统一承担",
        approver="government",
    )
    office.do(
        "dy-zf", number, "政府审批", decision="approve", opinion="同意退出"
    )
    page.goto(f"{office.address}/items?territory=321181")
    office.check(page, "items")
    expect(page.get_by_text("本版退出")).to_be_visible()


def test_a_grid_split_moves_an_open_case(office: Office) -> None:
    number = _case(office, "拆分前登记的事件")
    split = {
        "kind": "split",
        "source_grids": [GRID],
        "reason": "户数偏多",
        "after__0__name": "贺家弄东网格",
        "after__0__areas": [AREA],
        "after__0__members": ["zd-wgy1"],
    }
    page = office.of("zd-wgb")
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name="网格调整").first.click()
    page.get_by_role("button", name="增加一项").click()
    office.fill(page, split)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator('[name="after.0.name"]')).to_have_value("贺家弄东网格")
    if not page.locator('[name="after.1.name"]').count():
        page.get_by_role("button", name="增加一项").click()
    second = {
        "after__1__name": "贺家弄西网格",
        "after__1__areas": ["321102001001-02", "321102001001-03"],
        "after__1__members": ["zd-wgy1"],
    }
    office.fill(page, second)
    page.get_by_role("button", name="预览方案").click()
    after = page.locator("#map-after[data-ready] svg")
    expect(after).to_contain_text("贺家弄东")
    expect(page.locator("#map-before[data-ready] svg")).to_contain_text(
        "贺家弄社"
    )
    expect(page.locator("#preview").get_by_role("alert")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#map-before svg")).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).click()
    adjustment = page.get_by_role("status").inner_text().rsplit(" ", 1)[-1]
    office.do(
        "jk-mz",
        adjustment,
        "提出民政意见",
        stance="agree",
        civil_affairs_opinion="无不同意见",
    )
    office.do(
        "jk-wgb",
        adjustment,
        "审批调整",
        decision="approve",
        opinion="同意拆分",
    )
    office.do("zj-wgb", adjustment, "备案登记", filing_remark="已收悉")
    page.goto(f"{office.address}/grids?q=贺家弄")
    office.check(page, "grids")
    page.get_by_role("link", name="贺家弄东网格", exact=True).click()
    expect(page.locator("#grid-map[data-ready] svg")).to_contain_text(
        "贺家弄东"
    )
    with page.expect_download() as downloading:
        page.get_by_role("link", name="公示页").click()
        page.get_by_role("link", name="公示牌（A3）").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"%PDF")
    page.go_back()
    expect(page.get_by_role("link", name="拆分前登记的事件")).to_be_visible()
    office.check(page, "grid")
    page.get_by_role("link", name="拆分前登记的事件").click()
    expect(page.get_by_text("随网格调整转移")).to_be_visible()
    office.do(
        "zd-wgb", number, "镇街分流", decision="self", opinion="本中心协调"
    )
    office.do("zd-wgb", number, "机构协调处理", result="已清理")
    office.do(
        "zd-wgy1", number, "现场核实", verdict="pass", verification_note="属实"
    )


def test_a_case_is_handled_on_the_spot(office: Office) -> None:
    form = office.start_form("zd-wgy2", "事件办理", "item_id", "area_id")
    number = office.start(
        "zd-wgy2",
        "事件办理",
        item_id=form.choices("item_id")[0],
        case_title="楼道照明损坏",
        description="二楼灯不亮",
        area_id=form.choices("area_id")[0],
        location="一幢",
        priority="normal",
        disposal="handle",
    )
    office.do(
        "zd-wgy2", number, "现场处置", decision="done", result="已更换灯泡"
    )
    # The grid member found it himself: there is nobody to inform.
    office.do("zd-wgb", number, "办结归档", closing_note="处置及时")
    page = office.of("zd-wgy2")
    page.goto(f"{office.address}/cases?q=楼道照明损坏&state=archived")
    expect(page.get_by_role("row").filter(has_text=number)).to_be_visible()
    office.check(page, "cases")


def test_a_case_goes_to_the_county_to_departments_is_reworked_once_and_archived(
    office: Office,
) -> None:
    form = office.start_form("zd-wgy3", "事件办理", "item_id", "area_id")
    number = office.start(
        "zd-wgy3",
        "事件办理",
        item_id=form.choices("item_id")[0],
        case_title="消防通道被占",
        description="多车占用",
        area_id=form.choices("area_id")[0],
        location="东门",
        priority="urgent",
        reporter_name="某居民",
        reporter_phone="0511-0000000",
        disposal="report",
    )
    office.do(
        "zd-wgb",
        number,
        "镇街分流",
        decision="escalate",
        opinion="涉及多个部门，请县级协调",
    )
    office.do(
        "jk-wgb",
        number,
        "县级分流",
        decision="assign",
        lead_department=COUNTY("urban-management"),
        assisting_departments=[COUNTY("public-security")],
        opinion="请城管牵头",
    )
    office.do("jk-cg", number, "签收", decision="accept", handler_name="王五")
    for result in ("已劝离车辆", "已划线并设置隔离桩"):
        office.do("jk-cg", number, "牵头办理", result=result)
        office.do("jk-ga", number, "协助办理", assistance_result="已开展执法")
        office.do("jk-cg", number, "汇总反馈", summary=result)
        verdict = "rework" if result == "已劝离车辆" else "pass"
        office.do(
            "zd-wgy3",
            number,
            "现场核实",
            verdict=verdict,
            verification_note="到场查看",
        )
    office.do(
        "zd-wgy3",
        number,
        "告知当事人",
        informed_by="phone",
        satisfaction="satisfied",
    )
    office.do("zd-wgb", number, "办结归档", closing_note="整改到位")
    page = office.of("zd-wgy3")
    page.goto(f"{office.address}/cases?q={number}")
    page.get_by_role("link", name="电子档案").click()
    office.check(page, "dossier")
    expect(page.get_by_text("记录完整，未被改动")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="下载 PDF").click()
    paper = Path(downloading.value.path()).read_bytes()
    assert (
        paper.startswith(b"%PDF")
        and downloading.value.suggested_filename == f"电子档案 {number}.pdf"
    )
    checking = office.of("zd-wgy3")
    checking.goto(f"{office.address}/dossier-check")
    checking.locator("#file").set_input_files(
        {"name": "档案.pdf", "mimeType": "application/pdf", "buffer": paper}
    )
    checking.get_by_role("button", name="核验").click()
    expect(
        checking.get_by_text("是本系统签发的，内容与记录相符")
    ).to_be_visible()
    office.check(checking, "dossier check")
    page.goto(f"{office.address}/cases?q={number}")
    page.get_by_role("link", name="电子档案").click()
    expect(page.get_by_text("登记返工").first).to_be_visible()
    expect(
        page.get_by_text(
            "《镇江市城乡网格化服务管理实施细则》第三十五条"
        ).first
    ).to_be_visible()


def test_the_second_officer_is_told_who_was_first_and_keeps_what_he_typed(
    office: Office,
) -> None:
    number = office.start(
        "jk-ga", "事项准入", **_application("出租房屋信息核对")
    )
    first, second = (
        office.open_task("jk-wgb", number, "审核申请"),
        office.open_task("jk-wgb2", number, "审核申请"),
    )
    office.fill(
        second, {"decision": "reject", "opinion": "我认为不需要纳入，理由如下"}
    )
    office.fill(first, {"decision": "reject", "opinion": "重复"})
    first.get_by_role("button", name="提交", exact=True).click()
    second.get_by_role("button", name="提交", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text("已由")
    expect(second.get_by_text("我认为不需要纳入，理由如下")).to_be_visible()
    office.check(second, "conflict")


def test_a_form_with_mistakes_names_each_and_keeps_the_rest(
    office: Office,
) -> None:
    number = office.start("jk-yj", "事项准入", **_application("燃气安全提示"))
    page = office.open_task("jk-wgb", number, "审核申请")
    office.fill(page, {"decision": "approve", "opinion": "同"})
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("请选择报请批准的机关")).to_be_visible()
    expect(page.get_by_text("意见说明至少 2 个字")).to_be_visible()
    expect(page.locator('[name="opinion"]')).to_have_value("同")


def test_a_stranger_neither_sees_nor_finds_the_matter(office: Office) -> None:
    number = office.start("jk-mz", "事项准入", **_application("孤寡老人走访"))
    owner = office.of("jk-mz")
    owner.goto(f"{office.address}/started?q={number}")
    owner.get_by_role("link", name="孤寡老人走访").first.click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("孤寡")
    address = owner.url
    stranger = office.of("dy-cg")
    stranger.goto(address)
    expect(stranger.get_by_text("没有找到这项内容")).to_be_visible()
    stranger.goto(f"{office.address}/started?q={number}")
    expect(stranger.get_by_text("没有符合条件的内容")).to_be_visible()
    stranger.goto(f"{office.address}/admin/")
    expect(stranger.get_by_text("您没有权限")).to_be_visible()


def test_the_pages_work_on_a_phone_and_in_english(office: Office) -> None:
    page = office.of("admin")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (
        "/home",
        "/",
        "/items",
        "/grids",
        "/cases",
        "/admin/",
        "/start",
        "/public/",
    ):
        page.goto(f"{office.address}{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (path, width)
        office.check(page, f"phone {path}")
    page.get_by_role("button", name="English").click()
    page.goto(f"{office.address}/")
    expect(page.get_by_role("heading", name="To do")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")


def test_the_first_pages_are_accessible_and_an_account_is_found_by_its_body(
    office: Office, one_desk: Page
) -> None:
    page = one_desk
    page.goto(f"{office.address}/sign-in")
    office.check(page, "sign-in")
    page.get_by_label("找账号").fill("没有这个人")
    expect(page.get_by_text("没有这样的账号")).to_be_visible()
    page.get_by_label("找账号").fill("丹阳市 城市管理")
    page.get_by_role("button", name="进入 ").and_(
        page.locator(":visible")
    ).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")
    page.get_by_role("button", name="退出").click()
    hub = office.of("zj-wgb")
    hub.goto(f"{office.address}/home")
    expect(hub.get_by_role("heading", name="本辖区在办情况")).to_be_visible()
    office.check(hub, "home of an office")
    hub.goto(f"{office.address}/items?on=2026-03-02")
    office.check(hub, "list of a day")
    hub.locator("td a").first.click()
    expect(hub.get_by_text("责任部门")).to_be_visible()
    office.check(hub, "item")


def _one_of_each_role() -> list[str]:
    """The last of each role: the first ones serve grids that the procedures above change."""
    with (ROOT / "bpmn" / "zhenjiang" / "people.csv").open(
        encoding="utf-8"
    ) as file:
        return list(
            {
                row["role"]: row["username"] for row in csv.DictReader(file)
            }.values()
        )


@pytest.fixture(scope="module")
def one_desk(office: Office) -> Page:
    """A page at which one person after another signs in and out: nobody's scripts are loaded twice."""
    return office.browser.new_context(**office.context_args).new_page()


def test_the_pages_of_the_menu_are_opened_one_after_the_other(
    office: Office, one_desk: Page
) -> None:
    page = one_desk
    page.goto(f"{office.address}/sign-in")
    page.get_by_label("找账号").fill("dy-sf")
    page.locator('[data-fill-username="dy-sf"]').last.click()
    expect(page.get_by_role("heading", name="待办")).to_be_visible()
    for name in MENU:
        page.get_by_role("navigation").get_by_role(
            "link", name=name, exact=True
        ).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "出错" not in page.title() and "无法" not in page.title()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录网格流程")).to_be_visible()


ONE_LINE = 50
"""Pixels: two lines of a link are taller."""


def test_no_word_of_the_menu_is_broken_on_a_narrow_screen(
    office: Office,
) -> None:
    """The longest menu beside the longest name: an office that oversees, a platform administrator."""
    for username in ("jk-wgb", "admin"):
        context = office.browser.new_context(**office.context_args)
        plain.sign_in(context, office.address, username)
        page = context.new_page()
        for width in (1400, 1280, 1024, 820):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{office.address}/start")
            links = page.locator("header .nav-link:visible, .gf-who:visible")
            assert links.count() >= 10
            boxes = [link.bounding_box() for link in links.all()]
            assert max(box["height"] for box in boxes if box) < ONE_LINE
            assert not page.evaluate(
                "document.documentElement.scrollWidth > innerWidth"
            )
        context.close()


@pytest.mark.parametrize(
    "username",
    once(_one_of_each_role(), ("dy-sf", "dyz-dw", "dyz-wgy33", "designer")),
)
def test_every_role_signs_in_and_finds_its_pages(
    office: Office, username: str
) -> None:
    """The same menu as above, so that it is read and not drawn."""
    context = office.browser.new_context(**office.context_args)
    plain.sign_in(context, office.address, username)
    home = plain.fetched(context.request, f"{office.address}/home")
    assert home.xpath("//h2[contains(., '待办')]")
    links = {
        link.text_content().strip(): urljoin(home.base_url, link.get("href"))
        for link in home.xpath("//nav//a")
    }
    for name in MENU:
        page = plain.fetched(context.request, links[name])
        assert page.xpath("//h1")[0].text_content().strip()
        title = page.findtext(".//title")
        assert "出错" not in title and "无法" not in title
    context.close()
