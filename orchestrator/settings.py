"""GRIDFLOW_* environment variables to one frozen value, read once by app.py. docs/settings.md explains
each."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from orchestrator.database_settings import address, standby_address
from orchestrator.errors import SettingInvalid
from orchestrator.map_settings import MapImage, map_image, tiles
from orchestrator.sentences import say
from orchestrator.sign_in_settings import (
    WorkApp,
    single_sign_on,
    work_apps,
)
from orchestrator.storage_settings import Bucket, bucket, scanner

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Settings:
    var_dir: Path
    database_url: str = field(repr=False)
    """With its password, so it is not shown."""
    redis_url: str | None
    """With its password. None: no queue; timers are swept by the clock alone."""
    secret_key: str = field(repr=False)
    max_attachment_mb: int
    sign_in_attempts: int
    """Failures before an account is locked."""
    lock_minutes: int
    sweep_seconds: int
    """How often the clock looks for due timers, whatever Redis does."""
    demo: bool
    """Whether this is a demonstration on this machine: people with a known password exist and sign in nowhere
    else."""
    public_url: str = ""
    """Address under which strangers reach the public board, for QR codes; empty: as the page was asked
    for."""
    https: bool = False
    """Whether people reach the server by https alone: secure cookies, HSTS."""
    trusted_proxies: int = 0
    """How many proxies stand in front and tell the visitor's address."""
    idle_minutes: int = 720
    """A session unused for so long has ended."""
    session_life: timedelta = timedelta(hours=12)
    """A session ends then, however busy it is."""
    draft_repository: str = ""
    """Folder of the git repository that gets drafts and publications; empty: none does."""
    map_tiles: str = ""
    """Address of the base map's tiles with {z}, {x} and {y}; empty: the grids' own areas are drawn alone."""
    map_credit: str = ""
    """Whose map it is and its approval number, as the map shows it."""
    map_image: MapImage | None = None
    """A picture of the place that stands under the grids; None where there is none."""
    metrics_token: str = field(default="", repr=False)
    """What the monitoring system shows to read the metrics; empty: nobody reads them."""
    metrics_listen: str = ""
    """`host:port` at which a worker or a clock tells its counts; empty: nowhere."""
    alive_file: str = ""
    """File that a worker or a clock touches as long as it goes on; empty: none."""
    scim_tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Key of a jurisdiction → what its directory shows to push people and groups."""
    log_json: bool = False
    """Whether logs are lines of JSON; else lines for people."""
    link_life: timedelta = timedelta(hours=168)
    """How long a one-time link to set a password can be used."""
    smtp_url: str = field(default="", repr=False)
    """Mail server with its password; empty: no mail is sent."""
    mail_from: str = ""
    """Address that mails come from."""
    notify_hosts: tuple[str, ...] = ()
    """Hosts (`host` or `host:port`) that robots and webhooks may stand at."""
    second_factor_roles: tuple[str, ...] = ()
    """Keys of the roles whose people sign in with a second factor."""
    oidc_issuer: str = ""
    """Address of the provider of single sign-on, as its own metadata name it; empty: there is none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    """What the button of the sign-in page calls the provider; empty where there is none."""
    oidc_claim: str = "preferred_username"
    """The claim that holds the user name."""
    oidc_scope: str = "openid profile"
    oidc_groups_claim: str = ""
    """The claim that holds the person's groups; empty: groups count for nothing."""
    work_apps: Mapping[str, WorkApp] = field(default_factory=dict)
    """WECOM, DINGTALK → how it is signed in with; only those that are set."""
    bucket: Bucket | None = None
    """Where the attachments are kept; None: in the var directory."""
    clamd: str = ""
    """Socket file or `host:port` of the scanner that sees each upload; empty: none does."""
    otlp_endpoint: str = ""
    """Address of an OpenTelemetry collector; empty: nothing is traced."""
    database_pooler: bool = False
    """Whether PgBouncer hands each transaction to a connection of its own choice."""
    database_read_url: str = field(default="", repr=False)
    """A standby that lists and figures are read from, with its password; empty: none is."""
    read_lag_seconds: int = 5
    """So far behind the primary it may be."""
    timezone: str = "Asia/Shanghai"
    """Zone in which pages show instants; a jurisdiction's clocks run in its own."""

    def day_of(self, now: datetime) -> date:
        """The day that the instant falls on in the zone of the pages."""
        return now.astimezone(ZoneInfo(self.timezone)).date()


