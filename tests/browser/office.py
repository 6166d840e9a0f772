"""The people of the demo at their browsers: each in a context of his own.

A form is filled in at a drawn page when its kind is met first. From then on the same form is sent without a
page: what a browser does with it has been seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import plain

RELAY = """
from datetime import UTC, datetime
from app import create_app
from orchestrator.services.clocks import messages
with create_app().app_context():
    assert messages.relay(datetime.now(UTC))
"""
READY = """control => {
    const folded = control.closest("details");
    if (folded) folded.open = true;
    return control.tagName === "SELECT" ? "select" : control.type;
}"""
"""A short page folds what is rarely filled in. Returns the kind of control."""
SEEN: set[str] = set()
"""Kinds of pages that have been drawn and looked through in this process, of any product."""


@dataclass
class Office:
    browser: Browser
    address: str
    context_args: dict
    folder: Path | None = None
    """Where the product has its database."""
    pages: dict[str, Page] = field(default_factory=dict)
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def of(self, username: str) -> Page:
        """The person's page, signed in; an empty one at first."""
        known = self.pages.get(username)
        if known is None or known.is_closed():
            page = self.context_of(username).new_page()
            page.on("dialog", lambda dialog: dialog.accept())
            self.pages[username] = page
        return self.pages[username]

    def context_of(self, username: str) -> BrowserContext:
        """The person's part of the browser, signed in."""
        known = self.contexts.get(username)
        if known is None or known not in self.browser.contexts:
            known = self.browser.new_context(**self.context_args)
            plain.sign_in(known, self.address, username)
            self.contexts[username] = known
        return known

    def forget(self, username: str) -> None:
        """The person has signed out: next time he signs in anew."""
        del self.pages[username], self.contexts[username]

    def start_form(
        self, username: str, procedure: str, *has: str
    ) -> plain.Form:
        """The form by which the person starts the procedure."""
        request = self.context_of(username).request
        found = plain.procedure(request, self.address, procedure)
        return plain.form(request, found, *has)

    def start(self, username: str, procedure: str, **fields: object) -> str:
        """Starts a procedure through its form; returns the matter's number."""
        filled = typed(fields)
        form = self.start_form(username, procedure, *filled)
        kind = _kind(f"form {procedure}", form, filled)
        if kind in SEEN:
            told = plain.told(form.send(filled))
        else:
            told = self._start_drawn(username, procedure, fields)
        found = re.search(r"编号 (\S+)", told)
        assert found, told
        SEEN.add(kind)
        return found[1]

    def _start_drawn(
        self, username: str, procedure: str, fields: dict[str, object]
    ) -> str:
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
        return status.inner_text()

    def open_task(self, username: str, number: str, step: str) -> Page:
        """Opens the person's task of that matter from the inbox, and the diagram once for each procedure."""
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
        # A number begins with the word for its procedure.
        diagram = f"diagram {number.partition('-')[0]}"
        if diagram not in SEEN:
            SEEN.add(diagram)
            page.get_by_role("tab", name="流程图").click()
            expect(page.locator(".bjs-powered-by")).to_be_visible()
        self.check(page, f"task {step}")
        return page

    def do(
        self, username: str, number: str, step: str, **fields: object
    ) -> None:
        """Completes the task with these fields."""
        filled = typed(fields)
        request = self.context_of(username).request
        task = plain.task(request, self.address, number, step)
        form = plain.form(request, task, *filled)
        kind = _kind(f"form {step}", form, filled)
        if kind in SEEN:
            told = plain.told(form.send(filled))
            assert "已提交" in told, told
            return
        page = self.open_task(username, number, step)
        self.fill(page, fields)
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("已提交")
        SEEN.add(kind)

    def fill(self, page: Page, fields: dict[str, object]) -> None:
        """Sets form fields by their keys: text, the value of a choice, or a list of values."""
        for name, value in typed(fields).items():
            if isinstance(value, list):
                for each in value:
                    page.locator(
                        f'input[name="{name}"][value="{each}"]'
                    ).check()
                continue
            control = page.locator(f'[name="{name}"]').first
            kind = control.evaluate(READY)
            if kind.startswith("select"):
                control.select_option(str(value))
            elif kind in ("radio", "checkbox"):
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
        if what in SEEN:
            return
        SEEN.add(what)
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


def typed(fields: dict[str, object]) -> dict[str, object]:
    """The fields by the names that their controls have."""
    return {key.replace("__", "."): value for key, value in fields.items()}


def _kind(what: str, form: plain.Form, filled: dict[str, object]) -> str:
    """The form with its controls, what is filled in of them and what is chosen: as soon as it was accepted at
    a page, the same is sent without one. A choice may show other controls."""
    chosen = [
        f"{name}={value}"
        for name, value in sorted(filled.items())
        if re.fullmatch("[a-z_]+", str(value))
    ]
    return " ".join((what, *sorted(form.names), *sorted(filled), *chosen))
