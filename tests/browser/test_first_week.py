"""A city's first week on a server that is no demonstration: from the link that the set-up prints to a lost
telephone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import plain
from tests.conftest import serving
from tests.web import provider

pytestmark = pytest.mark.browser
PASSWORD = "湖边的小船与灯塔和老槐树"
PEOPLE = 3_000
"""Of the staff list."""
A_MINUTE = 60_000
"""Milliseconds in which it is taken over."""
OFFICES = {
    "county": ("administrator", "321102", "区管理员"),
    "elsewhere": ("justice", "321111", "润州司法"),
    "applicant": ("urban-management", "321102", "申请人"),
    "mover": ("grid-office", "321102", "要调动的人"),
    "heir": ("grid-office", "321102", "接手的人"),
    "deputy": ("grid-office", "321102", "代理人"),
    "newcomer": ("urban-management", "321102001", "中队长"),
}
"""User name → role, place and name of the people whom the story is about."""
NEW_BODY = "正东路街道城市管理中队"
"""Of the newcomer: nobody has set it up before the list comes."""
APPLICATION = {
    "item_name": "安全巡查",
    "category": "治安安全",
    "legal_basis": "《江苏省消防条例》第二十条",
    "why_grids": "点多面广，部门力量难以覆盖",
    "served": "辖区居民",
    "commitment_people": "每街道二人",
    "commitment_funds": "每年五万元",
    "advice_and_training": "每季度培训一次",
}


@dataclass
class City:
    """The server, and a browser for each person."""

    browser: Browser
    context_args: dict
    address: str
    folder: Path
    pages: dict[str, Page] = field(default_factory=dict)

    def empty(self) -> Page:
        """A page of a browser that nobody has used."""
        page = self.browser.new_context(**self.context_args).new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def open(self, path: str) -> Page:
        """What a browser that nobody has used shows there."""
        page = self.empty()
        page.goto(f"{self.address}{path}")
        return page

    def of(self, username: str) -> Page:
        """The person's page, signed in with his password; an empty one at first."""
        if username not in self.pages:
            page = self.empty()
            plain.sign_in(page.context, self.address, username, PASSWORD)
            self.pages[username] = page
        return self.pages[username]

    def set_password(self, link: str) -> Page:
        """The page of who opened the link and set his password."""
        page = self.open(re.sub(r"^https?://[^/]+", "", link))
        page.locator("[name=new]").fill(PASSWORD)
        page.locator("[name=again]").fill(PASSWORD)
        page.get_by_role("button", name="保存").click()
        page.wait_for_url(re.compile(r"/$|/sign-in$"))
        return page

    def set_password_plainly(self, link: str) -> None:
        """The same without a page."""
        context = self.browser.new_context(**self.context_args)
        address = self.address + re.sub(r"^https?://[^/]+", "", link)
        typed = {"new": PASSWORD, "again": PASSWORD}
        plain.form(context.request, address, *typed).leads_to(typed)
        context.close()

    def person(self, by: str, username: str) -> Page:
        """The administrator's page of that person."""
        page = self.of(by)
        page.goto(f"{self.address}/admin/people/?q={username}")
        page.locator("table a").first.click()
        expect(page.locator(".page-pretitle")).to_contain_text(username)
        return page


def fill(page: Page, username: str) -> None:
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


