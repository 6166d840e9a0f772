"""A passkey in a real browser, with Chromium's own device in the place of a finger: added, signed in with
alone and after the password, removed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(product: str) -> str:
    # Browsers bind no key to a number.
    return product.replace("127.0.0.1", "localhost")


def by_password(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("用户名").fill("dy-sf")
    page.get_by_label("密码").fill("gridflow")
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_passkey_signs_in_alone_and_after_the_password(
    browser: Browser, browser_context_args: dict, address: str
) -> None:
    page = browser.new_context(**browser_context_args).new_page()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    by_password(page, address)
    page.goto(f"{address}/me/second-factor")
    page.get_by_label("名称，如：办公室电脑").fill("办公室电脑")
    page.locator("#key-password").fill("gridflow")
    page.get_by_role("button", name="添加通行密钥").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("button", name="退出").click()

    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    page.get_by_role("button", name="退出").click()

    by_password(page, address)
    page.get_by_role("button", name="用通行密钥验证").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    page.goto(f"{address}/me/sign-ins")
    expect(page.get_by_role("row", name=re.compile("通行密钥"))).to_have_count(
        2
    )

    page.goto(f"{address}/me/second-factor")
    page.locator("summary", has_text="办公室电脑").click()
    page.locator("details[open] input[type=password]").fill("gridflow")
    page.get_by_role("button", name="删除这个通行密钥").click()
    expect(page.get_by_role("status")).to_contain_text("通行密钥已删除")
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="用通行密钥登录").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("没有通过验证")
