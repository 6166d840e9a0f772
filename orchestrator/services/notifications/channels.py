"""The ways out: what an address must look like, and sending a text to it.

Robots and webhooks are reached by https alone, at hosts that the setting GRIDFLOW_NOTIFY_HOSTS names; no
redirect is followed.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from orchestrator.sentences import say
from orchestrator.settings import Settings

NAMES = {
    "email": say("电子邮件"),
    "wecom": say("企业微信群机器人"),
    "dingtalk": say("钉钉群机器人"),
    "feishu": say("飞书群机器人"),
    "webhook": say("网络回调（webhook）"),
}
LONGEST_ADDRESS = 500
TIMEOUT_SECONDS = 8
_MAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?",
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")


class NotDelivered(Exception):
    """The other side did not take it; the message says what came back."""


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def objection(channel: str, address: str, settings: Settings) -> str:
    """Why the address does not go for the channel; empty when it does."""
    if len(address) > LONGEST_ADDRESS:
        return say("地址最多 {most} 个字符", most=LONGEST_ADDRESS)
    if channel == "email":
        if not settings.smtp_url:
            return say("本单位还没有设置邮件服务器，请联系管理员")
        if _MAIL.fullmatch(address):
            return ""
        return say("电子邮件地址写法有误，应如 name@example.gov.cn")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port
    except ValueError:
        return say("地址写法有误，应以 https:// 开头")
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        return say("地址写法有误，应以 https:// 开头")
    if port in (None, 443):
        place = host
    else:
        place = f"{host}:{port}"
    if place not in settings.notify_hosts:
        return say("不允许发往 {host}，请联系管理员", host=place)
    if channel != "webhook" and not _TOKEN.fullmatch(_token(channel, address)):
        return say(
            "这不是{name}的地址，请从机器人设置中完整复制",
            name=NAMES[channel],
        )
    return ""


def _token(channel: str, address: str) -> str:
    """What names the robot in the address that its product shows."""
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query))
    if channel == "wecom" and parts.path == "/cgi-bin/webhook/send":
        return asked.get("key", "")
    if channel == "dingtalk" and parts.path == "/robot/send":
        return asked.get("access_token", "")
    if channel == "feishu" and parts.path.startswith(
        "/open-apis/bot/v2/hook/",
    ):
        return parts.path.rstrip("/").rpartition("/")[2]
    return ""


def send(
    channel: str,
    address: str,
    letter: Letter,
    settings: Settings,
) -> None:
    """Sends the letter. Raises NotDelivered, also for an address that is not allowed any more."""
    refused = objection(channel, address, settings)
    if refused:
        raise NotDelivered(refused)
    if channel == "email":
        _mail(address, letter, settings)
    else:
        _post(channel, address, letter)


def _mail(address: str, letter: Letter, settings: Settings) -> None:
    parts = urlsplit(settings.smtp_url)
    message = EmailMessage()
    # The name of a step may have lines, which the head of a letter may not.
    message["Subject"] = " ".join(letter.subject.split())
    message["To"] = address
    message["From"] = settings.mail_from
    message["Message-ID"] = make_msgid(
        domain=settings.mail_from.rpartition("@")[2],
    )
    message.set_content(letter.text)
    host = parts.hostname or ""
    secure = parts.scheme == "smtps"
    try:
        if secure:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                parts.port or 465,
                timeout=TIMEOUT_SECONDS,
                context=context,
            )
        else:
            server = smtplib.SMTP(
                host,
                parts.port or 25,
                timeout=TIMEOUT_SECONDS,
            )
        with server:
            if not secure and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            if parts.username:
                server.login(
                    unquote(parts.username),
                    unquote(parts.password or ""),
                )
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as failure:
        raise NotDelivered(
            f"{type(failure).__name__}: {failure}"[:200],
        ) from failure


def _post(channel: str, address: str, letter: Letter) -> None:
    # Imported where something is posted: it loads some hundred modules that no page needs.
    import apprise

    # Neither what is sent nor where is written into a log; no redirect leads to another host.
    asset = apprise.AppriseAsset(http_redirects=False, secure_logging=True)
    robot = apprise.Apprise(asset=asset)
    if not robot.add(_apprise_url(channel, address)):
        raise NotDelivered(say("地址写法有误，应以 https:// 开头"))
    with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
        taken = robot.notify(
            title=letter.subject,
            body=letter.text,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not taken:
            raise NotDelivered(
                said.getvalue().strip()[-200:] or say("对方没有接受"),
            )


def _apprise_url(channel: str, address: str) -> str:
    waits = f"cto={TIMEOUT_SECONDS}&rto={TIMEOUT_SECONDS}"
    if channel != "webhook":
        schema = {
            "wecom": "wecombot",
            "dingtalk": "dingtalk",
            "feishu": "feishu",
        }[channel]
        return f"{schema}://{_token(channel, address)}/?{waits}"
    parts = urlsplit(address)
    asked = urlencode(
        [(f"-{key}", value) for key, value in parse_qsl(parts.query)],
    )
    path = quote(unquote(parts.path))
    return f"jsons://{parts.netloc}{path}?{waits}&{asked}"
