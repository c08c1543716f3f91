"""The one place where exceptions become messages: what is wrong and what to do, in Chinese."""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from jobs.cli import journal
from jobs.refusals import Refusal, shown
from jobs.settings import settings

_SERVICES = "用 make status 查看服务，用 make up 启动"
_ERRNO = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已经有了",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "名字太长",
}


def _ledger(error: Any) -> str | None:
    """Return what is wrong with the ledger's server, None where it is the statement."""
    state = getattr(error.orig, "sqlstate", None) or ""
    parts = urlsplit(settings().ledger_url)
    where = f"{parts.hostname}:{parts.port}{parts.path}"
    if not state or state.startswith(("08", "57P")):
        return f"连不上台账（{where}）：{_SERVICES}"
    if state.startswith("28"):
        return f"台账（{where}）不认这个用户或口令：请核对 ZJTX_LEDGER_URL"
    if state == "3D000":
        return f"没有台账数据库（{where}）：请核对 ZJTX_LEDGER_URL，或先运行 make up"
    return None


def _statement(error: Any) -> str | None:
    missing = getattr(error.orig, "sqlstate", None) in ("42P01", "42703", "3F000")
    return "台账还没有建立或不是最新版本：先运行 zjtx ledger upgrade" if missing else None


def _spark(error: Any) -> str | None:
    down = "UNAVAILABLE" in str(error) or "DEADLINE_EXCEEDED" in str(error)
    address = urlsplit(settings().spark_remote)
    return f"连不上计算服务 Spark（{address.hostname}:{address.port}）：{_SERVICES}" if down else None


def _os(error: Any) -> str | None:
    why = _ERRNO.get(error.errno)
    if isinstance(error, ConnectionError | TimeoutError):
        return f"服务没有应答：{_SERVICES}"
    if isinstance(error, PermissionError) and error.filename is not None:
        who = pwd.getpwuid(os.geteuid()).pw_name
        return f"账户 {who} 用不了 {error.filename}，请换一个它能读写的位置 · {who} may not use it"
    if why is None:
        return None
    return f"{why}：{shown(str(error.filename))}" if error.filename is not None else why


def _model(error: Any) -> str:
    places = "、".join(".".join(str(p) for p in e["loc"]) for e in error.errors()[:5])
    if error.title == "Settings":
        return f"设置的值不对：{places}（环境变量或 settings.env 中的 ZJTX_…）"
    return f"定义文件 {error.title} 的这些内容不合格式：{places}"


_STOPPING = 6
"""Code with which a process manager that stops refuses orders."""
_TOLD: dict[str, Callable[[Any], str | None]] = {
    "sqlalchemy.exc.OperationalError": _ledger,
    "sqlalchemy.exc.ProgrammingError": _statement,
    "sqlalchemy.exc.ArgumentError": lambda _: (
        "ZJTX_LEDGER_URL 不是数据库地址：应如 postgresql+psycopg://用户:口令@主机:端口/库名"
    ),
    "sqlalchemy.exc.NoSuchModuleError": lambda _: (
        "ZJTX_LEDGER_URL 的数据库种类不对：应以 postgresql+psycopg:// 开头"
    ),
    "deltalake.exceptions.TableNotFoundError": lambda _: (
        f"湖仓（{settings().lake_root}）里没有要读的表：先运行 zjtx lake init"
    ),
    "pyspark.errors.exceptions.base.PySparkException": _spark,
    "grpc.RpcError": _spark,
    "duckdb.IOException": lambda _: (
        f"服务文件打不开（{settings().served}）：请看文件权限，或运行 zjtx publish 重建"
    ),
    "duckdb.CatalogException": lambda _: "服务文件是以前的版式：运行 zjtx publish 重建",
    "duckdb.BinderException": lambda _: "服务文件是以前的版式：运行 zjtx publish 重建",
    "paramiko.ssh_exception.NoValidConnectionsError": lambda _: (
        "连不上来源的 SFTP 服务器：请核对连接，或稍后再试"
    ),
    "paramiko.ssh_exception.SSHException": lambda _: (
        "来源的 SFTP 服务器不让登录或中途断开：请核对连接中的用户和密钥"
    ),
    "pydantic_core._pydantic_core.ValidationError": _model,
    "xmlrpc.client.Fault": lambda fault: (
        "服务正在停止：等停完（make status）再运行一次" if fault.faultCode == _STOPPING else None
    ),
    "builtins.UnicodeDecodeError": lambda _: "文件不是 UTF-8 文字，读不出来",
    "builtins.MemoryError": lambda _: "内存不够：请关掉别的程序，或缩小范围再试",
    "builtins.OSError": _os,
}
"""Kind of an error, by its full name so that no library is imported for it -> its message; None: not expected."""


def told(error: BaseException) -> str:
    """Return the message for an error; the stack of one that nobody expected is kept in a file that it names."""
    if isinstance(error, Refusal):
        return str(error)
    for kind in type(error).__mro__:
        say = _TOLD.get(f"{kind.__module__}.{kind.__qualname__}")
        if say and (text := say(error)):
            return text
    return f"没有做成：程序遇到没有料到的错误，详情记在 {journal.keep(error)}；请把这个文件交给维护人员"


def passes(error: BaseException) -> bool:
    """Return whether the same command may succeed a little later."""
    from jobs.ledger.database import WriterBusy

    return isinstance(error, WriterBusy)
