"""A person's requests without a page: forms are fetched and sent as a browser would send them, and the answer
is read. The cookies are those of the browser's context, so that a page drawn there later is the same
person's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from lxml import html
from playwright.sync_api import APIRequestContext, APIResponse, BrowserContext

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PASSWORD = "gridflow"
"""Of the people of the demonstration."""
_TASKS = "//tr[contains(., $number) and contains(., $step)]//a/@href"
_PROCEDURES = "//main//a[contains(., $name)]/@href"
_ROW = "//tr[contains(., $name)]"
_TOLD = "//*[@role='status' or @role='alert']"


@dataclass
class Form:
    """A form of a page that was fetched, with the button that is pressed."""

    request: APIRequestContext
    address: str
    """Where it is sent."""
    element: html.FormElement
    pressed: tuple[tuple[str, str], ...] = ()
    """Name and value of the button, where it has a name."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.element.fields.keys())

    def choices(self, name: str) -> list[str]:
        """The values among which one chooses, without the empty one."""
        control = self.element.inputs[name]
        return [value for value in control.value_options if value]

    def post(
        self, fields: Mapping[str, object], follow: bool = True
    ) -> APIResponse:
        """Sends what the page came with, and these fields in the place of their own."""
        missing = {*fields} - self.names
        assert not missing, f"{self.address} has no field {missing}"
        pairs = [*self.element.form_values(), *self.pressed]
        pairs = [pair for pair in pairs if pair[0] not in fields]
        for name, value in fields.items():
            several = value if isinstance(value, list) else [value]
            pairs += [(name, str(each)) for each in several]
        answer = self.request.post(
            self.address,
            data=urlencode(pairs),
            headers=FORM,
            max_redirects=20 if follow else 0,
        )
        assert answer.status < 400, f"{answer.status} {answer.url}"
        return answer

    def send(self, fields: Mapping[str, object]) -> html.HtmlElement:
        """The page that follows when the form is sent."""
        return _read(self.post(fields))

    def leads_to(self, fields: Mapping[str, object]) -> str:
        """The address of the page that follows, which is not fetched."""
        answer = self.post(fields, follow=False)
        assert answer.status == 302, f"{answer.status} {answer.url}"
        return urljoin(self.address, answer.headers["location"])


def fetched(request: APIRequestContext, address: str) -> html.HtmlElement:
    """The page at that address."""
    answer = request.get(address)
    assert answer.ok, f"{answer.status} {address}"
    return _read(answer)


def told(page: html.HtmlElement) -> str:
    """What the page tells of the last act."""
    return " ".join(each.text_content() for each in page.xpath(_TOLD))


def form(request: APIRequestContext, address: str, *has: str) -> Form:
    """The form of that page which has fields of these names."""
    page = fetched(request, address)
    for element in page.forms:
        if set(has) <= {*element.fields.keys()}:
            return Form(request, _sent_to(page, element), element)
    raise AssertionError(f"{address} has no form with {has}")


def pressed(
    request: APIRequestContext,
    page: html.HtmlElement,
    button: str,
    beside: str = "",
) -> Form:
    """The form of the page with a button of that name, and these words beside it."""
    for element in page.forms:
        if beside not in element.text_content():
            continue
        for control in element.xpath(".//button"):
            if control.text_content().strip() == button:
                name = control.get("name")
                own = ((name, control.get("value") or ""),) if name else ()
                return Form(request, _sent_to(page, element), element, own)
    raise AssertionError(f"{page.base_url} has no button {button} {beside}")


def sign_in(
    context: BrowserContext,
    address: str,
    username: str,
    password: str = PASSWORD,
) -> None:
    """The browser's context belongs to that person from here on."""
    filled = {"username": username, "password": password}
    form(context.request, f"{address}/sign-in", *filled).leads_to(filled)


def procedure(request: APIRequestContext, address: str, name: str) -> str:
    """The address at which the person starts the procedure of that name."""
    page = fetched(request, f"{address}/start")
    return _first(page, _PROCEDURES, name=name)


def task(
    request: APIRequestContext, address: str, number: str, step: str
) -> str:
    """The address of the person's task of that matter, from his inbox."""
    page = fetched(request, f"{address}/?q={number}")
    return _first(page, _TASKS, number=number, step=step)


def draft(request: APIRequestContext, address: str, procedure: str) -> str:
    """The address of the draft of that procedure, which is begun where there is none."""
    page = fetched(request, f"{address}/design/")
    row = page.xpath(_ROW, name=procedure)[0]
    for link in row.xpath(".//a[contains(., '继续编辑')]/@href"):
        return urljoin(address, link)
    for element in row.xpath(".//form"):
        sent = Form(request, _sent_to(page, element), element)
        return sent.leads_to({})
    raise AssertionError(f"nobody may draw {procedure}")


def _first(page: html.HtmlElement, path: str, **names: str) -> str:
    found = page.xpath(path, **names)
    assert found, f"{page.base_url} has no link for {names}"
    return urljoin(page.base_url, found[0])


def _read(answer: APIResponse) -> html.HtmlElement:
    assert answer.ok, f"{answer.status} {answer.url}"
    return html.fromstring(answer.text(), base_url=answer.url)


def _sent_to(page: html.HtmlElement, element: html.FormElement) -> str:
    return urljoin(page.base_url, element.get("action") or page.base_url)
