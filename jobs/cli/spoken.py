"""How the commands refuse: in a sentence that says what is wrong and what to do, never in a traceback."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from jobs.cli import journal, troubles, usage
from jobs.refusals import Refusal, instead, shown

TRY_LATER = 75
"""Exit code of a command that found another process writing to the lake (EX_TEMPFAIL)."""
_EMPTY = re.compile(r"(--[\w-]+=)?\s*")
INTERRUPTED = 130
"""Exit code of a command that somebody stopped."""
GARBAGE_AFTER = 100_000
"""New objects after which Python looks for those that only hold each other."""


class Spoken(TyperGroup):
    """Commands that answer whatever goes wrong with a sentence on standard error."""

    needs_home = True
    """Whether the installation's folder must be there."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named; of a wrong name say the nearest right ones."""
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise typer.BadParameter(
                f"没有命令“{shown(args[0])}”{instead(args[0], list(self.commands))}", ctx=ctx
            )
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and end the process with its exit code, whatever the mode asked for."""
        given = list(sys.argv[1:] if args is None else args)
        # What a command loads stays: to look through it for garbage every 700 objects takes a tenth of a short command.
        gc.set_threshold(GARBAGE_AFTER)
        try:
            with journal.listening():
                code = self._run(given, prog_name, **extra)
        except BrokenPipeError:
            # Whoever read the output has seen enough; what is still in the buffer must not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except Exception as error:
            typer.echo(troubles.told(error), err=True)
            code = TRY_LATER if troubles.passes(error) else 1
        sys.exit(code)

    def _run(self, given: list[str], prog_name: str | None, **extra: Any) -> int:
        _readable(given)
        if self.needs_home and "--help" not in given:
            _at_home()
        try:
            code = super().main(given, prog_name, standalone_mode=False, **extra)
        except TyperException as error:
            return usage.tell(error)
        except typer.Abort:
            code = INTERRUPTED
        if code == INTERRUPTED:
            typer.echo("已中断；再运行一次即可继续", err=True)
        return code if isinstance(code, int) else 0


class Founding(Spoken):
    """Commands that may make the installation's folder."""

    needs_home = False


def _readable(given: list[str]) -> None:
    """Refuse arguments and settings that are no text: they could be neither looked up nor printed."""
    if any(_EMPTY.fullmatch(text) for text in given):
        raise Refusal("有一个参数是空的：请写上值，或整个去掉（缺省值见 --help）")
    own = {k: v for k, v in os.environ.items() if k.startswith("ZJTX_")}
    for where, text in [("参数", g) for g in given] + [(f"环境变量 {k} 的值", v) for k, v in own.items()]:
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise Refusal(f"{where}不是 UTF-8 文字：“{shown(text)}”；请把终端的字符集设为 UTF-8 再写一遍")
        if any(ord(c) < 32 or ord(c) == 127 for c in text) and where == "参数":
            raise Refusal(f"{where}里有控制字符：“{shown(text)}”；请去掉再写一遍")


def _at_home() -> None:
    """Refuse to work for an installation that is not there, before anything is made in its place."""
    named = os.environ.get("ZJTX_HOME")
    if named and not Path(named).is_dir():
        raise Refusal(f"ZJTX_HOME 指向的文件夹不存在：{shown(named)}；请改正，或先在那里安装（make up）")
