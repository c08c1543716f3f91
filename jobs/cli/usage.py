"""Commands that were written wrongly: what is wrong with them, in Chinese."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from typing import Any

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from jobs.refusals import instead, shown

_EXTRA = re.compile(r"\((?!s\))(.*)\)", re.DOTALL)


def _named(param: Any) -> str:
    """Return how an argument or option is written, with what it means."""
    kind = "参数" if param.param_type_name == "argument" else "选项"
    written = param.metavar or param.name.upper() if kind == "参数" else param.opts[0]
    meaning = (getattr(param, "help", None) or "").split(" · ")[0]
    return f"{kind} {written}" + (f"（{meaning}）" if meaning else "")


def _wanted(param: Any, value: str) -> str:
    """Return what a value should be."""
    kind = param.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return instead(value, [str(choice.value) for choice in kind]).removeprefix("；")
    if kind is datetime:
        return "应为日期，如 2025-12-31"
    if kind is int:
        return "应为整数" + ("" if param.min is None else f"，不小于 {param.min}")
    return "不合要求"


def _bad(error: Any) -> str:
    if error.param is None:
        return str(error.message)
    cause = error.__cause__
    value = str(cause.errors()[0]["input"]) if isinstance(cause, ValidationError) else ""
    return f"{_named(error.param)}的值“{shown(value)}”不对：{_wanted(error.param, value)}"


def _no_option(error: Any) -> str:
    params = error.ctx.command.params if error.ctx else []
    known = [*(o for p in params for o in p.opts if o.startswith("-")), "--help"]
    return f"没有选项 {shown(error.option_name)}{instead(error.option_name, known)}"


def _other(error: Any) -> str:
    extra = _EXTRA.search(error.message)
    return f"多出的参数：{shown(extra[1])}" if extra else "这样写不成一条命令"


# By name: the classes are the library's own copies, which it does not offer for import.
_SAID = {
    "MissingParameter": lambda e: f"缺少{_named(e.param)}",
    "NoSuchOption": _no_option,
    "BadOptionUsage": lambda e: f"选项 {shown(e.option_name)} 的写法不对：后面要写且只写一个值，开关不写值",
    "BadParameter": _bad,
}


def tell(error: TyperException) -> int:
    """Say what is wrong with how a command was written and return the exit code."""
    kind, ctx = type(error).__name__, getattr(error, "ctx", None)
    code = int(getattr(error, "exit_code", 1))
    if kind == "NoArgsIsHelpError":
        # Printed while the error was made.
        return code
    text = _SAID.get(kind, _other)(error)
    look = f"\n写法见 {ctx.command_path} --help" if ctx else ""
    typer.echo(f"{text}{look}", err=True)
    return code
