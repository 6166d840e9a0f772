"""What concerns how a person signs in is told to him, who may not have done it: by mail where he has one, and
at each sign-in for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services.records.ids import new_id
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.notification_channels import (
    ACCOUNT,
    EMAIL,
    NotificationChannel,
)
from orchestrator.store.people import Person

CREDENTIALS = {
    "reset": say("重设一次性密码"),
    "link-made": say("生成设置密码的链接"),
    "password-set": say("用链接设置密码"),
    "password-changed": say("修改密码"),
    "second-factor-set": say("开启两步验证"),
    "second-factor-removed": say("取消两步验证"),
    "passkey-added": say("添加通行密钥"),
    "passkey-removed": say("删除通行密钥"),
    "recovery-codes-made": say("重新生成恢复码"),
}
"""Kind of an account event → what was done."""
MAIL_CHANGED = "mail-changed"
OF_MAILS = {**CREDENTIALS, MAIL_CHANGED: say("更换或删除通知邮箱")}
"""What a mail tells: also that the mails go elsewhere from now on, which the former address hears."""


def notify(session: Session, person: Person, kind: str, now: datetime) -> None:
    """Puts the mail into the outbox for the address as it is now, whatever he chose to be notified of and at
    whatever hour: who takes an account over would choose to be left alone."""
    if kind not in OF_MAILS:
        return
    channel = session.get(NotificationChannel, (person.id, EMAIL))
    if channel is None:
        return
    payload = {
        "person": person.id,
        "channel": EMAIL,
        "address": channel.address,
        "change": kind,
        "at": now.isoformat(),
    }
    session.add(
        OutboxMessage(
            id=new_id(now),
            tenant_id=person.tenant_id,
            kind=ACCOUNT,
            payload=payload,
            created_at=now,
            available_at=now,
        ),
    )
