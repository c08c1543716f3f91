"""How the commands refuse: in a sentence, not in a traceback."""

from __future__ import annotations

import os
import pwd
from typing import Any

import typer
from typer.core import TyperGroup

TRY_LATER = 75
"""Exit code of a command that found another process writing to the lake (EX_TEMPFAIL)."""


class Spoken(TyperGroup):
    """Commands of which one that finds the lake's writer at work, or a file shut, says so and ends."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PermissionError as error:
            who = pwd.getpwuid(os.geteuid()).pw_name
            typer.echo(
                f"账户 {who} 用不了 {error.filename}，请换一个它能读写的位置 · {who} may not use it", err=True
            )
            raise typer.Exit(1) from error
        except RuntimeError as error:
            from jobs.ledger.database import WriterBusy

            if not isinstance(error, WriterBusy):
                raise
            typer.echo(str(error), err=True)
            raise typer.Exit(TRY_LATER) from error
