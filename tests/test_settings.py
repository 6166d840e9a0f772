"""Settings: documented defaults, and a wrong value is one Chinese sentence that names the setting and what to
write."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from orchestrator.errors import SettingInvalid
from orchestrator.settings import DEFAULTS, read_settings


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    return {"GRIDFLOW_VAR_DIR": str(tmp_path / "var")}


def test_nothing_needs_to_be_set(here):
    settings = read_settings(here)
    assert (
        settings.database_url
        == f"sqlite:///{here['GRIDFLOW_VAR_DIR']}/gridflow.sqlite"
    )
    assert settings.redis_url is None
    assert (
        settings.sign_in_attempts,
        settings.lock_minutes,
        settings.timezone,
    ) == (
        5,
        15,
        "Asia/Shanghai",
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.demo = True


def test_every_variable_that_the_start_script_hands_on_is_known(here):
    script = (Path(__file__).parents[1] / "gridflow").read_text(
        encoding="utf-8"
    )
    handed_on = set(re.findall(r"GRIDFLOW_[A-Z_]+", script))
    assert handed_on, "the script names some"
    assert (
        read_settings({**dict.fromkeys(handed_on, "x"), **here}).redis_url
        is None
    )


def test_a_postgresql_address_gets_the_driver_that_is_installed(here):
    for given in (
        "postgresql://u:p%40ss@h/d",
        "postgres://u:p%40ss@h/d",
        "postgresql+psycopg://u:p%40ss@h/d",
    ):
        assert (
            read_settings(
                {**here, "GRIDFLOW_DATABASE_URL": given}
            ).database_url
            == "postgresql+psycopg://u:p%40ss@h/d"
        )


def test_passwords_and_keys_are_not_shown_when_settings_are_printed(here):
    shown = repr(
        read_settings(
            {
                **here,
                "GRIDFLOW_DATABASE_URL": "postgresql://u:hidden@h/d",
                "GRIDFLOW_SECRET_KEY": "hidden" * 6,
            }
        )
    )
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GRIDFLOW_PORT", "http", "应为 1 到 65535 的整数，现为“http”"),
        ("GRIDFLOW_MAX_ATTACHMENT_MB", "0", "应为 1 到 500 的整数"),
        ("GRIDFLOW_SIGN_IN_ATTEMPTS", "-1", "应为 1 到 100 的整数"),
        ("GRIDFLOW_LOCK_MINUTES", "1.5", "应为 1 到 1440 的整数"),
        ("GRIDFLOW_SWEEP_SECONDS", "", "应为 1 到 600 的整数"),
        ("GRIDFLOW_DEMO", "maybe", "应为 1（是）或 0（否）"),
        ("GRIDFLOW_HTTPS", "yes", "应为 1（是）或 0（否）"),
        ("GRIDFLOW_TRUSTED_PROXIES", "11", "应为 0 到 10 的整数"),
        ("GRIDFLOW_SESSION_IDLE_MINUTES", "0", "应为 1 到 720 的整数"),
        ("GRIDFLOW_SECRET_KEY", "x" * 31, "至少 32 个字符，现为 31 个"),
        ("GRIDFLOW_TIMEZONE", "Beijing", "应为时区名，如 Asia/Shanghai"),
        (
            "GRIDFLOW_DATABASE_URL",
            "mysql://h/d",
            "只支持 postgresql 和 sqlite",
        ),
        ("GRIDFLOW_DATABASE_URL", "sqlite://", "须指明文件"),
        ("GRIDFLOW_DATABASE_URL", "not an address", "写法有误"),
        (
            "GRIDFLOW_REDIS_URL",
            "localhost:6379",
            "应以 redis://、rediss:// 或 unix:// 开头",
        ),
        (
            "GRIDFLOW_REDIS_URL",
            "sentinel://:secret@one,two:26379/master",
            "用哨兵时应如",
        ),
        ("GRIDFLOW_DATABASE_POOLER", "yes", "应为 1（是）或 0（否）"),
        ("GRIDFLOW_VAR_DIR", "/dev/null/var", "请改为可写的目录"),
        ("GRIDFLOW_CLAMD", "clamd", "应为套接字文件或“主机:端口”"),
        ("GRIDFLOW_CLAMD", "127.0.0.1:99999", "现为“127.0.0.1:99999”"),
        ("GRIDFLOW_DATABASE", "x", "不认识的设置 GRIDFLOW_DATABASE"),
    ],
)
def test_a_wrong_value_says_which_setting_and_what_to_write(
    here, name, value, told
):
    with pytest.raises(SettingInvalid) as refused:
        read_settings({**here, name: value})
    assert name in str(refused.value)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


STORE = {
    "GRIDFLOW_S3_ENDPOINT": "https://s3.example.gov.cn/",
    "GRIDFLOW_S3_BUCKET": "gridflow",
    "GRIDFLOW_S3_ACCESS_KEY": "name",
    "GRIDFLOW_S3_SECRET_KEY": "secret",
}


def test_attachments_are_files_unless_a_bucket_is_set(here):
    assert read_settings(here).bucket is None
    found = read_settings({**here, **STORE, "GRIDFLOW_S3_PREFIX": "/a/b/"})
    assert found.bucket is not None
    assert found.bucket.endpoint == "https://s3.example.gov.cn"
    assert (found.bucket.prefix, found.bucket.region) == ("a/b/", "us-east-1")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"GRIDFLOW_S3_BUCKET": " "}, "还要设置 GRIDFLOW_S3_BUCKET"),
        ({"GRIDFLOW_S3_ENDPOINT": "s3.local"}, "应以 http:// 或 https://"),
        ({"GRIDFLOW_S3_PREFIX": "附件"}, "GRIDFLOW_S3_PREFIX 只能用字母"),
    ],
)
def test_a_bucket_that_is_half_set_is_told(here, changed, told):
    with pytest.raises(SettingInvalid, match=told):
        read_settings({**here, **STORE, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"GRIDFLOW_DEMO": "0"},
        {"GRIDFLOW_HOST": "0.0.0.0"},
        {"GRIDFLOW_HOST": "::"},
        {"GRIDFLOW_HOST": "10.0.0.7"},
        {"GRIDFLOW_HOST": "grid.example.gov.cn"},
        {"GRIDFLOW_DATABASE_URL": "postgresql://u@h/d"},
        {"GRIDFLOW_DATABASE_URL": "sqlite:////srv/gridflow.sqlite"},
        {"GRIDFLOW_HTTPS": "1"},
        {"GRIDFLOW_TRUSTED_PROXIES": "1"},
        {"GRIDFLOW_PUBLIC_URL": "https://grid.example.gov.cn"},
    ],
)
def test_whatever_others_reach_is_no_demonstration(here, changed):
    assert not read_settings({**here, **changed}).demo


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"]
)
def test_on_this_machine_alone_with_the_embedded_database_it_is_a_demonstration(
    here, host
):
    assert read_settings({**here, "GRIDFLOW_HOST": host}).demo


def test_every_setting_stands_in_the_documentation_with_its_default():
    page = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(
        encoding="utf-8"
    )
    rows = {
        line.split("`")[1]: line
        for line in page.splitlines()
        if line.startswith("| `GRIDFLOW_")
    }
    assert rows.keys() == DEFAULTS.keys()
    for name, default in DEFAULTS.items():
        assert not default or f"| `{default}` |" in rows[name]
