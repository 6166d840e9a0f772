"""What the topics member.* are told, read and answer."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.handlers.declaration import Input, Read, Topic
from orchestrator.sentences import say

_POST = Read("post", say("岗位"), required=True)
_APPLICANTS = Read("applicants", say("报名人员"), required=True, shown=False)

MEMBER_TOPICS: Mapping[str, Topic] = {
    "member.appoint": Topic(
        say("聘用网格员"),
        (),
        (
            Read("post_grid", say("网格"), required=True),
            _POST,
            _APPLICANTS,
            Read("hired_name", say("拟聘人员"), required=True),
            Read("hired_username", say("聘用人员的用户名"), required=True),
        ),
        (("appointed", say("聘用人员的用户名")),),
        ("cannot-carry-out",),
    ),
    "member.appoint-several": Topic(
        say("聘用多名网格员"),
        (),
        (
            _POST,
            _APPLICANTS,
            Read("hires", say("拟聘人员"), required=True),
            Read("places", say("各网格招聘人数"), shown=False),
        ),
        (("appointed", say("聘用人员的用户名")),),
        ("cannot-carry-out",),
    ),
    "member.name-leader": Topic(
        say("登记网格长任职，接替原来的"),
        (Input("post", say("岗位"), required=True),),
        (
            Read("post_grid", say("网格"), required=True),
            Read("leader_name", say("拟任人员"), required=True),
            Read("leader_username", say("拟任人员的用户名"), required=True),
            Read("leader_phone", say("拟任人员的电话"), shown=False),
        ),
        (("appointed", say("任职人员的用户名")),),
        ("cannot-carry-out",),
    ),
    "member.dismiss": Topic(
        say("解聘网格员"),
        (),
        (Read("member", say("网格员的用户名"), required=True),),
        (("dismissed", say("网格员的用户名")),),
        ("cannot-carry-out",),
    ),
}