@pytest.fixture(scope="module")
def city(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    browser_context_args: dict,
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("first-week")
    with ExitStack() as running:

        def settings(address: str) -> dict[str, str]:
            answer = f"{address}/sign-in/sso/answer"
            issuer = running.enter_context(provider.running(answer))
            return {
                "GRIDFLOW_DEMO": "0",
                "GRIDFLOW_OIDC_ISSUER": issuer,
                "GRIDFLOW_OIDC_CLIENT_ID": "gridflow",
                "GRIDFLOW_OIDC_CLIENT_SECRET": provider.SECRET,
            }

        served = serving(folder, "zhenjiang", settings=settings)
        address = running.enter_context(served)
        yield City(browser, browser_context_args, address, folder)


def staff_list() -> bytes:
    """The city's list, as its personnel office keeps it."""
    target = io.StringIO()
    table = csv.writer(target)
    head = ["用户名", "姓名", "机构", "角色", "区划代码", "职务", "电话"]
    table.writerow(head)
    for username, (role, place, name) in OFFICES.items():
        body = NEW_BODY if username == "newcomer" else ""
        table.writerow([username, name, body, role, place, "科员", "0511-1"])
    for number in range(PEOPLE - len(OFFICES)):
        code = f"staff{number:04}"
        row = [code, f"职员{number}", "", "petitions", "321102", "", ""]
        table.writerow(row)
    return target.getvalue().encode("gbk")


def test_a_citys_first_week(city: City) -> None:
    first_administrator(city)
    people_come_by_a_list(city)
    a_county_administrator_reaches_his_county_alone(city)
    number = a_transfer_with_an_open_task(city)
    a_leaver(city, number)
    a_forgotten_password(city)
    a_deputy_for_two_weeks(city)
    single_sign_on(city)
    a_lost_telephone(city)


def first_administrator(city: City) -> None:
    printed = (city.folder / "prepare.log").read_text()
    link = re.search(r"http\S+/set-password/\S+", printed)
    assert link, printed
    page = city.set_password(link[0])
    expect(page.get_by_role("status")).to_contain_text("密码已设置")
    city.pages["admin"] = page
    page.goto(f"{city.address}/admin/bodies/new")
    page.get_by_label("种类").select_option("administrator")
    page.locator("#place").select_option("321102")
    page.get_by_role("button", name="设立").click()
    expect(page.get_by_role("status").first).to_contain_text("机构已设立")


def people_come_by_a_list(city: City) -> None:
    page = city.pages["admin"]
    page.goto(f"{city.address}/admin/staff-list/")
    page.locator("input[type=file]").set_input_files(
        {"name": "名册.csv", "mimeType": "text/csv", "buffer": staff_list()}
    )
    page.locator("form:has(input[type=file]) button").click()
    page.get_by_label("同时设立这 1 个机构").check(timeout=A_MINUTE)
    page.get_by_role("button", name=f"的 {PEOPLE} 人").click(timeout=A_MINUTE)
    told = page.locator(".alert-success")
    expect(told).to_contain_text("名册已导入", timeout=A_MINUTE)
    page.goto(f"{city.address}/admin/bodies/?q={NEW_BODY}")
    expect(page.locator("table")).to_contain_text(NEW_BODY)
    page.goto(f"{city.address}/admin/people/")
    with page.expect_download(timeout=A_MINUTE) as coming:
        button = page.get_by_role("button", name="下载设置密码的链接")
        button.click(timeout=A_MINUTE)
    table = io.BytesIO(coming.value.path().read_bytes())
    sheet = openpyxl.load_workbook(table).active
    links = {row[0]: row[3] for row in sheet.iter_rows(2, values_only=True)}
    assert len(links) == PEOPLE
    # The page has been seen at the first administrator's.
    for username in OFFICES:
        city.set_password_plainly(links[username])


def a_county_administrator_reaches_his_county_alone(city: City) -> None:
    page = city.of("county")
    page.goto(f"{city.address}/admin/people/?q=elsewhere")
    expect(page.locator("table a")).to_have_count(0)
    above = city.person("admin", "elsewhere").url
    assert page.goto(above).status == 404
    city.person("county", "mover")


def a_transfer_with_an_open_task(city: City) -> str:
    page = city.of("applicant")
    page.goto(f"{city.address}/start")
    page.get_by_role("link", name=re.compile("准入")).first.click()
    for key, value in APPLICATION.items():
        control = page.locator(f'[name="{key}"]').first
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    page.get_by_role("button", name="提交", exact=True).click()
    told = page.get_by_role("status").first.inner_text()
    number = re.search(r"编号 (\S+)", told)[1]
    task = open_task(city, "mover", number)
    task.get_by_role("button", name="领取").click()
    page = city.person("county", "mover")
    page.locator("#body-0").fill("京口区司法局")
    page.locator("#move-to").select_option(label="接手的人（科员）")
    page.get_by_role("button", name="保存").click()
    told = page.get_by_role("status").first
    expect(told).to_contain_text("移交了 1 项任务")
    open_task(city, "heir", number)
    gone = city.of("mover")
    gone.goto(f"{city.address}/?q={number}")
    expect(gone.get_by_role("row").filter(has_text=number)).to_have_count(0)
    return number


def open_task(city: City, username: str, number: str) -> Page:
    page = city.of(username)
    page.goto(f"{city.address}/?q={number}")
    row = page.get_by_role("row").filter(has_text=number)
    row.get_by_role("link").first.click()
    return page


def a_leaver(city: City, number: str) -> None:
    page = city.person("county", "heir")
    page.get_by_role("button", name="现在停用账号").click()
    told = page.get_by_role("status").first
    expect(told).to_contain_text("放回机构 1 项任务")
    left = city.of("heir")
    left.goto(f"{city.address}/me")
    expect(left).to_have_url(re.compile("/sign-in"))
    fill(left, "heir")
    expect(left.get_by_role("alert")).to_contain_text("用户名或密码不正确")
    open_task(city, "deputy", number)


def new_link(page: Page, button: str) -> str:
    page.get_by_role("button", name=button).click()
    shown = page.locator("body").inner_text() + page.content()
    return re.search(r"http\S+/set-password/[\w-]+", shown)[0]


def a_forgotten_password(city: City) -> None:
    link = new_link(city.person("county", "applicant"), "生成链接")
    old = city.of("applicant")
    old.goto(f"{city.address}/me")
    expect(old).to_have_url(re.compile("/sign-in"))
    city.pages["applicant"] = city.set_password(link)
    expect(
        city.pages["applicant"].get_by_role("button", name="退出")
    ).to_be_visible()


def a_deputy_for_two_weeks(city: City) -> None:
    page = city.of("mover")
    page.goto(f"{city.address}/absences")
    today = date.today()
    page.get_by_label("第一天").fill(today.isoformat())
    page.get_by_label("最后一天").fill(
        (today + timedelta(days=13)).isoformat()
    )
    page.get_by_label("由谁代理").fill("deputy")
    page.get_by_role("button", name="登记请假").click()
    standing_in = city.of("deputy")
    standing_in.goto(f"{city.address}/")
    expect(standing_in.locator("main")).to_contain_text("要调动的人")


def single_sign_on(city: City) -> None:
    page = city.open("/sign-in?next=/me")
    page.get_by_role("link", name="用统一身份认证登录").click()
    page.locator("[name=login]").fill("deputy")
    page.locator("[name=password]").fill("x")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()
    expect(page).to_have_url(f"{city.address}/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("代理人")


def a_lost_telephone(city: City) -> None:
    page = city.of("deputy")
    page.goto(f"{city.address}/me/second-factor")
    page.get_by_label("密码").first.fill(PASSWORD)
    page.get_by_role("button", name="设置验证器").click()
    app = pyotp.TOTP(page.locator("#secret").inner_text())
    page.locator("#code").fill(app.now())
    page.get_by_role("button", name="开启两步验证").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    without = city.open("/sign-in")
    fill(without, "deputy")
    expect(without.locator("#code")).to_be_visible()
    link = new_link(city.person("county", "deputy"), "重置两步验证")
    back = city.set_password(link)
    expect(back.get_by_role("button", name="退出")).to_be_visible()
    again = city.open("/sign-in")
    fill(again, "deputy")
    expect(again.get_by_role("button", name="退出")).to_be_visible()
