"""The people of the demo at their browsers: each in a context of his own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

RELAY = """
from datetime import UTC, datetime
from app import create_app
from orchestrator.services.clocks import messages
with create_app().app_context():
    assert messages.relay(datetime.now(UTC))
"""
UNFOLD = """control => {
    const folded = control.closest("details");
    if (folded) folded.open = true;
}"""
"""A short page folds what is rarely filled in."""


@dataclass
class Office:
    browser: Browser
    address: str
    context_args: dict
    folder: Path | None = None
    """Where the product has its database."""
    pages: dict[str, Page] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)

    def of(self, username: str) -> Page:
        """The person's page, signed in."""
        known = self.pages.get(username)
        if known is None or known.is_closed():
            page = self.browser.new_context(**self.context_args).new_page()
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(f"{self.address}/sign-in")
            page.get_by_label("用户名").fill(username)
            page.get_by_label("密码").fill("gridflow")
            page.locator("form.card").get_by_role(
                "button", name="登录"
            ).click()
            expect(page.get_by_role("heading", name="待办")).to_be_visible()
            self.pages[username] = page
        return self.pages[username]

    def start(self, username: str, procedure: str, **fields: object) -> str:
        """Starts a procedure through its form; returns the matter's number."""
        page = self.of(username)
        page.goto(f"{self.address}/start")
        self.check(page, "start list")
        page.get_by_role("link", name=re.compile(procedure)).first.click()
        self.check(page, f"start {procedure}")
        self.fill(page, fields)
        page.get_by_role("button", name="提交", exact=True).click()
        # A case is sent once the page knows that the network is there.
        status = page.get_by_role("status").filter(has_text="编号").first
        expect(status).to_be_visible()
        told = status.inner_text()
        found = re.search(r"编号 (\S+)", told)
        assert found, told
        return found[1]

    def open_task(self, username: str, number: str, step: str) -> Page:
        """Opens the person's task of that matter from the inbox, and its diagram once for each step."""
        page = self.of(username)
        page.goto(f"{self.address}/?q={number}")
        self.check(page, "inbox")
        row = (
            page.get_by_role("row")
            .filter(has_text=number)
            .filter(has_text=step)
        )
        row.get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(step)
        if f"task {step}" not in self.checked:
            page.get_by_role("tab", name="流程图").click()
            expect(page.locator(".bjs-powered-by")).to_be_visible()
        self.check(page, f"task {step}")
        return page

    def do(
        self, username: str, number: str, step: str, **fields: object
    ) -> None:
        """Completes the task with these fields."""
        page = self.open_task(username, number, step)
        self.fill(page, fields)
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("已提交")

    def fill(self, page: Page, fields: dict[str, object]) -> None:
        """Sets form fields by their keys: text, the value of a choice, or a list of values."""
        for key, value in fields.items():
            name = key.replace("__", ".")
            if isinstance(value, list):
                for each in value:
                    page.locator(
                        f'input[name="{name}"][value="{each}"]'
                    ).check()
                continue
            control = page.locator(f'[name="{name}"]').first
            control.evaluate(UNFOLD)
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(str(value))
            elif control.get_attribute("type") in ("radio", "checkbox"):
                page.locator(f'input[name="{name}"][value="{value}"]').check()
            else:
                control.fill(str(value))

    def deliver(self) -> None:
        """Brings what instances have sent to those that wait for it: the product of a test has no clock."""
        kept = {"GRIDFLOW_VAR_DIR": str(self.folder)}
        kept["GRIDFLOW_SECRET_KEY"] = "tests" * 8
        subprocess.run(
            [sys.executable, "-c", RELAY],
            cwd=Path(__file__).parents[2],
            env={**os.environ, **kept},
            check=True,
        )

    def check(self, page: Page, what: str) -> None:
        """No serious or critical accessibility finding, once for each kind of page."""
        if what in self.checked:
            return
        self.checked.add(what)
        # A document that is still being put together cannot be judged.
        page.wait_for_load_state("networkidle")
        found = [
            v
            for v in Axe().run(page).response["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        told = [
            (v["id"], [node["html"][:120] for node in v["nodes"][:3]])
            for v in found
        ]
        assert not told, f"{what}: {told}"
