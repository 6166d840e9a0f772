"""Values of a refused form that no generated form draws: what each is called, and which go back unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as N_
from werkzeug.datastructures import MultiDict

from web import tokens

BACK = "_back"
"""Name of the page from which the form was first sent."""
LABELS: Mapping[str, Any] = {
    "deduction": N_("扣减（元）"),
    "ended": N_("已撤销或者已离开"),
    "form": N_("形式（身份）"),
    "from_on": N_("领用或者参保日期"),
    "head": N_("负责人"),
    "households": N_("户数"),
    "other": N_("另加（元）"),
    "until_on": N_("到期日期"),
    "family": N_("与哪些机构办理同样的事"),
    "name_template": N_("机构全称"),
    "levels": N_("设在哪几级"),
    "absent": N_("谁请假（用户名）"),
    "amended_by": N_("修改的决定或文件"),
    "amount": N_("延长多少"),
    "address": N_("地址"),
    "aside_until": N_("暂放到哪一天"),
    "attended": N_("参加人员"),
    "attention": N_("关注类别"),
    "began_at": N_("开始时间"),
    "case_no": N_("由此登记的事件编号（没有的不填）"),
    "chaired_by": N_("主持人"),
    "discussed": N_("分析的情况"),
    "due_on": N_("完成期限"),
    "ended_at": N_("结束时间"),
    "held_on": N_("开会日期"),
    "identity": N_("证件号码"),
    "note": N_("情况"),
    "number": N_("编号"),
    "visited_at": N_("走访时间"),
    "what": N_("议定事项"),
    "whose": N_("责任人"),
    "about": N_("内容"),
    "asked": N_("考试题数（不考试填 0）"),
    "attempts": N_("最多考几次"),
    "begins_at": N_("开始时间"),
    "course_name": N_("课程名称"),
    "held_at": N_("地点"),
    "minutes": N_("时长（分钟）"),
    "pass_percent": N_("合格线（百分制）"),
    "born_on": N_("出生日期"),
    "body": N_("机构"),
    "display_name": N_("姓名"),
    "duty": N_("职务"),
    "group": N_("组名，与目录里的一致"),
    "last_on": N_("最后工作日"),
    "comment": N_("评论"),
    "deputy": N_("由谁代理（用户名）"),
    "digest": N_("文件的 SHA-256"),
    "effective_on": N_("生效日期"),
    "entry-name": N_("编号"),
    "file": N_("文件"),
    "file:signing": N_("附件"),
    "first": N_("第一天"),
    "key": N_("编号"),
    "last": N_("最后一天"),
    "name": N_("名称"),
    "phone": N_("电话"),
    "photo": N_("照片"),
    "photos": N_("照片"),
    "picture": N_("我的签名"),
    "reason": N_("理由"),
    "by": N_("由谁"),
    "ground": N_("依据"),
    "row.key": N_("名称"),
    "row.value": N_("内容"),
    "subject": N_("内容"),
    "quiet_from": N_("从"),
    "quiet_until": N_("到"),
    "receivers": N_("抄送给（机构全称、用户名或姓名，用逗号分开）"),
    "remark": N_("说明"),
    "review_on": N_("复查日期"),
    "schooling": N_("学历"),
    "opinion": N_("加签意见"),
    "signers": N_("请谁加签（机构全称、用户名或姓名，用逗号分开）"),
    "source": N_("文号或来源"),
    "text": N_("内容"),
    "title": N_("名称"),
    "until": N_("修改后的条文从哪一天起施行"),
    "username": N_("用户名"),
    "year": N_("年份"),
}
"""Names of what people type into forms that are not generated → what the field is called."""
CARRIED = frozenset(
    [
        "act",
        "returned",
        "as_of",
        "back",
        "beside",
        "body_key",
        "field",
        "look",
        "period",
        "rule",
        "verdict",
        "seen",
        "content",
        "set_up",
        "copied",
        "element",
        "employment",
        "expected",
        "filename",
        "filled",
        "verb",
        "flow",
        "instance",
        "into",
        "community_code",
        "gone",
        "cluster_id",
        "household_id",
        "latitude",
        "longitude",
        "resolution",
        "outcome",
        "track",
        "version",
        "course_kind",
        "kind",
        "part",
        "point",
        "place",
        "procedures",
        "step",
        "remove",
        "draft",
        "revision",
        "shown",
        "standing",
        "role",
        "state",
        "stay",
        "to",
        "answer",
        "turn",
        "way",
        "unit",
    ]
)
"""Names that go back as they came, unseen: what the page put into the form, and choices that only the page
can name."""
NUMBERS = frozenset(["amount", "year"])
"""Names of whole numbers."""
SECRET = frozenset(
    {
        "password",
        "_password",
        "_code",
        "code",
        "pending",
        "old",
        "new",
        "again",
    }
)
"""Names of passwords: never written into a page."""
_OURS = frozenset({tokens.FIELD, BACK, "_typed", "_username", "_password"})


@dataclass(frozen=True, slots=True)
class Line:
    """Something typed into a form that is not generated."""

    name: str
    label: str
    value: str

    @property
    def long(self) -> bool:
        return "\n" in self.value or len(self.value) > 60

    @property
    def control(self) -> str:
        """Type of the control that takes it."""
        if self.name in SECRET:
            return "password"
        # A control empties itself of what is not of its kind.
        if self.name.endswith("_on") and re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}", self.value
        ):
            return "date"
        if self.name in NUMBERS and re.fullmatch(r"[0-9]{1,6}", self.value):
            return "number"
        return "text"

    @property
    def secret(self) -> bool:
        return self.name in SECRET


def lines(given: MultiDict[str, str], known: frozenset[str]) -> Iterator[Line]:
    """What was typed outside the generated form, whose names are `known`."""
    for name, value in given.items(multi=True):
        if (
            name in CARRIED
            or name.startswith("_")
            or name in _OURS
            or name.split(".")[0] in known
        ):
            continue
        yield Line(
            name, str(LABELS.get(name, name)), "" if name in SECRET else value
        )


def carried(
    given: MultiDict[str, str], known: frozenset[str], shown: list[Line]
) -> Iterator[tuple[str, str]]:
    """Names and values that go back as they came."""
    typed = {line.name for line in shown}
    for name, value in given.items(multi=True):
        if (
            name not in _OURS
            and name not in typed
            and name.split(".")[0] not in known
        ):
            yield name, value
