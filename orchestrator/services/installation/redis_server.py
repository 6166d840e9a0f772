"""The Redis of the settings: one server, or whichever of several Sentinel says is the master."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import redis
from redis.sentinel import Sentinel

CONNECT_SECONDS = 2


def connect(url: str) -> redis.Redis:
    """A client of the server that `url` names; it connects when it is first used.

    `sentinel://user:password@host:port,host:port/name/number` asks the Sentinels for the master `name`;
    user and password are the master's. After a failover the next command goes to the new master.
    """
    if not url.startswith("sentinel://"):
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            health_check_interval=30,
        )
    parts = urlsplit(url)
    credentials, _at, hosts = parts.netloc.rpartition("@")
    user, _colon, password = credentials.partition(":")
    name, _slash, number = parts.path.strip("/").partition("/")
    sentinels = Sentinel(
        [_place(host) for host in hosts.split(",")],
        sentinel_kwargs={
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": CONNECT_SECONDS,
        },
    )
    return sentinels.master_for(
        name,
        db=int(number or 0),
        username=unquote(user) or None,
        password=unquote(password) or None,
        socket_connect_timeout=CONNECT_SECONDS,
        health_check_interval=30,
    )


def _place(host: str) -> tuple[str, int]:
    name, _colon, port = host.rpartition(":")
    return name, int(port)
