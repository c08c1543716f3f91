"""What a feed's contract says beyond its columns: how it arrives, what one file stands for, when it is due."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs.definitions.edition import Edition


class Preamble(BaseModel):
    """A column that the lines above the header give, for all rows of the file."""

    model_config = ConfigDict(extra="forbid")

    column: str
    pattern: str
    """Regular expression; its first group is the text, or the name of a named group that matched (one word for many wordings)."""


class Calendar(BaseModel):
    """When a period of the feed is due."""

    model_config = ConfigDict(extra="forbid")

    months: list[int] = list(range(1, 13))
    """Months that are reported at all (1月免报: without 1)."""
    deadline_day: int
    deadline_month_offset: int = 1
    """Months between the end of the period and the month of the deadline."""
    minimum: float
    """Share of reporters that suffices for a partial release once the deadline has passed."""


class Request(BaseModel):
    """What an incremental source is asked for: each pull brings what changed since the one before it."""

    model_config = ConfigDict(extra="forbid")

    resource: str
    """Resource of an HTTP interface, or table (``schema.table``) of a database."""
    mark: str
    """The growing change number of a record, by its name at the source and in the contract."""
    page: int = 1000
    """Records of one page of an interface."""


class FeedSpec(BaseModel):
    """How a feed arrives and what one file of it stands for."""

    model_config = ConfigDict(extra="forbid")

    entity: Literal["enterprise", "region"]
    population: Literal["certified", "all"]
    frequency: Literal["month", "quarter", "year", "event"]
    connection: str
    """Airflow connection id; without Airflow ``AIRFLOW_CONN_<ID>`` holds the same URI."""
    pattern: str
    """Regular expression on the path below the connection's root; its named groups are file attributes."""
    schedule: str
    """Cron line in Asia/Shanghai: when Airflow looks."""
    scope: list[str]
    """File attributes (or preamble columns) that name what a file replaces."""
    mode: Literal["replace", "upsert"]
    reporters: str | None = None
    """List in ``schemas/reference`` of who must report; none = nobody is expected."""
    calendar: Calendar | None = None
    unit: str | None = None
    """Money unit when the file names none."""
    preamble: list[Preamble] = []
    footer: str = (
        r"^(注|注释|说明|备注|(资料|数据)来源|(单位|统计|填报)?负责人|(填报|填表|制表|审核|复核|联系)人|联系(电话|方式)|电话"
        r"|(填报|填表|制表|报出|报送)(日期|时间))\s*\d{0,2}\s*[:：]"
    )
    null_markers: list[str] = ["-", "--", "—", "——", "–", "…", "……", "...", "#"]
    title: str | None = None
    """Regular expression that the lines above the header must meet, where there are any."""
    editions: list[Edition] = []
    """In the order of their ``from``; before the first one the contract's own names and codes hold."""
    prior_column: bool = False
    """Whether the form has 上年同期 columns (own_form base of growth) or not (prior_return)."""
    group: str | None = None
    """Forms of one subject (a form per sector): indicators read all feeds of a group as one, under its name."""
    request: Request | None = None
    """How the source is asked, where it gives changes (interface, database) and not files."""

    @property
    def months(self) -> int:
        """Months of the feed's own period; events have none, their day lies in a month."""
        return {"year": 12, "quarter": 3}.get(self.frequency, 1)

    @property
    def folder(self) -> str:
        """Folder of the feed's files: the pattern's literal beginning."""
        prefix = re.match(r"[\w/]*/", self.pattern)
        return prefix[0] if prefix else ""
