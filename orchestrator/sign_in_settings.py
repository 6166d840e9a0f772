"""The settings of signing in elsewhere: a provider of single sign-on, WeCom, DingTalk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from orchestrator.errors import SettingInvalid
from orchestrator.sentences import joined, say

WECOM = "wecom"
DINGTALK = "dingtalk"


@dataclass(frozen=True, slots=True)
class WorkApp:
    """How this installation is known to WeCom or DingTalk."""

    client_id: str
    """The corporation's id there (WeCom), the app's (DingTalk)."""
    secret: str = field(repr=False)
    pages: str
    """Address of its sign-in pages."""
    api: str
    """Address of its server."""
    old_api: str = ""
    """Address of DingTalk's older interface, which tells user ids."""
    agent_id: str = ""
    """WeCom's number of the app."""


def single_sign_on(given: Mapping[str, str]) -> dict[str, str]:
    """The fields of Settings that tell of the provider; none where there is none. Raises SettingInvalid."""
    issuer = given["GRIDFLOW_OIDC_ISSUER"].rstrip("/")
    if not issuer:
        return {}
    if not _is_safe(issuer):
        raise SettingInvalid(
            say(
                "GRIDFLOW_OIDC_ISSUER 应以 https:// 开头，现为“{issuer}”",
                issuer=issuer,
            ),
        )
    _require(
        given,
        "GRIDFLOW_OIDC_ISSUER",
        ("GRIDFLOW_OIDC_CLIENT_ID", "GRIDFLOW_OIDC_CLIENT_SECRET"),
    )
    names = ("client_id", "client_secret", "claim", "scope", "groups_claim")
    return {
        "oidc_issuer": issuer,
        "oidc_name": given["GRIDFLOW_OIDC_NAME"] or say("统一身份认证"),
        **{
            f"oidc_{name}": given[f"GRIDFLOW_OIDC_{name.upper()}"]
            for name in names
        },
    }


def work_apps(given: Mapping[str, str]) -> dict[str, WorkApp]:
    """WECOM, DINGTALK → how it is signed in with; only those that are set. Raises SettingInvalid."""
    apps = {}
    if given["GRIDFLOW_WECOM_CORP_ID"]:
        _require(
            given,
            "GRIDFLOW_WECOM_CORP_ID",
            ("GRIDFLOW_WECOM_AGENT_ID", "GRIDFLOW_WECOM_SECRET"),
        )
        pages, api = _addresses(given, "GRIDFLOW_WECOM_ADDRESSES", 2)
        apps[WECOM] = WorkApp(
            given["GRIDFLOW_WECOM_CORP_ID"],
            given["GRIDFLOW_WECOM_SECRET"],
            pages,
            api,
            agent_id=given["GRIDFLOW_WECOM_AGENT_ID"],
        )
    if given["GRIDFLOW_DINGTALK_CLIENT_ID"]:
        _require(
            given,
            "GRIDFLOW_DINGTALK_CLIENT_ID",
            ("GRIDFLOW_DINGTALK_SECRET",),
        )
        apps[DINGTALK] = WorkApp(
            given["GRIDFLOW_DINGTALK_CLIENT_ID"],
            given["GRIDFLOW_DINGTALK_SECRET"],
            *_addresses(given, "GRIDFLOW_DINGTALK_ADDRESSES", 3),
        )
    return apps


def _require(
    given: Mapping[str, str],
    because: str,
    names: Sequence[str],
) -> None:
    missing = [name for name in names if not given[name]]
    if missing:
        raise SettingInvalid(
            say(
                "设置了 {because} 时，还要设置 {name}",
                because=because,
                name=joined("、", missing),
            ),
        )


def _addresses(given: Mapping[str, str], name: str, many: int) -> list[str]:
    addresses = [part.rstrip("/") for part in given[name].split()]
    if len(addresses) != many or not all(
        _is_safe(value) for value in addresses
    ):
        raise SettingInvalid(
            say(
                "{name} 应为 {many} 个以 https:// 开头的地址，用空格隔开",
                name=name,
                many=many,
            ),
        )
    return addresses


def _is_safe(address: str) -> bool:
    """Whether it is an address by https, or one on this machine."""
    if address.startswith("https://"):
        return True
    host = urlsplit(address).hostname
    return address.startswith("http://") and host in (
        "localhost",
        "127.0.0.1",
    )
