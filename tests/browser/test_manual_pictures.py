"""The pictures of the manuals show today's pages: each is taken anew, and kept with `--keep-pictures`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.office import Office
from web import help as manuals

pytestmark = [pytest.mark.browser, pytest.mark.again]

FOLDER = manuals.FOLDER / "pictures"
WIDTH = 900
"""Pixels of a picture; a page is 1280 wide."""


@dataclass(frozen=True)
class Shown:
    """What a picture shows."""

    who: str
    open: Callable[[Page, str, str], None]
    """Opens the page, given the product's address and the number of an application."""
    heading: str


def at(path: str) -> Callable[[Page, str, str], None]:
    def opened(page: Page, address: str, number: str) -> None:
        page.goto(f"{address}{path}")

    return opened


def first_row(path: str) -> Callable[[Page, str, str], None]:
    def opened(page: Page, address: str, number: str) -> None:
        page.goto(f"{address}{path}{number}")
        row = page.get_by_role("row").filter(has_text=number)
        row.get_by_role("link").first.click()

    return opened


def start(procedure: str) -> Callable[[Page, str, str], None]:
    def opened(page: Page, address: str, number: str) -> None:
        page.goto(f"{address}/start")
        page.get_by_role("link", name=procedure).first.click()

    return opened


def drawn(procedure: str) -> Callable[[Page, str, str], None]:
    def opened(page: Page, address: str, number: str) -> None:
        page.goto(f"{address}/design/")
        row = page.get_by_role("row").filter(has_text=procedure).first
        row.get_by_role("button", name="打开编辑").click()
        expect(page.locator(".djs-container")).to_be_visible()

    return opened


PICTURES: Mapping[str, Shown] = {
    "official-inbox": Shown("jk-wgb", at("/"), "待办"),
    "official-task": Shown("jk-wgb", first_row("/?q="), "审核申请"),
    "liaison-start": Shown("jk-cg", start("事项准入"), "事项准入"),
    "liaison-matter": Shown("jk-cg", first_row("/started?q="), "充电安全巡查"),
    "grid-member-start": Shown("zd-wgy1", at("/start"), "发起"),
    "grid-member-case": Shown("zd-wgy1", start("事件办理"), "事件办理"),
    "designer-procedures": Shown("designer", at("/design/"), "流程设计"),
    "designer-editor": Shown("designer", drawn("事项准入"), "事项准入"),
    "administrator-overview": Shown("admin", at("/admin/"), "运行管理"),
    "administrator-people": Shown("admin", at("/admin/people/"), "人员机构"),
}


def webp(picture: bytes) -> bytes:
    """The picture of a page at the width of a manual."""
    page = Image.open(io.BytesIO(picture)).convert("RGB")
    height = round(page.height * WIDTH / page.width)
    small = page.resize((WIDTH, height), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, "WEBP", quality=72, method=6)
    return content.getvalue()


def test_every_picture_of_a_manual_can_be_taken_of_the_product(
    office: Office, pytestconfig: pytest.Config
) -> None:
    keeps = pytestconfig.getoption("keep_pictures")
    number = office.start(
        "jk-cg",
        "事项准入",
        item_name="电动自行车充电安全巡查",
        category="治安安全",
        legal_basis="《江苏省消防条例》第二十条",
        why_grids="点多面广，部门力量难以覆盖",
        served="辖区居民",
        commitment_people="每街道二人",
        commitment_funds="每年五万元",
        advice_and_training="每季度培训一次",
    )
    if not keeps:
        assert {file.stem for file in FOLDER.iterdir()} == PICTURES.keys()
    for name, shown in PICTURES.items():
        page = office.of(shown.who)
        shown.open(page, office.address, number)
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_contain_text(shown.heading)
        page.wait_for_load_state("networkidle")
        content = webp(page.screenshot())
        if keeps:
            (FOLDER / f"{name}.webp").write_bytes(content)
