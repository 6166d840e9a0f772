"""What a notification says outside the product. The title of a restricted instance stays inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import joined, say
from orchestrator.services.notifications.channels import Letter
from orchestrator.services.people.credential_changes import OF_MAILS
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person

KINDS = {
    "assigned": say("新待办"),
    "urged": say("催办提醒"),
    "returned": say("退回或交回"),
    "result": say("办理结果"),
    "copied": say("收到抄送"),
    "mentioned": say("有人@我"),
    "due-soon": say("即将到期"),
    "overdue": say("任务逾期"),
    "deputy": say("请假代理"),
}
MOST_LINES = 30
"""Notifications in one summary."""


def remark(row: Notification) -> str:
    """What whoever caused it wrote, said in full for a refused extension: the one result that is about a
    task."""
    if row.kind != "result" or row.task_id is None:
        return row.words
    if row.words:
        return say("未同意延期：{remark}", remark=row.words)
    return say("未同意延期")


def of_one(
    session: Session,
    row: Notification,
    zone: ZoneInfo,
    address: str,
) -> Letter:
    """The letter of one notification; `address` is where the product is reached, may be empty."""
    if row.instance_id is None:
        subject = joined("：", [KINDS[row.kind], row.step])
        place = [f"{address}/absences"] if address else []
        return Letter(subject, joined("\n", [row.step, *place]))
    instance = session.get_one(ProcessInstance, row.instance_id)
    if instance.restricted:
        what = instance.business_key
    else:
        what = f"{instance.title}（{instance.business_key}）"
    subject = joined(
        "：",
        filter(None, [KINDS[row.kind], row.step, instance.business_key]),
    )
    lines = [what]
    words = remark(row)
    if words and not instance.restricted:
        lines.append(joined("：", filter(None, [row.by, words])))
    if row.due_at is not None:
        lines.append(
            say("截止 {at:%Y-%m-%d %H:%M}", at=row.due_at.astimezone(zone)),
        )
    if address:
        if row.task_id:
            path = f"task/{row.task_id}"
        else:
            path = f"instance/{row.instance_id}"
        lines.append(f"{address}/{path}")
    return Letter(subject, joined("\n", lines))


def of_account(
    person: Person,
    change: str,
    at: datetime,
    address: str,
) -> Letter:
    """The letter that tells how his sign-in was changed; `at` is in his jurisdiction's zone."""
    lines = [
        say(
            "{name}（{username}）的账号：{at:%Y-%m-%d %H:%M} {what}。",
            name=person.display_name,
            username=person.username,
            at=at,
            what=OF_MAILS[change],
        ),
        say("不是您本人办的，请马上告诉管理员。"),
    ]
    if address:
        lines.append(f"{address}/me")
    return Letter(say("账号的登录方式有变动"), joined("\n", lines))


def digest(
    session: Session,
    person_id: int,
    zone: ZoneInfo,
    now: datetime,
    address: str,
) -> Letter | None:
    """The morning's summary of what is unread; None when nothing is."""
    query = sa.select(Notification).where(
        Notification.person_id == person_id,
        Notification.read_at.is_(None),
    )
    rows: Sequence[Notification] = session.scalars(
        query.order_by(Notification.at.desc()).limit(MOST_LINES + 1),
    ).all()
    if not rows:
        return None
    lines = [
        of_one(session, row, zone, "").subject for row in rows[:MOST_LINES]
    ]
    if len(rows) > MOST_LINES:
        lines.append(say("其余请登录后查看"))
    if address:
        lines.append(f"{address}/notifications")
    subject = say(
        "{day:%m-%d} 未读通知 {count} 条",
        day=now.astimezone(zone),
        count=len(rows),
    )
    return Letter(subject, joined("\n", lines))
