"""An incentive of a policy, verbatim from the catalogue, and the rule by which firms are listed for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import model_validator

from jobs.definitions.policy.texts import Entry, Strict

QUANTIFIED = "已量化"


class ListingRule(Strict):
    """How an incentive is listed.

    Attributes
    ----------
    status : str
        已量化; 未量化 (the text gives no formula); 无数据来源 (no feed gives what its formula needs).
    why : str
        Reason for the status, or what the reader of the amount must know.
    eligible : str or None
        SQL over the facts; None: no firm is listed.
    amount : str or None
        SQL in 元 before the cap; None: unknown.
    amount_name : str
        What the amount is.
    cap : Decimal or None
        元.
    turn : str
        ``event``: what happens in the period itself; ``quarter``: a condition that may change every
        quarter; ``year``: a condition on yearly figures.
    figure : str or None
        The fact whose year counts for ``year``.
    needs : list of str
        Facts and columns shown as evidence.
    missing : str
        Evidence that no feed gives.
    """

    status: Literal["已量化", "未量化", "无数据来源"]
    why: str = ""
    eligible: str | None = None
    amount: str | None = None
    amount_name: str = "奖补资金"
    cap: Decimal | None = None
    turn: Literal["event", "quarter", "year"] = "event"
    figure: str | None = None
    needs: list[str] = []
    missing: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> ListingRule:
        if (self.status == QUANTIFIED) != (self.amount is not None):
            raise ValueError("“已量化”须有金额算法，其余不得有 / an amount if and only if quantified")
        if self.amount is not None and self.eligible is None:
            raise ValueError("有金额而没有条件 / an amount without a condition")
        if self.eligible is not None and not self.needs:
            raise ValueError("有条件而没有依据 / a condition without evidence")
        if (self.turn == "year") != (self.figure in self.needs):
            raise ValueError(
                "年度条件须写明以哪一项为准 / a yearly condition, and no other, names its figure"
            )
        if self.status != QUANTIFIED and not self.why:
            raise ValueError("不能量化的须说明原因 / no reason why it is not quantified")
        return self


class Incentive(Entry):
    """An award, subsidy or tax rule that a document grants; ``formula`` and ``cap`` are the text's, in ``unit``."""

    name_zh: str
    kind: Literal["award", "subsidy", "tax"]
    trigger: str
    formula: Any
    cap: float | None
    unit: str
    frequency: str
    owners: list[str]
    feeds: list[str]
    note: str = ""
    rule: ListingRule
