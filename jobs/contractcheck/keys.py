"""Which keys a contract may have at each level: what the platform reads, and what only tells people something.

A key of the standard that would bind the data, but that nothing here carries out, is refused like a misspelt one:
its author would rely on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from open_data_contract_standard.model import (
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import BaseModel

from jobs.contractcheck.source import At, Fault, Source, meant
from jobs.definitions.edition import Edition
from jobs.definitions.feedspec import Calendar, FeedSpec, Preamble, Request
from jobs.refusals import shown

TELLING = {
    "id", "tags", "description", "authoritativeDefinitions", "businessName", "domain", "tenant", "dataProduct", "servers",
    "support", "price", "team", "roles", "slaDefaultElement", "slaProperties", "contractCreatedTs", "context", "deprecated",
    "dataGranularityDescription", "classification", "encryptedName", "transformSourceObjects", "transformLogic",
    "transformDescription", "examples", "criticalDataElement", "businessImpact", "dimension",
}  # fmt: skip
"""Keys of the standard that bind nothing: for people and other tools."""
TOP = {
    "apiVersion",
    "kind",
    "version",
    "name",
    "status",
    "customProperties",
    "schema",
    "id",
}
TABLE = {"name", "physicalName", "physicalType", "logicalType", "properties"}
COLUMN = {
    "name", "physicalType", "logicalType", "logicalTypeOptions", "semanticType", "required", "primaryKey",
    "primaryKeyPosition", "partitioned", "partitionKeyPosition", "synonyms", "enum", "quality", "customProperties", "map",
}  # fmt: skip
RULE = {"name", "type", "description", "query", "severity"}
OPTIONS = {"minimum", "maximum", "pattern"}
OWN = {"feed"}
"""Custom properties of a contract."""
OF_COLUMN = {"unit", "source", "header"}
"""Custom properties of a column."""


def names(model: type[BaseModel]) -> set[str]:
    """Return the keys of a model as they are written."""
    return {f.alias or n for n, f in model.model_fields.items()}


def _wrong(
    source: Source, at: At, given: Iterable[Any], read: set[str], standard: set[str]
) -> Iterator[Fault]:
    for key in given:
        if key in read or key in standard & TELLING:
            continue
        place = (*at, str(key))
        if key in standard:
            text = f"“{key}”在标准里有，本平台不执行"
            yield source.fault(place, text, f"去掉；能写的有 {'、'.join(sorted(read))}")
        else:
            cure = meant(key, sorted(read | (standard & TELLING)))
            yield source.fault(place, f"没有“{shown(str(key))}”这个键", cure)


def _properties(source: Source, at: At, given: Any, known: set[str]) -> Iterator[Fault]:
    """Check a list of custom properties: their keys and their names, each once."""
    seen: set[str] = set()
    for n, item in enumerate(given if isinstance(given, list) else []):
        if not isinstance(item, Mapping):
            continue
        yield from _wrong(source, (*at, n), item, {"property", "value"}, {"id", "description"})
        name = item.get("property")
        if name not in known:
            cure = meant(name, sorted(known))
            yield source.fault((*at, n, "property"), f"没有附加属性“{shown(str(name))}”", cure)
        if name in seen:
            yield source.fault((*at, n, "property"), f"附加属性“{name}”写了两次", "只留一个")
        seen.add(str(name))


def _column(source: Source, at: At, column: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _wrong(source, at, column, COLUMN, names(SchemaProperty))
    yield from _properties(source, (*at, "customProperties"), column.get("customProperties"), OF_COLUMN)
    options = column.get("logicalTypeOptions")
    if isinstance(options, Mapping):
        yield from _wrong(source, (*at, "logicalTypeOptions"), options, OPTIONS, set())
    parts: tuple[tuple[str, set[str], set[str]], ...] = (
        ("synonyms", {"synonym"}, {"id", "description"}),
        ("enum", {"value", "label"}, {"id", "description"}),
        ("quality", RULE, names(DataQuality)),
    )
    for key, read, standard in parts:
        items = column.get(key)
        for n, item in enumerate(items if isinstance(items, list) else []):
            if isinstance(item, Mapping):
                yield from _wrong(source, (*at, key, n), item, read, standard)


def _feed(source: Source, at: At, feed: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _wrong(source, at, feed, names(FeedSpec), set())
    inner: tuple[tuple[str, type[BaseModel]], ...] = (("calendar", Calendar), ("request", Request))
    for key, model in inner:
        if isinstance(feed.get(key), Mapping):
            yield from _wrong(source, (*at, key), feed[key], names(model), set())
    lists: tuple[tuple[str, type[BaseModel]], ...] = (("preamble", Preamble), ("editions", Edition))
    for key, model in lists:
        items = feed.get(key)
        for n, item in enumerate(items if isinstance(items, list) else []):
            if isinstance(item, Mapping):
                yield from _wrong(source, (*at, key, n), item, names(model), set())


def unknown(source: Source) -> Iterator[Fault]:
    """Give every key that is unknown, written twice, or bound to have no effect."""
    for at in source.doubles:
        yield source.fault(at, f"“{at[-1]}”写了两次，只有后一个会算数", "只留一个")
    yield from _wrong(source, (), source.data, TOP, names(OpenDataContractStandard))
    yield from _properties(source, ("customProperties",), source.data.get("customProperties"), OWN)
    for at, feed in feeds(source):
        yield from _feed(source, at, feed)
    for n, table in enumerate(items_of(source.data.get("schema"))):
        yield from _wrong(source, ("schema", n), table, TABLE, names(SchemaObject))
        for k, column in enumerate(items_of(table.get("properties"))):
            yield from _column(source, ("schema", n, "properties", k), column)


def feeds(source: Source) -> Iterator[tuple[At, Mapping[str, Any]]]:
    """Give the feed's own part, with its place."""
    for n, item in enumerate(items_of(source.data.get("customProperties"))):
        if item.get("property") == "feed" and isinstance(item.get("value"), Mapping):
            yield ("customProperties", n, "value"), item["value"]


def items_of(given: Any) -> list[Mapping[str, Any]]:
    """Return the mappings of a list; what is none of them is told by its type, not here."""
    return [item if isinstance(item, Mapping) else {} for item in given] if isinstance(given, list) else []
