"""What is typed beside the form of a task saves itself too: a signer's opinion, a comment, the reason of
退回."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, url_for
from flask_babel import gettext as _

from orchestrator.errors import InstanceChanged, NotFound
from orchestrator.services import access, user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import purposes
from web.auth import permission, who
from web.inbox import saving

blueprint = Blueprint("begun_texts", __name__, url_prefix="/begun")


@dataclass(frozen=True, slots=True)
class _Kind:
    purpose: Callable[[str], str]
    require: Callable[[str], None]
    """Raises where the reader may not send such a text about that."""
    page: Callable[[str], str]
    """Address of the page where it is typed."""


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(begun_text=begun_text)


def begun_text(kind: str, about: str) -> saving.BegunText | None:
    """What the reader typed and has not sent; None where nothing waits."""
    return saving.begun_text(KINDS[kind].purpose(about))


@blueprint.post("/<kind>/<about>")
@permission("signed-in")
def save(kind: str, about: str) -> Any:
    """What is typed so far."""
    found = KINDS.get(kind)
    if found is None:
        raise NotFound(kind)
    found.require(about)
    return saving.save(found.purpose(about), found.page(about))


def _may_sign(task_id: str) -> None:
    task = access.visible_task(reading(), who(), task_id)
    asked = user_tasks.signers.request_of(reading(), who(), task)
    if task.state != "open" or asked is None:
        raise InstanceChanged(_("现在没有请您加签，没有自动保存"))


def _may_comment(instance_id: str) -> None:
    access.visible_instance(reading(), who(), instance_id)


def _may_return(task_id: str) -> None:
    task = access.visible_task(reading(), who(), task_id)
    if not access.may_work_on(reading(), who(), task):
        raise InstanceChanged(_("这项任务现在不由您办理，没有自动保存"))


def _task(task_id: str) -> str:
    return url_for("inbox.task", task_id=task_id)


def _instance(instance_id: str) -> str:
    return url_for("inbox.instance", instance_id=instance_id)


def _returning(task_id: str) -> str:
    return url_for("returning.look", task_id=task_id)


KINDS: Mapping[str, _Kind] = {
    "sign": _Kind(purposes.of_signing, _may_sign, _task),
    "comment": _Kind(purposes.of_comment, _may_comment, _instance),
    "return": _Kind(purposes.of_returning, _may_return, _returning),
}
"""What stands in the address → what is typed there."""
