"""Officials who fill in whatever form a page shows them: they keep what is offered, agree to what is asked
and go on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from lxml import html

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
"""A file small enough to be kept with every database."""

FORWARD = (
    "no",
    "approve",
    "pass",
    "accept",
    "agree",
    "assign",
    "resubmit",
    "not_needed",
    "uphold",
    "done",
    "report",
    "rename",
)
"""What is chosen where several answers lead on: those that bring a matter to its end."""

DECLINED = ("reject", "refuse", "return")
"""What is chosen instead where the page says that an approval cannot be carried out."""


@dataclass
class Control:
    """One name of a form: its kind, what may be chosen and what is set."""

    kind: str
    options: list[str] = field(default_factory=list)
    set: list[str] = field(default_factory=list)


class _Forms:
    """Every form of a page: its address, and its controls by name. What stands after a form counts as in
    it."""

    def __init__(self, page: str) -> None:
        self.forms: list[tuple[str, dict[str, Control]]] = []
        tree = html.document_fromstring(page)
        for node in tree.iter("form", "input", "select", "textarea"):
            name = node.get("name", "")
            if node.tag == "form":
                self.forms.append((node.get("action", ""), {}))
            elif not self.forms or not name:
                continue
            elif node.tag == "input":
                self._input(name, node.attrib)
            elif node.tag == "select":
                options = list(node.iter("option"))
                self._controls[name] = Control(
                    "select",
                    [each.get("value", "") for each in options],
                    [
                        each.get("value", "")
                        for each in options
                        if "selected" in each.attrib
                    ],
                )
            else:
                text = node.text or ""
                self._controls[name] = Control("textarea", set=[text])

    @property
    def _controls(self) -> dict[str, Control]:
        return self.forms[-1][1]

    def _input(self, name: str, given: Mapping[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        if given.get("inputmode") in ("numeric", "decimal"):
            kind = "number"
        control = self._controls.setdefault(name, Control(kind))
        if kind in ("radio", "checkbox"):
            control.options.append(value or "on")
            control.set += [value or "on"] if "checked" in given else []
        else:
            control.set = [value]


def forms_of(page: str) -> list[tuple[str, dict[str, Control]]]:
    """(address, controls) of every form of the page."""
    return _Forms(page).forms


def filled(
    controls: Mapping[str, Control],
    today: date,
    chosen: Mapping[str, Any],
    attach: bool,
) -> dict[str, Any]:
    """The form's values: what is chosen by name, what is set already, else an answer that leads on."""
    data: dict[str, Any] = {}
    for name, control in controls.items():
        if name in chosen:
            data[name] = chosen[name]
        elif control.kind == "file":
            if attach:
                data[name] = (io.BytesIO(PDF), "现场情况.pdf")
        elif "__row__" in name or (
            name.startswith("after.") and control.kind != "hidden"
        ):
            continue
        else:
            data[name] = _answer(name, control, today)
    return {
        name: value for name, value in data.items() if value not in (None, [])
    }


def _answer(name: str, control: Control, today: date) -> Any:
    there = [value for value in control.set if value.strip()]
    if control.kind in ("radio", "select", "checkbox"):
        return _choice(control, there)
    if there or control.kind in ("hidden", "submit", "button"):
        return (there or [""])[0]
    # What a page looks up by, and what is taken from the map.
    # A pasted table stands beside typed lines.
    if name.startswith("_") or name in (
        "coordinates",
        "boundaries",
        "pasted_items",
    ):
        return ""
    if name in ("effective_on", "leaves_on"):
        return ""
    if name == "granted_on":
        return today.isoformat()
    if control.kind == "date" or name.endswith("_on"):
        return (today + timedelta(days=30)).isoformat()
    if control.kind == "number":
        return "1"
    if "phone" in name:
        return "0511-12345678"
    return (
        "《中华人民共和国消防法》第三十二条"
        if name == "legal_basis"
        else "情况属实，按规定办理"
    )


def _choice(control: Control, there: list[str]) -> Any:
    offered = [value for value in control.options if value]
    if control.kind == "select" and there:
        return there[0]
    if control.kind == "checkbox":
        return there or offered[:1]
    return next(
        (value for value in FORWARD if value in offered),
        (offered or [None])[0],
    )


@dataclass
class Officials:
    """The demonstration's people at their pages."""

    enter: Callable[[str], Any]
    """A client in which that person is signed in."""
    today: date
    clients: dict[str, Any] = field(default_factory=dict)

    def of(self, username: str) -> Any:
        if username not in self.clients:
            self.clients[username] = self.enter(username)
        return self.clients[username]

    def page(self, username: str, address: str) -> str:
        """The page as the person sees it, which has to come."""
        answer = self.of(username).get(address)
        text = (
            answer.get_data(as_text=True)
            if answer.mimetype == "text/html"
            else ""
        )
        assert answer.status_code == 200, (
            username,
            address,
            answer.status_code,
            text_of(text),
        )
        return text

    def startable(self, username: str) -> list[str]:
        """Addresses of what the person may start."""
        return re.findall(
            r'href="(/start/[^"]+)"', self.page(username, "/start")
        )

    def tasks(self, username: str) -> list[str]:
        """Addresses of the open tasks in the person's inbox, each once."""
        return list(
            dict.fromkeys(
                re.findall(r'href="(/task/[^"?]+)"', self.page(username, "/"))
            )
        )

    def start(
        self, username: str, address: str, attach: bool = False, **chosen: Any
    ) -> str:
        """Starts the procedure; returns the matter's id."""
        went = self._send(username, address, address, attach, chosen)
        return went.rpartition("/")[2]

    def do(
        self, username: str, task: str, attach: bool = False, **chosen: Any
    ) -> None:
        """Completes the task at that address."""
        self._send(username, task, f"{task}/complete", attach, chosen)

    def _send(
        self,
        username: str,
        shown: str,
        to: str,
        attach: bool,
        chosen: Mapping[str, Any],
    ) -> str:
        page = self.page(username, shown)
        action, controls = max(
            (each for each in forms_of(page) if "_key" in each[1]),
            key=lambda each: len(each[1]),
        )
        data = filled(controls, self.today, chosen, attach)
        if "_place_text" in controls and "_place" in chosen:
            data["_place"] = chosen["_place"]
        to = action or to
        answer = self.of(username).post(
            to, data=data, content_type="multipart/form-data"
        )
        if (
            answer.status_code == 422
            and "decision" in data
            and "decision" not in chosen
        ):
            other = next(
                value
                for value in DECLINED
                if value in controls["decision"].options
            )
            return self._send(
                username, shown, to, attach, {**chosen, "decision": other}
            )
        assert answer.status_code == 302, (
            username,
            to,
            data,
            answer.status_code,
            text_of(answer.get_data(as_text=True)),
        )
        return str(answer.headers["Location"])


def text_of(page: str) -> str:
    """What stands on the page, for a message."""
    main = re.search(r"<main.*?</main>", page, re.S)
    told = re.sub(
        r"<(script|style|select).*?</\1>",
        "",
        main[0] if main else page,
        flags=re.S,
    )
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", told))[:1500]