DEFAULTS: Mapping[str, str] = {
    "GRIDFLOW_VAR_DIR": "var",
    "GRIDFLOW_DATABASE_URL": "",
    "GRIDFLOW_DATABASE_POOLER": "0",
    "GRIDFLOW_DATABASE_READ_URL": "",
    "GRIDFLOW_DATABASE_READ_LAG_SECONDS": "5",
    "GRIDFLOW_REDIS_URL": "",
    "GRIDFLOW_SECRET_KEY": "",
    "GRIDFLOW_MAX_ATTACHMENT_MB": "10",
    "GRIDFLOW_SIGN_IN_ATTEMPTS": "5",
    "GRIDFLOW_LOCK_MINUTES": "15",
    "GRIDFLOW_SWEEP_SECONDS": "5",
    "GRIDFLOW_DEMO": "1",
    "GRIDFLOW_TIMEZONE": "Asia/Shanghai",
    "GRIDFLOW_PUBLIC_URL": "",
    "GRIDFLOW_HTTPS": "0",
    "GRIDFLOW_TRUSTED_PROXIES": "0",
    "GRIDFLOW_SESSION_IDLE_MINUTES": "720",
    "GRIDFLOW_SESSION_HOURS": "12",
    "GRIDFLOW_DRAFT_REPOSITORY": "",
    "GRIDFLOW_MAP_TILES": "",
    "GRIDFLOW_MAP_CREDIT": "",
    "GRIDFLOW_MAP_IMAGE": "",
    "GRIDFLOW_MAP_IMAGE_BOUNDS": "",
    "GRIDFLOW_METRICS_TOKEN": "",
    "GRIDFLOW_METRICS_LISTEN": "",
    "GRIDFLOW_ALIVE_FILE": "",
    "GRIDFLOW_SCIM_TOKENS": "",
    "GRIDFLOW_LOG_JSON": "0",
    "GRIDFLOW_OTLP_ENDPOINT": "",
    "GRIDFLOW_LINK_HOURS": "168",
    "GRIDFLOW_SECOND_FACTOR_ROLES": "",
    "GRIDFLOW_OIDC_ISSUER": "",
    "GRIDFLOW_OIDC_CLIENT_ID": "",
    "GRIDFLOW_OIDC_CLIENT_SECRET": "",
    "GRIDFLOW_OIDC_NAME": "",
    "GRIDFLOW_OIDC_CLAIM": "preferred_username",
    "GRIDFLOW_OIDC_SCOPE": "openid profile",
    "GRIDFLOW_OIDC_GROUPS_CLAIM": "",
    "GRIDFLOW_WECOM_CORP_ID": "",
    "GRIDFLOW_WECOM_AGENT_ID": "",
    "GRIDFLOW_WECOM_SECRET": "",
    "GRIDFLOW_WECOM_ADDRESSES": "https://login.work.weixin.qq.com https://qyapi.weixin.qq.com",
    "GRIDFLOW_DINGTALK_CLIENT_ID": "",
    "GRIDFLOW_DINGTALK_SECRET": "",
    "GRIDFLOW_DINGTALK_ADDRESSES": "https://login.dingtalk.com https://api.dingtalk.com https://oapi.dingtalk.com",
    "GRIDFLOW_HOST": "127.0.0.1",
    "GRIDFLOW_PORT": "8000",
    "GRIDFLOW_SMTP_URL": "",
    "GRIDFLOW_MAIL_FROM": "",
    "GRIDFLOW_NOTIFY_HOSTS": "qyapi.weixin.qq.com oapi.dingtalk.com open.feishu.cn",
    "GRIDFLOW_START_WAIT_SECONDS": "120",
    "GRIDFLOW_S3_ENDPOINT": "",
    "GRIDFLOW_S3_BUCKET": "",
    "GRIDFLOW_S3_ACCESS_KEY": "",
    "GRIDFLOW_S3_SECRET_KEY": "",
    "GRIDFLOW_S3_PREFIX": "",
    "GRIDFLOW_S3_REGION": "",
    "GRIDFLOW_CLAMD": "",
}
"""Every setting with its default; HOST, PORT and START_WAIT_SECONDS are the launcher's."""
OF_THE_LAUNCHER = frozenset(
    {"GRIDFLOW_PYTHON", "GRIDFLOW_CALLED_FROM", "GRIDFLOW_READY_FD"}
)
"""What `./gridflow` itself reads or sets: no setting of the program."""
SHORTEST_KEY = 32
"""Characters of a signing key: as many as the 128 bits in hexadecimal that nobody guesses."""


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this environment; raises SettingInvalid with one sentence that says what to change."""
    given = {
        **DEFAULTS,
        **{
            k: v
            for k, v in (os.environ if environ is None else environ).items()
            if k.startswith("GRIDFLOW_")
        },
    }
    unknown = sorted(set(given) - set(DEFAULTS) - OF_THE_LAUNCHER)
    if unknown:
        raise SettingInvalid(
            say(
                "不认识的设置 {listed}，可用的设置见 docs/settings.md",
                listed="、".join(unknown),
            ),
        )
    var_dir = Path(given["GRIDFLOW_VAR_DIR"])
    if not var_dir.is_absolute():
        var_dir = ROOT / var_dir
    try:
        ZoneInfo(given["GRIDFLOW_TIMEZONE"])
    except (KeyError, ValueError, OSError):
        raise SettingInvalid(
            say(
                "GRIDFLOW_TIMEZONE 应为时区名，如 Asia/Shanghai，现为“{gridflow_timezone}”",
                gridflow_timezone=given["GRIDFLOW_TIMEZONE"],
            ),
        ) from None
    _number(given, "GRIDFLOW_PORT", 1, 65_535)
    https = _switch(given, "GRIDFLOW_HTTPS")
    proxies = _number(given, "GRIDFLOW_TRUSTED_PROXIES", 0, 10)
    # Whoever puts a name, a proxy or a database of his own to it runs no demonstration.
    elsewhere = (
        https
        or proxies
        or given["GRIDFLOW_DATABASE_URL"]
        or given["GRIDFLOW_PUBLIC_URL"]
    )
    return Settings(
        var_dir=var_dir,
        database_url=address(given["GRIDFLOW_DATABASE_URL"], var_dir),
        database_pooler=_switch(given, "GRIDFLOW_DATABASE_POOLER"),
        database_read_url=standby_address(given),
        read_lag_seconds=_number(
            given, "GRIDFLOW_DATABASE_READ_LAG_SECONDS", 2, 300
        ),
        redis_url=_redis(given["GRIDFLOW_REDIS_URL"]),
        secret_key=_secret_key(given["GRIDFLOW_SECRET_KEY"]),
        max_attachment_mb=_number(given, "GRIDFLOW_MAX_ATTACHMENT_MB", 1, 500),
        sign_in_attempts=_number(given, "GRIDFLOW_SIGN_IN_ATTEMPTS", 1, 100),
        lock_minutes=_number(given, "GRIDFLOW_LOCK_MINUTES", 1, 24 * 60),
        sweep_seconds=_number(given, "GRIDFLOW_SWEEP_SECONDS", 1, 600),
        demo=_switch(given, "GRIDFLOW_DEMO")
        and _is_loopback(given["GRIDFLOW_HOST"])
        and not elsewhere,
        https=https,
        trusted_proxies=proxies,
        idle_minutes=_number(
            given,
            "GRIDFLOW_SESSION_IDLE_MINUTES",
            1,
            12 * 60,
        ),
        session_life=timedelta(
            hours=_number(given, "GRIDFLOW_SESSION_HOURS", 1, 72),
        ),
        metrics_token=_metrics_token(given["GRIDFLOW_METRICS_TOKEN"]),
        metrics_listen=_listen(given["GRIDFLOW_METRICS_LISTEN"]),
        alive_file=given["GRIDFLOW_ALIVE_FILE"],
        scim_tokens=_scim_tokens(given["GRIDFLOW_SCIM_TOKENS"]),
        log_json=_switch(given, "GRIDFLOW_LOG_JSON"),
        otlp_endpoint=_address(given, "GRIDFLOW_OTLP_ENDPOINT"),
        link_life=timedelta(
            hours=_number(given, "GRIDFLOW_LINK_HOURS", 1, 24 * 90),
        ),
        second_factor_roles=tuple(
            given["GRIDFLOW_SECOND_FACTOR_ROLES"].replace(",", " ").split(),
        ),
        bucket=bucket(given),
        clamd=scanner(given["GRIDFLOW_CLAMD"]),
        **single_sign_on(given),
        work_apps=work_apps(given),
        timezone=given["GRIDFLOW_TIMEZONE"],
        draft_repository=given["GRIDFLOW_DRAFT_REPOSITORY"].strip(),
        public_url=_address(given, "GRIDFLOW_PUBLIC_URL"),
        map_tiles=tiles(given["GRIDFLOW_MAP_TILES"]),
        map_credit=given["GRIDFLOW_MAP_CREDIT"].strip(),
        map_image=map_image(given),
        smtp_url=_smtp(
            given["GRIDFLOW_SMTP_URL"],
            given["GRIDFLOW_MAIL_FROM"],
        ),
        mail_from=given["GRIDFLOW_MAIL_FROM"],
        notify_hosts=tuple(
            given["GRIDFLOW_NOTIFY_HOSTS"].lower().replace(",", " ").split(),
        ),
    )


def _metrics_token(text: str) -> str:
    if text and len(text) < SHORTEST_KEY:
        raise SettingInvalid(
            say(
                "GRIDFLOW_METRICS_TOKEN 至少要有 {shortest_key} 个字符，不需要监控时留空",
                shortest_key=SHORTEST_KEY,
            ),
        )
    return text


def _listen(text: str) -> str:
    if not text:
        return ""
    written = re.fullmatch(r"(.+):(\d{1,5})(?:\+(\d{1,3}))?", text, re.ASCII)
    port = 0
    if written is not None:
        port = int(written[2]) + int(written[3] or 0)
    if written is None or not 0 < port < 65536:
        raise SettingInvalid(
            say(
                "GRIDFLOW_METRICS_LISTEN 应写成“地址:端口”或者“地址:端口+序号”，"
                "如 127.0.0.1:9110，不需要监控时留空"
            )
        )
    return f"{written[1]}:{port}"


def _scim_tokens(text: str) -> dict[str, str]:
    tokens = {}
    for part in text.replace(",", " ").split():
        tenant, _equals, token = part.partition("=")
        if not tenant or len(token) < SHORTEST_KEY:
            raise SettingInvalid(
                say(
                    "GRIDFLOW_SCIM_TOKENS 应写成“辖区=令牌”，多个用空格隔开，"
                    "令牌至少 {shortest_key} 个字符",
                    shortest_key=SHORTEST_KEY,
                ),
            )
        tokens[tenant] = token
    return tokens


def _secret_key(text: str) -> str:
    if text and len(text) < SHORTEST_KEY:
        raise SettingInvalid(
            say(
                "GRIDFLOW_SECRET_KEY 至少 {shortest_key} 个字符，现为 {count} 个，"
                "可用 openssl rand -hex 32 生成，或不设此项",
                shortest_key=SHORTEST_KEY,
                count=len(text),
            ),
        )
    return text or secrets.token_hex(32)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _address(given: Mapping[str, str], name: str) -> str:
    text = given[name]
    if text and not text.startswith(("http://", "https://")):
        raise SettingInvalid(
            say(
                "{name} 应以 http:// 或 https:// 开头，"
                "如 https://grid.example.gov.cn，现为“{text}”",
                name=name,
                text=text,
            ),
        )
    return text.rstrip("/")


def _smtp(url: str, sender: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = (
            parts.scheme in ("smtp", "smtps")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        known = False
    if not known:
        raise SettingInvalid(
            say(
                "GRIDFLOW_SMTP_URL 写法有误，应如 smtps://用户:密码@mail.example.gov.cn:465",
            ),
        )
    if "@" not in sender.strip("@"):
        raise SettingInvalid(
            say(
                "设置了 GRIDFLOW_SMTP_URL 时，GRIDFLOW_MAIL_FROM 应为发件人的电子邮件地址"
            ),
        )
    return url


def _number(given: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = given[name]
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingInvalid(
            say(
                "{name} 应为 {least} 到 {most} 的整数，现为“{text}”",
                name=name,
                least=least,
                most=most,
                text=text,
            ),
        )
    return int(text)


def _switch(given: Mapping[str, str], name: str) -> bool:
    if given[name] not in ("0", "1"):
        raise SettingInvalid(
            say(
                "{name} 应为 1（是）或 0（否），现为“{given}”",
                name=name,
                given=given[name],
            ),
        )
    return given[name] == "1"


_SENTINEL = re.compile(
    r"sentinel://([^@/\s]*@)?[^@,:/\s]+:\d{1,5}(,[^@,:/\s]+:\d{1,5})*/[\w.-]+(/\d{1,4})?"
)


def _redis(url: str) -> str | None:
    plain = url.startswith(("redis://", "rediss://", "unix://"))
    if url and not plain and not _SENTINEL.fullmatch(url):
        raise SettingInvalid(
            say(
                "GRIDFLOW_REDIS_URL 应以 redis://、rediss:// 或 unix:// 开头，如 redis://127.0.0.1:6379/0；"
                "用哨兵时应如 sentinel://:密码@主机1:26379,主机2:26379/主库名/0",
            ),
        )
    return url or None
