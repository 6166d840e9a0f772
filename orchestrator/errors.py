"""One exception per thing a user can cause; each carries what its sentence needs. web/errors.py turns them
into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.sentences import joined, say


class GridflowError(Exception):
    """What a user can cause. `status` is the HTTP status it becomes."""

    status = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason why a diagram cannot be deployed, or a remark about it."""

    rule: str
    """Name of the rule, e.g. `gateway-without-default`; docs/checks.md explains it."""
    element_id: str | None
    message: str
    """A Chinese sentence a designer understands, saying what to do."""
    severity: str = "error"
    """`error` refuses the deployment; `note` tells what was normalised or ignored."""
    resource: str | None = None
    """File name within the deployment."""


class DeploymentRefused(GridflowError):
    status = 422

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "; ".join(
                f"{f.resource or ''}#{f.element_id or ''}: {f.message}"
                for f in findings
                if f.severity == "error"
            ),
        )
        self.findings = tuple(findings)


class NotFound(GridflowError):
    """No such thing, or not for this person: the two are told alike."""

    status = 404


class Destroyed(GridflowError):
    """The dossier's term was over, and it was destroyed."""

    status = 410

    def __init__(self, number: str) -> None:
        super().__init__(
            say(
                "{number} 的档案保管期满，已经按程序销毁；销毁清册永久保存，可以向保管档案的机构查询",
                number=number,
            )
        )


class Forbidden(GridflowError):
    status = 403


class FormInvalid(GridflowError):
    status = 422

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(say("表单未通过校验"))
        self.errors = dict(errors)
        """Field key (dotted with row numbers inside lists) → Chinese sentences."""


class TaskAlreadyClosed(GridflowError):
    """Somebody was first."""

    status = 409

    def __init__(
        self,
        task_name: str,
        closed_by: str | None,
        closed_at: datetime | None,
        how: str,
    ) -> None:
        super().__init__(
            say(
                "{task_name} 已由 {closed_by} 办结",
                task_name=task_name,
                closed_by=closed_by or say("系统"),
            ),
        )
        self.task_name = task_name
        self.closed_by = closed_by
        self.closed_at = closed_at
        self.how = how


class TaskClaimedByAnother(GridflowError):
    status = 409

    def __init__(self, task_name: str, assignee: str) -> None:
        super().__init__(
            say(
                "{task_name} 已由 {assignee} 领取",
                task_name=task_name,
                assignee=assignee,
            ),
        )
        self.task_name = task_name
        self.assignee = assignee


class InstanceChanged(GridflowError):
    """The instance moved on under a command; nothing was written."""

    status = 409


class SubmissionKeyUsed(GridflowError):
    """The submission's key was used for something else before; nothing was written."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            say("这次提交的标识已用于另一次提交，没有生效。请核对后重新提交"),
        )


class SubmittedOtherwise(SubmissionKeyUsed):
    """The form was submitted before, with other content; nothing was written."""

    def __init__(self, business_key: str) -> None:
        GridflowError.__init__(
            self,
            say(
                "这张表单刚才已提交，编号 {number}；改动后的内容没有提交。要另提一件的，请核对后重新提交",
                number=business_key,
            ),
        )


class SignInRefused(GridflowError):
    """Wrong name or password; the two are not told apart."""

    status = 401

    def __init__(self) -> None:
        super().__init__(say("用户名或密码不正确"))


class NoAccount(GridflowError):
    """The provider of single sign-on names somebody who has no account here."""

    status = 403

    def __init__(self) -> None:
        super().__init__(say("这里没有这个用户名的账号"))


class SecondFactorNeeded(GridflowError):
    """The password is right; the code of the second factor is not given yet."""

    status = 401

    def __init__(self, username: str, mark: str) -> None:
        super().__init__(say("这个账号开启了两步验证，请填写验证码"))
        self.username = username
        self.mark = mark
        """Whose password was right, and the mark of it."""


class SecondFactorWrong(GridflowError):
    status = 401

    def __init__(self) -> None:
        super().__init__(say("验证码不正确"))


class PasskeyRefused(GridflowError):
    """The answer of a passkey is not the one to our question, or of nobody's key."""

    status = 401

    def __init__(self) -> None:
        super().__init__(say("通行密钥没有通过验证，请重试"))


class SignInThrottled(GridflowError):
    """Too many failures from this device, at this name or in all; the password was not looked at."""

    status = 429

    def __init__(self, until: datetime) -> None:
        super().__init__(say("输错次数过多，请稍后再试"))
        self.until = until
        """The instant of the next attempt."""


class SignInBusy(GridflowError):
    """More passwords are to be checked than the machine checks at once."""

    status = 503

    def __init__(self) -> None:
        super().__init__(say("正在登录的人较多，请稍后再试"))


class OneTimePasswordExpired(GridflowError):
    status = 401

    def __init__(self) -> None:
        super().__init__(say("一次性密码已过期，请联系管理员重新设置"))


class DemonstrationElsewhere(GridflowError):
    """The account's password is public: it opens nothing but a demonstration on the machine itself."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            say("演示账号只能在本机演示时使用，请向管理员领取正式账号"),
        )


class AttachmentRefused(GridflowError):
    status = 422

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(reason)
        self.filename = filename
        self.reason = reason


class PicturesBusy(GridflowError):
    """More photographs are looked at than the machine decodes at once."""

    status = 503

    def __init__(self) -> None:
        super().__init__(say("正在打开的照片较多，请稍后再打开"))


class PapersBusy(GridflowError):
    """More public papers are asked for than the machine makes at once."""

    status = 503

    def __init__(self) -> None:
        super().__init__(say("正在生成的公示牌较多，请稍后再打开"))


class StorageAway(GridflowError):
    """The store of the attachments cannot be reached, or refuses; `reason` is what its library says."""

    status = 503

    def __init__(self, reason: str) -> None:
        super().__init__(
            say(
                "附件存储暂时不可用，文件打不开，已上传的文件没有丢失。"
                "请过几分钟重试；如果一直如此，请告诉管理员"
            )
        )
        self.reason = reason


class RuleViolated(GridflowError):
    """A register's own rule forbids it (coverage of grids, an item already on the list…)."""

    status = 422

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(joined("；", reasons))
        self.reasons = tuple(reasons)


class KeyTaken(RuleViolated):
    """A procedure or a draft of the jurisdiction has the key already."""

    def __init__(self, key: str) -> None:
        super().__init__(
            [say("编号“{key}”已经有流程或草稿在用，请换一个", key=key)],
        )
        self.key = key


class TooManyReports(RuleViolated):
    """Residents have reported too often within the hour."""

    status = 429


class TooMuchWork(RuleViolated):
    """A diagram, table or scenario makes the machine work longer than one request may; the sentence says what
    to look at."""


class UpgradeFailed(GridflowError):
    """The database could not be brought to the program's version and is as it was; the sentence says what to
    do."""


class BackupFailed(GridflowError):
    """A backup was not made or not restored, and nothing was changed; the sentence says what to do."""


class SettingInvalid(GridflowError):
    """A GRIDFLOW_* setting is wrong; the sentence says what to change."""
