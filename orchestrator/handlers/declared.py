"""What each topic is told, reads and answers: the designer's editor offers it, and the deployment checks
compare diagrams with it."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import CASE_OFFICE, GRID_STAFF
from orchestrator.handlers.declaration import Input, Read, Topic
from orchestrator.handlers.declared_members import MEMBER_TOPICS
from orchestrator.handlers.related_instances import KINDS
from orchestrator.sentences import say


def _all_levels(profile: Jurisdiction) -> tuple[str, ...]:
    return profile.levels.keys


def _handling_levels(profile: Jurisdiction) -> tuple[str, ...]:
    return profile.handling_levels


_HANDLING_LEVEL = ("handling_level", say("办理层级"))
LEVELS_GIVEN = frozenset({_HANDLING_LEVEL[0]})
"""What handlers set to a level of the profile."""
_RETURNS = ("return_count", say("退回次数"))
_PRIORITY = Read("priority", say("紧急程度"))
_REASON = Input("reason", say("理由"))
_URGE = Topic(
    say("催办"),
    (_REASON,),
    (Read("urged_count", say("催办次数")),),
    (("urged_count", say("催办次数")),),
    tells=True,
)
_ITEM_LIST = (
    ("item_list_number", say("清单版本号")),
    ("item_list_effective_on", say("清单生效日期")),
    ("item_list_territory", say("清单所属区划")),
)
_LIST_READS = (
    Read("effective_on", say("拟生效日期")),
    Read("opinion", say("审批意见")),
    Read("approver", say("批准机关")),
)

DECLARED: Mapping[str, Topic] = {
    "item-list.publish": Topic(
        say("纳入清单"),
        (Input("list_level", say("哪一级的清单"), levels=_all_levels),),
        (
            Read("item_name", say("事项名称"), required=True),
            Read("category", say("事项类别")),
            Read("legal_basis", say("法律、政策依据")),
            Read("why_grids", say("为何需要纳入网格")),
            Read("served", say("服务对象")),
            Read("commitment_people", say("人员保障")),
            Read("commitment_funds", say("经费保障")),
            Read("commitment_goods", say("物资保障")),
            Read("advice_and_training", say("业务指导与培训")),
            Read("leaves_on", say("截止日期")),
            Read("initiator_body", say("申请部门")),
            *_LIST_READS,
        ),
        (*_ITEM_LIST, ("item_id", say("事项编号"))),
        ("cannot-carry-out",),
    ),
    "item-list.remove": Topic(
        say("退出清单"),
        (Input("list_level", say("哪一级的清单"), levels=_all_levels),),
        (Read("item_id", say("退出事项"), required=True), *_LIST_READS),
        _ITEM_LIST,
        ("cannot-carry-out",),
    ),
    "item-list.compile": Topic(
        say("清单成版"),
        (Input("list_level", say("哪一级的清单"), levels=_all_levels),),
        (
            Read("listed_items", say("清单事项"), required=True),
            Read("list_kind", say("编制哪一份")),
            Read("refused_items", say("不予列入的事项")),
            Read("also_refused_items", say("另外不予列入的事项")),
            *_LIST_READS,
        ),
        (*_ITEM_LIST, ("compiled_count", say("列入的项数"))),
        ("cannot-carry-out",),
    ),
    "item-list.review": Topic(
        say("记下事项的检查结果"),
        (),
        (
            Read("item_id", say("事项编号"), required=True),
            Read("period", say("检查的年度")),
            Read("people_kept", say("人员保障是否落实"), required=True),
            Read("funds_kept", say("经费与物资保障是否落实"), required=True),
            Read("training_kept", say("培训是否落实"), required=True),
            Read("review_conclusion", say("检查结论"), required=True),
            Read("review_opinion", say("检查意见")),
        ),
        (("review_noted", say("是否记在事项上")),),
    ),
    "grids.apply-adjustment": Topic(
        say("网格调整生效"),
        (),
        (
            Read("kind", say("调整方式"), required=True),
            Read("after", say("调整后的网格"), required=True),
            Read("source_grids", say("被调整的网格")),
            Read("size_reason", say("户数不合标准的理由")),
            Read("boundaries", say("片区边界")),
        ),
        (
            ("new_grids", say("调整后的网格编码")),
            ("changed_grids", say("划出片区的网格")),
            ("retired_grids", say("停用的网格")),
            ("moved_cases", say("随迁事件数")),
        ),
        ("plan-outdated",),
    ),
    "assignment.open": Topic(
        say("登记交办"),
        (
            Input(
                "receiver",
                say("由谁接收并转交网格"),
                required=True,
                bodies=True,
            ),
        ),
        (
            Read("item_id", say("交办事项"), required=True),
            Read("grid_scope", say("交办范围"), required=True),
            Read("grids", say("网格")),
            Read("grid_kind", say("网格种类")),
            Read("assignment_due_on", say("完成期限")),
            Read("initiator_body", say("交办机构")),
        ),
        (
            ("receivers", say("接收机构及其网格")),
            ("assigned_count", say("交办网格数")),
            ("assigned_item", say("交办事项名称")),
            ("assignment_due", say("完成时限")),
        ),
        ("cannot-carry-out",),
        needs=GRID_STAFF,
    ),
    "assignment.again": Topic(
        say("登记重办"),
        (_REASON,),
        (Read("again_count", say("重办次数")),),
        (("again_count", say("重办次数")),),
    ),
    "assignment.next-round": Topic(
        say("开始一期"),
        (),
        (
            Read("frequency", say("频次"), required=True),
            Read("until_on", say("最后一天")),
            Read("round_number", say("第几期")),
        ),
        (
            ("round_number", say("第几期")),
            ("round_name", say("本期名称")),
            ("round_due", say("本期完成时限")),
            ("round_ends", say("本期结束时间")),
            ("more_rounds", say("是否还有下一期")),
        ),
    ),
    "case.register": Topic(
        say("登记"),
        (Input("copy_when_major", say("重大事件抄送"), bodies=True),),
        (
            Read("item_id", say("所属事项"), required=True),
            Read("priority", say("紧急程度")),
            Read("case_title", say("事件标题")),
            Read("area_id", say("所在片区")),
            Read("secrecy", say("知悉范围")),
            Read("reporter_name", say("反映人"), shown=False),
            Read("location", say("发生地点")),
            Read("coordinates", say("位置坐标")),
        ),
        (
            _HANDLING_LEVEL,
            ("rework_count", say("返工次数")),
            _RETURNS,
            ("assisting_departments", say("协办部门")),
            ("informant", say("是否有反映人")),
        ),
        needs=CASE_OFFICE,
    ),
    "case.escalate": Topic(
        say("上报"),
        (
            Input(
                "level",
                say("上报到哪一级"),
                required=True,
                levels=_handling_levels,
            ),
        ),
        reads=(_PRIORITY,),
        gives=(_HANDLING_LEVEL, _RETURNS),
        needs=CASE_OFFICE,
    ),
    "case.assign-down": Topic(
        say("交办下级"),
        (
            Input(
                "level",
                say("交办到哪一级"),
                required=True,
                levels=_handling_levels,
            ),
        ),
        reads=(_PRIORITY,),
        gives=(_HANDLING_LEVEL, _RETURNS),
        needs=CASE_OFFICE,
    ),
    "case.urge": _URGE,
    "task.urge": _URGE,
    "case.bulletin": Topic(
        say("列入通报"),
        (_REASON,),
        (Read("bulletin_count", say("通报次数")),),
        (("bulletin_count", say("通报次数")),),
    ),
    "case.rework": Topic(
        say("记返工"),
        (),
        (
            Read("rework_count", say("返工次数")),
            Read("verification_note", say("哪里没有办到位")),
            Read("rework_departments", say("哪些部门返工")),
            Read("lead_department", say("牵头部门")),
            Read("assisting_departments", say("协办部门")),
            Read("assigned_assisting", say("交办时的协办部门")),
            _PRIORITY,
        ),
        (
            ("rework_count", say("返工次数")),
            ("rework_note", say("哪里没有办到位")),
            ("rework_departments", say("哪些部门返工")),
            ("assigned_assisting", say("交办时的协办部门")),
            ("assisting_departments", say("协办部门")),
            ("lead_again", say("牵头部门是否返工")),
        ),
    ),
    "case.return": Topic(
        say("记退回"),
        (),
        (
            Read("return_count", say("退回次数")),
            Read("handling_level", say("办理层级")),
            _PRIORITY,
        ),
        (_RETURNS, _HANDLING_LEVEL),
        needs=CASE_OFFICE,
    ),
    "assessment.decide": Topic(
        say("记下申诉的决定"),
        (),
        (
            Read("result_id", say("考核结果的编号"), required=True),
            Read("appeal_decision", say("申诉是否成立"), required=True),
            Read("corrected_score", say("更正后的得分")),
            Read("appeal_opinion", say("复核意见")),
        ),
        (("appeal_upheld", say("申诉是否成立")),),
    ),
    "pay.submit": Topic(
        say("送复核"),
        (),
        (Read("sheet_id", say("报酬表的编号"), required=True),),
        (("pay_people", say("人数")), ("pay_total", say("应发合计"))),
    ),
    "pay.check": Topic(
        say("记下复核"),
        (),
        (
            Read("sheet_id", say("报酬表的编号"), required=True),
            Read("check_decision", say("复核意见"), required=True),
            Read("check_reason", say("退回的理由")),
        ),
    ),
    "pay.approve": Topic(
        say("记下批准"),
        (),
        (
            Read("sheet_id", say("报酬表的编号"), required=True),
            Read("approval_decision", say("批准意见"), required=True),
            Read("approval_reason", say("退回的理由")),
        ),
    ),
    **MEMBER_TOPICS,
    "case.archive": Topic(
        say("归档"),
        (),
        (
            Read("summary", say("办结小结")),
            Read("result", say("办理结果")),
            _PRIORITY,
        ),
    ),
    "clock.read": Topic(
        say("看日期和时间"),
        gives=(
            ("read_on", say("日期")),
            ("time_of_day", say("几点几分")),
            ("is_working_day", say("是否工作日")),
            ("in_office_hours", say("是否在办公时间")),
        ),
        tells=True,
    ),
    "archive.appraise": Topic(
        say("记下档案鉴定结果"),
        (),
        (
            Read("listed_count", say("保管期满的档案")),
            Read("archive_view", say("档案部门的鉴定意见"), required=True),
            Read("kept_by_archive", say("档案部门要继续保存的")),
            Read("keep_years", say("继续保存几年")),
            Read("joint_view", say("会同鉴定的意见"), required=True),
            Read("kept_by_joint", say("会同鉴定的要继续保存的")),
            Read("joint_keep_years", say("会同鉴定的定的年数")),
        ),
        (
            ("kept_count", say("继续保存的件数")),
            ("to_destroy_count", say("要销毁的件数")),
        ),
    ),
    "archive.destroy": Topic(
        say("销毁到期档案"),
        (Input("least_people", say("至少由几个人办理"), required=True),),
        (),
        (
            ("destroyed_count", say("销毁的件数")),
            ("withheld_count", say("留下没有销毁的件数")),
        ),
        # It is refused for who acted, not for what was decided: another person does the open task.
    ),
    "notice.publish": Topic(
        say("更新公示"),
        (),
        (
            Read("item_list_number", say("清单版本号")),
            Read("item_list_territory", say("清单所属区划")),
            Read("new_grids", say("调整后的网格编码")),
            Read("changed_grids", say("划出片区的网格")),
        ),
    ),
    "filing.record": Topic(
        say("报备案"),
        (Input("to", say("向谁备案"), required=True, bodies=True),),
        (Read("initiator_body", say("报备机构")),),
    ),
    "filing.acknowledge": Topic(say("备案收悉")),
    "matter.copy": Topic(
        say("抄送"),
        (
            Input("to", say("抄送哪些机构"), required=True, bodies=True),
            Input("together_with", say("一并抄送的一组机构")),
            Input("beside", say("以哪个机构所在地为准")),
            Input("reason", say("抄送理由")),
        ),
        tells=True,
    ),
    "matter.tell": Topic(
        say("记入所涉事项"),
        (
            Input("kind", say("记载种类"), required=True, values=KINDS),
            Input("remark", say("记载内容")),
        ),
        (Read("task", say("要延期、挂账的任务")),),
    ),
    "deadline.extend": Topic(
        say("延长时限"),
        (),
        (
            Read("task", say("要延期的任务"), required=True),
            Read("amount", say("延期时长"), required=True),
            Read("extension_reason", say("延期理由")),
        ),
        (("extended", say("是否已延期")),),
    ),
    "deadline.suspend": Topic(
        say("挂账"),
        (_REASON,),
        (
            Read("task", say("要挂账的任务"), required=True),
            Read("review_on", say("复查日期"), required=True),
            Read("reviewing_body", say("复查的机构")),
        ),
        (
            ("suspended", say("是否已挂账")),
            ("reviewing_body", say("复查的机构")),
        ),
    ),
    "deadline.resume": Topic(
        say("恢复办理"),
        (),
        (Read("task", say("要恢复的任务"), required=True),),
        (("resumed", say("是否已恢复")),),
    ),
}
"""Topic → what is known of it; the same keys as TOPICS."""
