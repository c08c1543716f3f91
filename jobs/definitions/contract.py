"""Contracts: one ODCS v3 file per feed and per table, read into what the jobs ask of it.

The files use the Open Data Contract Standard; what it lacks stands in ``customProperties``:
``feed`` (how the source is read, :class:`FeedSpec`) on the contract, ``unit``, ``source`` and ``header`` on a
column. ``required`` says that a cell must be filled, and so that its header must be there; ``header: required``
only the latter. Source header names are the standard's ``synonyms``, code lists its ``enum``, rules between the
columns of a row its ``quality`` with an SQL condition.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import DataQuality, OpenDataContractStandard, SchemaProperty

from jobs import yamlfile
from jobs.definitions import period
from jobs.definitions.edition import Edition
from jobs.definitions.feedspec import FeedSpec
from jobs.refusals import ContractUnreadable
from jobs.settings import settings

WIDTH = "+列数"
"""Cell that a row of a text file has beside the contract's when it is longer or shorter than the header."""
DOUBT = "+疑义"
"""Cell beside the contract's: column, rule and message, divided by tabs, of a doubt that the cells' texts do not show."""
SEVERITIES = ("block", "explain", "info")
"""强制性、核实性、查询性."""
HEADER_REQUIRED = "required"
"""Of a column's custom property ``header``: the header must be there, the cells may be blank."""
RECEIVED = "received_on"
"""Attribute of a file: the business date of its receipt; periods that begin later have not begun."""


@dataclass(frozen=True)
class CrossRule:
    """What must hold between the columns of a row; a condition with a missing value is not broken.

    Attributes
    ----------
    name : str
        Unique in the contract.
    condition : str
        SQL that Spark and DuckDB both read, over the contract's columns.
    severity : str
        ``block`` (强制性: the row is quarantined), ``explain`` (核实性: the approver reads of it and asks the
        reporter) or ``info`` (查询性).
    text : str
        The rule in Chinese.
    """

    name: str
    condition: str
    severity: str
    text: str

    @classmethod
    def of(cls, quality: DataQuality) -> CrossRule:
        """Read a rule of the standard.

        Raises
        ------
        ValueError
            If it is no SQL condition with a name, a text and one of the three severities.
        """
        rule = cls(quality.name or "", quality.query or "", quality.severity or "", quality.description or "")
        if (
            quality.type != "sql"
            or rule.severity not in SEVERITIES
            or not (rule.name and rule.condition and rule.text)
        ):
            raise ValueError(f"合同中的规则“{rule.name}”不完整 / incomplete rule: {quality}")
        return rule


class Column:
    """One column of a contract.

    Parameters
    ----------
    prop : SchemaProperty
        The ODCS property.
    """

    def __init__(self, prop: SchemaProperty) -> None:
        self.prop = prop
        self.name: str = prop.name or ""
        self.label: str = prop.businessName or self.name
        self.required: bool = bool(prop.required)
        self.key: bool = bool(prop.primaryKey)
        self.type: str = prop.physicalType or "STRING"
        self.semantic: str | None = prop.semanticType
        self.options: dict[str, Any] = prop.logicalTypeOptions or {}
        custom = {c.property: c.value for c in prop.customProperties or []}
        self.unit: str | None = custom.get("unit")
        self.source: str = custom.get("source") or "cell"
        self.header: str | None = custom.get("header")
        self.headers: list[str] = [self.label, *(s.synonym or "" for s in prop.synonyms or [])]
        self.rules: list[CrossRule] = [CrossRule.of(q) for q in prop.quality or []]
        self.labels: list[str] = [e.label or str(e.value) for e in prop.enum or []]
        self.codes: dict[str, str] = {
            text: str(e.value) for e in prop.enum or [] for text in (e.label or "", str(e.value)) if text
        }

    @property
    def in_header(self) -> bool:
        """Whether the file's header must have the column; its cells must be filled only where it is ``required``."""
        return self.source == "cell" and (self.required or self.header == HEADER_REQUIRED)

    def in_edition(self, edition: Edition | None) -> Column:
        """Return the column as an edition of the form has it."""
        if edition is None or self.name not in edition.headers | edition.codes:
            return self
        own = copy(self)
        own.headers = edition.headers.get(self.name, self.headers)
        own.label = (own.headers or [self.label])[0]
        if self.name in edition.codes:
            own.codes = edition.codes[self.name]
            own.labels = list(own.codes)
        return own

    @property
    def is_period(self) -> bool:
        """Whether values are source periods: months, quarters or years."""
        return self.semantic in ("month", "quarter", "year")

    @property
    def is_figure(self) -> bool:
        """Whether values are amounts or counts."""
        return not self.is_period and self.type not in ("STRING", "DATE")

    @property
    def money(self) -> bool:
        """Whether values are amounts of money, stored in yuan."""
        return self.semantic == "money"


