"""What a person gives with a decision beside its form: files, and his signature."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

import forms
from orchestrator.errors import FormInvalid, StorageAway
from orchestrator.sentences import say
from orchestrator.services.records import attachments, purposes, stored_files
from orchestrator.services.records.ids import new_id
from orchestrator.store.decision_aids import picture_of
from orchestrator.store.user_tasks import Attachment

FILES = "_files"
"""Name of the field of the files."""
SIGNATURE = "_signature"
KEPT = "_kept"
"""In a held submission: what `keep` gave for it."""
FORM = forms.Form(
    "_enclosed",
    (
        forms.Field(
            "filepicker",
            FILES,
            say("随意见附上的文件"),
            multiple=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Enclosed:
    files: Sequence[str] | None = None
    """Ids of uploads for the task. None where the page did not ask for them: those that he submitted before
    go with it."""
    signed: bool | None = None
    """Whether the person's signature goes with it. None where the page did not ask: that of what he submitted
    before goes with it, where nothing was changed."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What became the instance's when the submission was held."""


NOTHING = Enclosed()


def take_files(form: forms.Form | None) -> bool:
    """Whether files may be given beside the form: it has no field of its own for them."""
    return form is None or not any(
        value.type == "filepicker" for value in form.inputs()
    )


def files_of(kept: Mapping[str, Any]) -> list[str]:
    """The files in what `keep` gave."""
    return list(kept.get("files", ()))


def keep(
    session: Session,
    row: Any,
    enclosed: Enclosed,
    now: datetime,
) -> dict[str, Any]:
    """The files and the signature become the instance's; what the history keeps of them.

    `row`: the locked task. Raises FormInvalid for a file that is not his, and without a signature.
    """
    kept: dict[str, Any] = dict(enclosed.kept)
    if enclosed.files:
        values = {FILES: list(enclosed.files)}
        try:
            forms.validate(FORM, values, {})
        except forms.Invalid as invalid:
            raise FormInvalid(invalid.errors) from invalid
        claim = attachments.Claim(
            row.tenant_id,
            row.person_id,
            purposes.of_task(row.task_id),
            row.id,
        )
        attachments.require(session, FORM, values, claim)
        attachments.adopt(session, FORM, values, row.id, row.task_id)
        kept["files"] = values[FILES]
    if enclosed.signed and "signature" not in kept:
        kept["signature"] = _sign(session, row, now)
    return kept


def _sign(session: Session, row: Any, now: datetime) -> str:
    picture = picture_of(session, row.person_id)
    if picture is None:
        raise FormInvalid(
            {
                SIGNATURE: [
                    say("您还没有签名，请先在“我的签名”里写好，或者不附签名"),
                ],
            },
        )
    digest = hashlib.sha256(picture).hexdigest()
    try:
        stored_files.write(digest, picture)
    except StorageAway:
        raise FormInvalid(
            {
                SIGNATURE: [
                    say(
                        "附件存储暂时不可用，签名附不上。请过几分钟重新提交，或者不附签名"
                    ),
                ],
            },
        ) from None
    signature = Attachment(
        id=new_id(now),
        tenant_id=row.tenant_id,
        instance_id=row.id,
        task_id=row.task_id,
        field_key=SIGNATURE,
        filename=say("{name}签名.png", name=row.display_name),
        content_type="image/png",
        size=len(picture),
        sha256=digest,
        uploaded_by=row.person_id,
        uploaded_at=now,
        purpose=purposes.of_task(row.task_id),
    )
    session.add(signature)
    session.flush()
    return signature.id
