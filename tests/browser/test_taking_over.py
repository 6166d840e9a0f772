"""An official takes over what a colleague holds; the colleague, whose page is still open, is told and reads
why."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.test_legal_review import APPLICATION

pytestmark = pytest.mark.browser


def test_a_colleague_takes_over_and_the_former_holder_loses_nothing(
    office: Office,
) -> None:
    number = office.start(
        "jk-sf", "事项准入", item_name="夜间噪声摸排", **APPLICATION
    )
    holder = office.open_task("jk-wgb2", number, "审核申请")
    holder.get_by_role("button", name="领取", exact=True).click()
    expect(
        holder.get_by_role("button", name="放回", exact=True)
    ).to_be_visible()
    holder.locator('textarea[name="opinion"]').fill("已核实现场")

    colleague = office.of("jk-wgb")
    colleague.goto(f"{office.address}/colleagues")
    office.check(colleague, "held by colleagues")
    colleague.get_by_role("row").filter(has_text=number).get_by_role(
        "link"
    ).first.click()
    office.check(colleague, "task held by a colleague")
    colleague.get_by_label("理由（原领取人会看到）").fill("原经办人出差")
    colleague.on("dialog", lambda dialog: dialog.accept())
    colleague.get_by_role("button", name="接办", exact=True).click()
    expect(colleague.get_by_role("status").first).to_contain_text("已接办")
    expect(
        colleague.get_by_role("button", name="提交", exact=True)
    ).to_be_visible()

    holder.get_by_role("button", name="提交", exact=True).click()
    expect(holder.get_by_text("已核实现场").first).to_be_visible()
    holder.goto(f"{office.address}/?q={number}")
    expect(holder.get_by_role("row").filter(has_text=number)).to_have_count(0)
    holder.goto(f"{office.address}/colleagues")
    holder.get_by_role("row").filter(has_text=number).get_by_role(
        "link"
    ).first.click()
    expect(holder.get_by_text("原经办人出差").first).to_be_visible()
