"""Commands on contracts: what is wrong with them, before anybody relies on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.spoken import Spoken
from jobs.cli.terminal import say
from jobs.refusals import Refusal, shown

contract_app = typer.Typer(
    cls=Spoken, no_args_is_help=True, help="合同：写得对不对 · contracts and what is wrong with them"
)


@contract_app.callback()
def contract() -> None:
    """合同：写得对不对 · contracts and what is wrong with them."""


@contract_app.command("check")
def contract_check(
    file: Annotated[
        Path | None, typer.Argument(help="合同文件，缺省为全部 · a contract file, default all")
    ] = None,
) -> None:
    """合同哪里写错、怎么改：列、类型、主键、范围、路径、期间、规则 · what is wrong with contracts, and the cure."""
    from jobs import contractcheck

    if file is not None and not file.is_file():
        raise Refusal(f"没有合同文件 {shown(str(file))}：请写一个 .yaml 文件，或不写文件名检查全部")
    if file is None:
        faults, looked = contractcheck.faults_of_all(), len(contractcheck.files())
    else:
        faults, looked = contractcheck.faults(file) or contractcheck.missing_suite(file), 1
    for number, fault in enumerate(faults, start=1):
        say(f"{number}. {fault}", "red")
    if faults:
        raise Refusal(f"{looked} 份合同中有 {len(faults)} 处要改 · {len(faults)} faults")
    say(f"{looked} 份合同无误 · {looked} contracts, no fault")
