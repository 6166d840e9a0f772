"""What service tasks do in our own database: TOPICS maps a topic (`noun.verb`) to its function."""

from collections.abc import Mapping

from orchestrator.handlers import (
    assessments,
    assignments,
    cases,
    clock,
    copies,
    disposals,
    filings,
    grids,
    item_list,
    item_reviews,
    list_compilation,
    member_posts,
    notices,
    pay_sheets,
    related_instances,
)
from orchestrator.handlers.context import Handler
from orchestrator.handlers.declaration import Input, Read, Topic
from orchestrator.handlers.declared import DECLARED, LEVELS_GIVEN

TOPICS: Mapping[str, Handler] = {
    "item-list.publish": item_list.publish,
    "item-list.remove": item_list.remove,
    "item-list.compile": list_compilation.compile_list,
    "item-list.review": item_reviews.note,
    "grids.apply-adjustment": grids.apply_adjustment,
    "assignment.open": assignments.open_order,
    "assignment.again": assignments.count_again,
    "assignment.next-round": assignments.open_round,
    "assessment.decide": assessments.decide,
    "pay.submit": pay_sheets.submit,
    "pay.check": pay_sheets.check,
    "pay.approve": pay_sheets.approve,
    "member.appoint": member_posts.appoint,
    "member.appoint-several": member_posts.appoint_several,
    "member.name-leader": member_posts.name_leader,
    "member.dismiss": member_posts.dismiss,
    "case.register": cases.register,
    "case.escalate": cases.escalate,
    "case.urge": cases.urge,
    "case.assign-down": cases.assign_down,
    "case.bulletin": cases.bulletin,
    "case.rework": cases.rework,
    "case.return": cases.give_back,
    "case.archive": cases.archive,
    "clock.read": clock.read,
    "archive.appraise": disposals.appraise,
    "archive.destroy": disposals.destroy,
    "task.urge": cases.urge,
    "notice.publish": notices.publish,
    "filing.record": filings.record,
    "filing.acknowledge": filings.acknowledge,
    "matter.copy": copies.send,
    "matter.tell": related_instances.write_entry,
    "deadline.extend": related_instances.extend,
    "deadline.suspend": related_instances.suspend,
    "deadline.resume": related_instances.resume,
}

__all__ = ["DECLARED", "LEVELS_GIVEN", "TOPICS", "Input", "Read", "Topic"]
