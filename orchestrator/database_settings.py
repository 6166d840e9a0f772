"""The settings of the database and of its standby."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from orchestrator.errors import SettingInvalid
from orchestrator.sentences import say


def address(url: str, var_dir: Path) -> str:
    """The address of the database, of SQLite in the folder where none is given. Raises SettingInvalid."""
    if not url:
        try:
            var_dir.mkdir(parents=True, exist_ok=True)
        except OSError as refused:
            raise SettingInvalid(
                say(
                    "GRIDFLOW_VAR_DIR 指向的目录 {var_dir} 无法建立（{strerror}），请改为可写的目录",
                    var_dir=var_dir,
                    strerror=refused.strerror,
                ),
            ) from None
        return f"sqlite:///{var_dir / 'gridflow.sqlite'}"
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingInvalid(
            say(
                "GRIDFLOW_DATABASE_URL 写法有误，应如 postgresql://用户:密码@主机/库名",
            ),
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("postgresql+psycopg", "sqlite"):
        raise SettingInvalid(
            say(
                "GRIDFLOW_DATABASE_URL 只支持 postgresql 和 sqlite，现为“{drivername}”",
                drivername=parsed.drivername,
            ),
        )
    if parsed.drivername == "sqlite" and parsed.database in (
        None,
        "",
        ":memory:",
    ):
        raise SettingInvalid(
            say(
                "GRIDFLOW_DATABASE_URL 的 sqlite 须指明文件，应如 sqlite:////srv/gridflow/gridflow.sqlite",
            ),
        )
    return parsed.render_as_string(hide_password=False)


def standby_address(given: Mapping[str, str]) -> str:
    """The address of the standby that pages read from; empty where there is none. Raises SettingInvalid."""
    text = given["GRIDFLOW_DATABASE_READ_URL"].strip()
    if not text:
        return ""
    both = (given["GRIDFLOW_DATABASE_URL"], text)
    try:
        servers = [address(url, Path()) for url in both if url]
    except SettingInvalid:
        servers = []
    of_postgresql = [url for url in servers if url.startswith("postgresql")]
    if len(of_postgresql) < len(both):
        raise SettingInvalid(
            say(
                "GRIDFLOW_DATABASE_READ_URL 是 PostgreSQL 只读副本的地址，"
                "与 GRIDFLOW_DATABASE_URL 一样应如 postgresql://用户:密码@主机/库名；没有副本时留空",
            ),
        )
    return of_postgresql[1]