class Contract:
    """A contract file, feed or table.

    Parameters
    ----------
    model : OpenDataContractStandard
        The parsed file; its first schema object is the table.
    """

    def __init__(self, model: OpenDataContractStandard) -> None:
        if not model.schema_ or not model.schema_[0].properties:
            raise ValueError(f"合同 {model.id} 没有表结构 / contract {model.id} has no schema")
        self.model = model
        self.id: str = model.id or ""
        self.title: str = model.name or self.id
        self.version: str = model.version or ""
        self.table = model.schema_[0]
        self.columns: list[Column] = [Column(p) for p in model.schema_[0].properties]

    @cached_property
    def custom(self) -> dict[str, Any]:
        """Custom properties of the contract."""
        return {c.property or "": c.value for c in self.model.customProperties or []}

    @cached_property
    def feed(self) -> FeedSpec:
        """The feed's own part.

        Raises
        ------
        ValueError
            If the contract describes a table, not a feed.
        """
        if "feed" not in self.custom:
            raise ValueError(f"合同 {self.id} 不是数据源 / contract {self.id} is not a feed")
        return FeedSpec.model_validate(self.custom["feed"])

    @cached_property
    def key(self) -> list[str]:
        """Columns of the primary key, in their order."""
        keyed = [c for c in self.columns if c.key]
        return [c.name for c in sorted(keyed, key=lambda c: c.prop.primaryKeyPosition or 0)]

    def column(self, name: str) -> Column:
        """Return a column by name.

        Raises
        ------
        KeyError
            If the contract has no such column.
        """
        return {c.name: c for c in self.columns}[name]

    @property
    def cells(self) -> list[Column]:
        """Columns that a row of the source file gives (the others come from its path or preamble)."""
        return [c for c in self.columns if c.source == "cell"]

    def edition_at(self, key: str) -> Edition | None:
        """Return the edition of the form that holds for a period.

        Raises
        ------
        ValueError
            If the text is no period.
        """
        end = period.parse(key).end
        return next((e for e in self.feed.editions[::-1] if period.parse(e.since).begin <= end), None)


def _load(path: Path) -> Contract:
    # Not by the standard's own reader, which takes five times as long.
    return Contract(OpenDataContractStandard.model_validate(yamlfile.read(path)))


@lru_cache(maxsize=64)
def load_feed(feed_id: str) -> Contract:
    """Read ``schemas/feeds/<feed_id>.yaml``.

    Raises
    ------
    ContractUnreadable
        If it is no contract of a feed, or the path of its files is no pattern.
    """
    path = settings().schemas / "feeds" / f"{feed_id}.yaml"
    try:
        contract = _load(path)
        re.compile(contract.feed.pattern)
    except (ValueError, TypeError, re.error, yaml.YAMLError) as error:
        raise ContractUnreadable(f"合同 {feed_id} 读不出来：请看 zjtx contract check {path}") from error
    return contract


@lru_cache(maxsize=64)
def load_table(name: str) -> Contract:
    """Read ``schemas/tables/<name>.yaml``."""
    return _load(settings().schemas / "tables" / f"{name}.yaml")


def feed_ids() -> list[str]:
    """Return the ids of all feeds, sorted."""
    return sorted(p.stem for p in (settings().schemas / "feeds").glob("*.yaml"))


def table_names() -> list[str]:
    """Return the names of all gold tables, sorted."""
    return sorted(p.stem for p in (settings().schemas / "tables").glob("*.yaml"))
