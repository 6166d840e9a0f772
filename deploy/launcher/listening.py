"""The socket on which visitors come. The launcher holds it as long as it runs: while the web server is
exchanged or started again nobody is refused, and who comes meanwhile waits for the next one."""

from __future__ import annotations

import socket

from environment import SetUpFailed


def take(host: str, port: str) -> socket.socket:
    """A socket that has the address; the web server listens on it when it can serve. Raises SetUpFailed where
    the address cannot be had."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SetUpFailed(
            f"GRIDFLOW_PORT 应为 1–65535 的端口号，现为“{port}” / GRIDFLOW_PORT must be a port "
            f"number, not {port!r}"
        )
    family = socket.AF_INET
    if ":" in host:
        family = socket.AF_INET6
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, int(port)))
    except OSError as reason:
        taken.close()
        raise SetUpFailed(
            f"无法使用 {host}:{port}（{reason.strerror}）。如果是用另一个数据目录启动的网格流程占着，"
            "请先停止它，或设置 GRIDFLOW_PORT 换一个端口"
            f" / cannot listen on {host}:{port}; stop what uses it, or set GRIDFLOW_PORT to another port"
        ) from None
    return taken
