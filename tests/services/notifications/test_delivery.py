"""Notifications leave the product: a real mail server, a real https receiver; retries, quiet hours, the
summary, and addresses that are not allowed."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from orchestrator.errors import RuleViolated
from orchestrator.services.clocks import messages
from orchestrator.services.notifications import (
    channels,
    choices,
    collecting,
    delivery,
)
from orchestrator.services.notifications.choices import Choice
from orchestrator.services.people import accounts
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notification_channels import (
    NotificationChannel,
    failing_channels,
)
from orchestrator.store.notifications import KINDS
from orchestrator.store.session import transaction
from tests.services.world import TENANT, World

pytestmark = pytest.mark.both_databases

CERTIFICATE = Path(__file__).parent / "localhost.pem"


class Mailbox(Message):
    def __init__(self) -> None:
        super().__init__()
        self.letters: list = []

    def handle_message(self, message) -> None:
        self.letters.append(message)


@pytest.fixture
def mail(world) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    setting(
        world,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="office@example.gov.cn",
    )
    yield box
    server.stop()


class Receiver(HTTPServer):
    """Keeps what is posted; answers with the next of `answers`, else 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.posted: list[dict] = []
        self.answers: list[int] = []


class _Posted(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append({"path": self.path, **json.loads(body)})
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "https://localhost/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_told: object) -> None:
        pass


@pytest.fixture
def receiver(world, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    setting(world, notify_hosts=(f"localhost:{server.server_port}",))
    yield server
    server.shutdown()
    server.server_close()


def setting(world: World, **changed: object) -> None:
    world.app.extensions["gridflow"] = replace(
        world.app.extensions["gridflow"], **changed
    )


def choose(
    world: World,
    channel: str,
    address: str,
    kinds=KINDS,
    digest: bool = False,
    **quiet: str,
) -> None:
    given = {channel: Choice(address, kinds, digest)}
    choices.choose(
        world.person(quiet.pop("person", "li")),
        given,
        quiet.get("begin", ""),
        quiet.get("end", ""),
        world.now,
    )


def hook(receiver: Receiver) -> str:
    return f"https://localhost:{receiver.server_port}/hook?source=grid"


def run(world: World) -> int:
    collecting.collect(world.now)
    return delivery.send(world.now)


def outbox(world: World) -> list[OutboxMessage]:
    return world.rows(sa.select(OutboxMessage).order_by(OutboxMessage.id))


def test_a_new_task_comes_by_mail_once(world, mail) -> None:
    setting(world, public_url="https://grid.example.gov.cn")
    choose(world, "email", "li@example.gov.cn")
    matter = world.start()
    assert run(world) == 1 and delivery.send(world.now) == 0
    (letter,) = mail.letters
    assert (
        letter["to"] == "li@example.gov.cn"
        and letter["from"] == "office@example.gov.cn"
    )
    text = letter.get_payload(decode=True).decode()
    assert world.instance(matter).title in text
    assert (
        f"https://grid.example.gov.cn/task/{world.task(matter, 'review').id}"
        in text
    )
    assert messages.relay(world.now + timedelta(days=1)) == 0


@pytest.mark.one_database
def test_a_changed_password_is_told_by_mail_also_to_the_address_that_was(
    world, mail
) -> None:
    """At any hour, of whatever kind he chose to hear: who takes an account over would choose silence."""
    choose(
        world,
        "email",
        "li@example.gov.cn",
        kinds=(),
        begin="00:00",
        end="23:59",
    )
    accounts.reset("li", world.now)
    accounts.unlock("li", world.now)
    choose(world, "email", "thief@example.com", kinds=())
    assert delivery.send(world.now) == 2 and delivery.send(world.now) == 0
    assert {letter["to"] for letter in mail.letters} == {"li@example.gov.cn"}
    texts = [
        letter.get_payload(decode=True).decode() for letter in mail.letters
    ]
    # Two of one moment go in any order.
    assert "李科长（li）的账号：2026-03-02 09:00 重设一次性密码" in "".join(
        texts
    )
    assert "更换或删除通知邮箱" in "".join(texts)
    assert all("请马上告诉管理员" in text for text in texts)
    removed = {"email": Choice("", (), digest=False, remove=True)}
    choices.choose(world.person("li"), removed, "", "", world.now)
    assert delivery.send(world.now) == 1
    assert mail.letters[-1]["to"] == "thief@example.com"
    farewell = mail.letters[-1].get_payload(decode=True).decode()
    assert "更换或删除通知邮箱" in farewell
    accounts.reset("wang", world.now)
    assert delivery.send(world.now) == 0, "he has no mail"


@pytest.mark.one_database
def test_a_step_whose_name_has_lines_is_one_line_of_the_letters_head(
    world, mail
) -> None:
    letter = channels.Letter("核对\n\u2028Bcc: a@b.cn", "请办理")
    here = world.app.extensions["gridflow"]
    channels.send("email", "li@example.gov.cn", letter, here)
    (received,) = mail.letters
    head = str(make_header(decode_header(received["subject"])))
    assert head == "核对 Bcc: a@b.cn" and "Bcc" not in received


def test_only_the_kinds_that_were_chosen_are_sent(world, mail) -> None:
    choose(world, "email", "li@example.gov.cn", kinds=("urged",))
    world.start()
    assert run(world) == 0 and mail.letters == []


def test_the_title_of_a_restricted_matter_stays_inside(world, mail) -> None:
    choose(world, "email", "li@example.gov.cn")
    matter = world.start()
    with transaction() as session:
        session.get_one(ProcessInstance, matter).restricted = True
    assert run(world) == 1
    text = mail.letters[0].get_payload(decode=True).decode()
    assert (
        world.instance(matter).title not in text
        and world.instance(matter).business_key in text
    )


def test_a_webhook_gets_it_by_https(world, receiver) -> None:
    choose(world, "webhook", hook(receiver))
    world.start()
    assert run(world) == 1
    (posted,) = receiver.posted
    assert (
        posted["path"].startswith("/hook?source=grid")
        and "新待办" in posted["title"]
    )


def test_what_fails_is_tried_again_ever_later_and_the_administrator_sees_it(
    world, receiver
) -> None:
    receiver.answers = [500, 302]
    choose(world, "webhook", hook(receiver))
    world.start()
    assert run(world) == 0
    with transaction(writing=False) as session:
        (failing,) = failing_channels(session, TENANT)
    assert (failing.channel, failing.name) == (
        "webhook",
        "李科长",
    ) and failing.last_error
    assert "hook?" not in failing.last_error, "no secret is shown"
    assert delivery.send(world.now) == 0 and len(receiver.posted) == 1, (
        "not before its time"
    )
    (message,) = outbox(world)
    first = message.available_at - world.now
    world.now = message.available_at
    assert delivery.send(world.now) == 0 and len(receiver.posted) == 2, (
        "a redirect is not followed"
    )
    (message,) = outbox(world)
    assert message.available_at - world.now > first
    world.now = message.available_at
    assert delivery.send(world.now) == 1
    assert delivery.send(world.now + timedelta(hours=1)) == 0
    with transaction(writing=False) as session:
        assert failing_channels(session, TENANT) == []


def test_what_was_being_sent_when_the_process_died_is_not_sent_twice(
    world, mail
) -> None:
    choose(world, "email", "li@example.gov.cn")
    world.start()
    collecting.collect(world.now)
    (message,) = outbox(world)
    assert delivery._claim(message.id, world.now) is not None
    assert (
        delivery.send(world.now + timedelta(hours=2)) == 0
        and mail.letters == []
    )
    assert "发送中断" in outbox(world)[0].last_error


def test_in_quiet_hours_it_waits_for_their_end(world, mail) -> None:
    """The office's 9:00 lies in them."""
    choose(world, "email", "li@example.gov.cn", begin="22:00", end="09:30")
    world.start()
    assert run(world) == 0
    world.later(minutes=29)
    assert delivery.send(world.now) == 0
    world.later(minutes=1)
    assert delivery.send(world.now) == 1


def test_a_summary_in_quiet_hours_waits_for_their_end(world, mail) -> None:
    choose(
        world,
        "email",
        "li@example.gov.cn",
        kinds=(),
        digest=True,
        begin="22:00",
        end="09:30",
    )
    world.start()
    collecting.collect(world.now)
    early = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    assert delivery.plan_digests(early) == 1
    assert delivery.send(early + timedelta(minutes=59)) == 0
    assert delivery.send(early + timedelta(minutes=60)) == 1


def test_a_fault_in_one_letter_keeps_no_other_from_being_sent(
    world, mail, monkeypatch
) -> None:
    choose(world, "email", "li@example.gov.cn")
    choose(world, "email", "wang@example.gov.cn", person="wang")
    world.start()
    collecting.collect(world.now)
    sent = delivery.channels.send

    def faulty(channel, address, letter, settings) -> None:
        if address.startswith("li@"):
            raise UnicodeEncodeError("ascii", address, 0, 1, "no such letter")
        sent(channel, address, letter, settings)

    monkeypatch.setattr(delivery.channels, "send", faulty)
    assert delivery.send(world.now) == 1
    (waiting,) = [row for row in outbox(world) if row.sent_at is None]
    assert waiting.last_error == "UnicodeEncodeError"


def test_what_was_read_meanwhile_is_not_sent(world, mail) -> None:
    choose(world, "email", "li@example.gov.cn", begin="22:00", end="09:30")
    matter = world.start()
    collecting.collect(world.now)
    world.review(matter, by="wang")
    world.later(hours=1)
    assert run(world) == 0 and mail.letters == []


def test_the_summary_comes_once_in_the_morning(world, mail) -> None:
    choose(world, "email", "li@example.gov.cn", kinds=(), digest=True)
    world.start()
    collecting.collect(world.now)
    early = datetime(2026, 3, 3, 0, 29, tzinfo=UTC)
    assert delivery.plan_digests(early) == 0
    assert delivery.plan_digests(early + timedelta(minutes=1)) == 1
    assert delivery.plan_digests(early + timedelta(hours=5)) == 0
    assert delivery.send(early + timedelta(hours=5)) == 1
    assert "新待办" in mail.letters[0].get_payload(decode=True).decode()
    assert delivery.plan_digests(early + timedelta(days=1, minutes=1)) == 1


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("webhook", "http://localhost/hook"),
        ("webhook", "https://169.254.169.254/latest"),
        ("webhook", "https://127.0.0.1/"),
        ("webhook", "https://hooks.example.cn:8443/x"),
        ("webhook", "https://user:pass@hooks.example.cn/x"),
        ("webhook", "https://hooks.example.cn.evil.example/x"),
        ("webhook", "https://hooks.example.cn@evil.example/x"),
        ("webhook", "file:///etc/passwd"),
        ("webhook", "https://[::1/"),
        ("webhook", "https://hooks.example.cn/" + "x" * 600),
        (
            "wecom",
            "https://qyapi.weixin.qq.com/cgi-bin/other?key=aaaaaaaaaaaa",
        ),
        (
            "feishu",
            "https://oapi.dingtalk.com/robot/send?access_token=aaaaaaaaaaaa",
        ),
        ("email", "li@example.gov.cn\nBcc: all@example.cn"),
        ("email", "nobody"),
    ],
)
def test_addresses_that_are_not_allowed_are_told(
    world, channel: str, address: str
) -> None:
    hosts = ("hooks.example.cn", "qyapi.weixin.qq.com", "oapi.dingtalk.com")
    setting(
        world,
        notify_hosts=hosts,
        smtp_url="smtp://127.0.0.1",
        mail_from="a@b.cn",
    )
    with pytest.raises(RuleViolated):
        choose(world, channel, address)
    assert world.rows(sa.select(NotificationChannel)) == []


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (
            "wecom",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
        ),
        (
            "dingtalk",
            "https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec33e42541b5f08551f09fbe864e",
        ),
        (
            "feishu",
            "https://open.feishu.cn/open-apis/bot/v2/hook/7c2b5a1e-8e6f-4f3a-9c63-000000000000",
        ),
    ],
)
def test_the_robots_addresses_are_taken_as_their_products_show_them(
    world, channel: str, address: str
) -> None:
    setting(
        world,
        notify_hosts=(
            "qyapi.weixin.qq.com",
            "oapi.dingtalk.com",
            "open.feishu.cn",
        ),
    )
    choose(world, channel, address)
    import apprise

    assert (
        apprise.Apprise.instantiate(channels._apprise_url(channel, address))
        is not None
    )


@pytest.mark.parametrize(
    ("begin", "end"),
    [("22:00", ""), ("abc", "07:00"), ("07:00", "07:00"), ("7", "8")],
)
def test_quiet_hours_that_say_no_time_are_told(
    world, begin: str, end: str
) -> None:
    with pytest.raises(RuleViolated, match="免打扰"):
        choices.choose(world.person("li"), {}, begin, end, world.now)
