"""帮助: the manuals of docs/manual as pages, with a search through their sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    abort,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from orchestrator.settings import ROOT
from web.auth import permission

blueprint = Blueprint("help", __name__, url_prefix="/help")

FOLDER = ROOT / "docs" / "manual"
NAMES = ("official", "liaison", "grid-member", "designer", "administrator")
"""The manuals in the order of the page; each is a file of FOLDER."""
LONGEST_QUERY = 60
TOPICS: Mapping[str, tuple[str, str]] = {
    "home.index": ("official", "首页"),
    "inbox.to_do": ("official", "待办"),
    "inbox.task": ("official", "办理一项任务"),
    "inbox.instance": ("official", "催办和撤回"),
    "absences.index": ("official", "请假和代理"),
    "notification_choices.index": ("official", "通知"),
    "returning.look": ("official", "退回和撤回决定"),
    "notifications.index": ("official", "通知"),
    "starting.choose": ("official", "发起事项"),
    "registers.items": ("official", "事项清单、网格和事件"),
    "registers.grids": ("official", "事项清单、网格和事件"),
    "registers.cases": ("official", "事项清单、网格和事件"),
    "data_grants.index": ("official", "数据使用分级和限期授权"),
    "city_rules.index": ("official", "数据使用分级和限期授权"),
    "disposals.index": ("official", "档案销毁"),
    "disposals.listed": ("official", "档案销毁"),
    "members.index": ("official", "网格队伍"),
    "grid_work.index": ("grid-member", "走访和巡查"),
    "grid_work.due": ("grid-member", "走访和巡查"),
    "grid_work.visit": ("grid-member", "走访和巡查"),
    "grid_work.new_patrol": ("grid-member", "走访和巡查"),
    "grid_entries.index": ("grid-member", "走访和巡查"),
    "grid_groups.index": ("official", "网格队伍"),
    "grid_meetings.index": ("official", "网格队伍"),
    "pay.index": ("official", "网格队伍"),
    "training.index": ("grid-member", "培训和考试"),
    "training.course": ("grid-member", "培训和考试"),
    "training.people": ("official", "网格队伍"),
    "profile.me": ("official", "登录"),
    "designer.procedures": ("designer", "打开和保存"),
    "designer.editor": ("designer", "画流程图"),
    "draft_files.overview": ("designer", "表单和决策表"),
    "draft_files.edit": ("designer", "表单和决策表"),
    "trials.play": ("designer", "试运行"),
    "trials.scenarios": ("designer", "情景"),
    "cards.overview": ("designer", "情景"),
    "cards.edit": ("designer", "情景"),
    "backtests.table": ("designer", "比较和检验"),
    "comparisons.compare": ("designer", "比较和检验"),
    "releases.review": ("designer", "发布"),
    "versions.overview": ("designer", "撤销发布"),
    "imports.examine": ("designer", "从其他工具导入"),
    "admin.overview": ("administrator", "运行管理"),
    "calendars.overview": ("administrator", "工作日历"),
    "addresses.overview": ("administrator", "地址表"),
    "staff_lists.choose": ("administrator", "人员名册"),
    "bodies_admin.overview": ("administrator", "机构的设立和撤并"),
    "bodies_admin.new": ("administrator", "机构的设立和撤并"),
    "body_kinds.new": ("administrator", "机构的设立和撤并"),
    "bodies_admin.body": ("administrator", "机构的设立和撤并"),
    "people_admin.overview": ("administrator", "人员机构"),
    "people_admin.person": ("administrator", "人员机构"),
    "people_admin.new": ("administrator", "人员机构"),
    "task_administration.look": ("administrator", "放回和改派"),
}
"""Endpoint → the manual and the section that its page's 帮助 leads to; other pages lead to the index."""
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a manual under a heading of the second level."""

    manual: str
    title: str
    """Of the manual."""
    heading: str
    text: str

    @property
    def anchor(self) -> str:
        return anchor(self.heading)


@blueprint.get("")
@permission("public")
def index() -> Any:
    query = " ".join(request.args.get("q", "")[:LONGEST_QUERY].split())
    titles = [(name, _title(_text(name))) for name in NAMES]
    return render_template(
        "help/index.html", titles=titles, query=query, found=search(query)
    )


@blueprint.get("/<name>")
@permission("public")
def page(name: str) -> Any:
    if name not in NAMES:
        abort(404)
    text = _text(name)
    headings = [section.heading for section in sections(name)]
    return render_template(
        "help/page.html",
        title=_title(text),
        body=html_of(text),
        headings=headings,
        anchor=anchor,
    )


@blueprint.get("/pictures/<name>")
@permission("public")
def picture(name: str) -> Any:
    return send_from_directory(
        FOLDER / "pictures", name, mimetype="image/webp", max_age=3600
    )


@blueprint.app_template_global("help_here")
def help_here() -> str:
    """The address of the help about the page that is being shown."""
    topic = TOPICS.get(request.endpoint or "")
    if topic is None:
        return url_for("help.index")
    return url_for("help.page", name=topic[0], _anchor=anchor(topic[1]))


def anchor(heading: str) -> str:
    """The id of a heading: its text without blanks."""
    return "".join(heading.split())


def search(query: str) -> Sequence[Section]:
    """The sections that hold every word of the query, in the order of the manuals; none without a word."""
    words = query.casefold().split()
    if not words:
        return ()
    every = (section for name in NAMES for section in sections(name))
    return [
        section
        for section in every
        if all(
            word in f"{section.heading}{section.text}".casefold()
            for word in words
        )
    ]


def sections(name: str) -> Iterator[Section]:
    """The sections of the manual in their order."""
    text = _text(name)
    for part in text.split("\n## ")[1:]:
        heading, _newline, rest = part.partition("\n")
        yield Section(name, _title(text), heading.strip(), rest.strip())


def html_of(text: str) -> Markup:
    """The manual's body as HTML, its title left out; headings of the second level carry their anchor."""
    tokens = _MARKDOWN.parse(text.partition("\n")[2])
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open" and heading.tag == "h2":
            heading.attrSet("id", anchor(content.content))
    _dress(tokens)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _dress(tokens: Sequence[Token]) -> None:
    """Gives tables and pictures the classes of the pages."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("class", "table table-vcenter")
        for child in token.children or ():
            if child.type == "image":
                child.attrSet("class", "img-fluid border rounded")
                child.attrSet("loading", "lazy")


def _text(name: str) -> str:
    file: Path = FOLDER / f"{name}.md"
    return file.read_text(encoding="utf-8")


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ").strip()
