"""What several browser tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.office import Office
from tests.conftest import serving

expect.set_options(timeout=60_000)
"""In milliseconds. A machine that does other work too takes its time; what
comes at once is not waited for."""


@pytest.fixture(autouse=True, scope="module")
def pages_closed(browser: Browser) -> Iterator[None]:
    """What a module leaves open asks the product for news as long as the browser runs."""
    before = set(browser.contexts)
    yield
    for context in set(browser.contexts) - before:
        context.close()


@pytest.fixture(scope="module")
def office(
    browser: Browser, product: str, browser_context_args: dict
) -> Office:
    """Zhenjiang's people, in a product that most modules share."""
    return Office(browser, product, browser_context_args)


@pytest.fixture(scope="session")
def amended(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    browser_context_args: dict,
) -> Iterator[Office]:
    """Zhenjiang of their own for tests that publish other procedures than the regulation has."""
    folder = tmp_path_factory.mktemp("amended")
    with serving(folder) as address:
        yield Office(browser, address, browser_context_args, folder)
