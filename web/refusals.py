"""Why a sign-in was refused, wherever it was tried, and what to do."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from flask_babel import gettext as _

from orchestrator.errors import (
    DemonstrationElsewhere,
    GridflowError,
    OneTimePasswordExpired,
    PasskeyRefused,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignInBusy,
    SignInRefused,
    SignInThrottled,
)

REFUSALS = (
    SignInRefused,
    PasskeyRefused,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignInThrottled,
    SignInBusy,
    OneTimePasswordExpired,
    DemonstrationElsewhere,
)


def sentence_of(refused: GridflowError) -> str:
    """Why the sign-in was refused and what to do, in the reader's language."""
    match refused:
        case SignInThrottled():
            wait = seconds(refused) or 0
            if wait <= 90:
                return _(
                    "输错次数过多，请 %(seconds)d 秒后再试；忘记密码请联系管理员重新设置",
                    seconds=wait,
                )
            return _(
                "输错次数过多，请 %(minutes)d 分钟后再试；忘记密码请联系管理员重新设置",
                minutes=math.ceil(wait / 60),
            )
        case SignInBusy():
            return _("正在登录的人较多，请过几秒再点一次登录")
        case SecondFactorNeeded():
            return _("这个账号开启了两步验证，请同时填写密码和验证码")
        case SecondFactorWrong():
            return _(
                "验证码不正确或已经用过，请输入验证器上现在显示的六位数字，或者一个没用过的恢复码",
            )
        case PasskeyRefused():
            return _(
                "通行密钥没有通过验证：可能已经删除或超时，请重试，或者用用户名和密码登录",
            )
        case OneTimePasswordExpired():
            return _("一次性密码已过期，请联系管理员重新设置")
        case DemonstrationElsewhere():
            return _("演示账号只能在本机演示时使用，请向管理员领取正式账号")
    return _("用户名或密码不正确，请重新输入")


def seconds(refused: GridflowError) -> int | None:
    """How long to wait before the next attempt."""
    match refused:
        case SignInThrottled():
            return max(
                1,
                math.ceil((refused.until - datetime.now(UTC)).total_seconds()),
            )
        case SignInBusy():
            return 3
    return None
