"""Whether dictionary, facts, policies and warning rules fit each other and the contracts: ``zjtx dictionary check``.

Each file is read by itself elsewhere. A name that one takes from another and that is wrong would otherwise only show as a
figure that never comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import duckdb
import yaml
from pydantic import ValidationError

from jobs import yamlfile
from jobs.contractcheck.shape import wanted
from jobs.definitions.catalogue import dialect, quoted
from jobs.definitions.contract import load_feed
from jobs.definitions.dictionary import Indicator, Read, indicators
from jobs.definitions.facts import all_facts, fact_names
from jobs.definitions.glossary import page, readings
from jobs.definitions.policy.document import Document
from jobs.definitions.policy.influence import known, members
from jobs.definitions.policy.model import Programme, load_all
from jobs.definitions.rules import rulebook
from jobs.definitions.rules.warnings import Rulebook, WarningRule
from jobs.kpi import runner
from jobs.refusals import instead
from jobs.settings import REPO, settings

SIDES = {
    "ratio": ("denominator", "numerator"), "level": ("current",), "growth": ("current",), "mean": ("current",),
}  # fmt: skip
"""Family -> the reads that it is worked out from."""
OF_A_ROW = {"at": "DATE", "period": "VARCHAR"}
"""What an expression of the dictionary may name beside the columns of its feed, and of which type."""
OF_A_FIRM = {
    **dict.fromkeys(("uscc", "name", "unit", "county", "domain", "industry_code"), "VARCHAR"), "opened_on": "DATE",
    **dict.fromkeys(("closed", "certified"), "BOOLEAN"), "ends": "STRUCT(tier VARCHAR, valid_to DATE)[]",
    **dict.fromkeys(("valid_tiers", "ever_tiers", "feeds_here", "feeds_arrived"), "VARCHAR[]"),
    rulebook.RD_LINE: "DECIMAL(6, 2)",
}  # fmt: skip
"""What a rule may name beside the facts."""
FACT = "DECIMAL(28, 4)"
_LACKS = re.compile(r'column "([^"]+)" not found', re.IGNORECASE)


def faults() -> list[str]:
    """Return all that is wrong, each in a sentence with its place; a file that cannot be read ends its own part only."""
    looks: dict[str, Callable[[duckdb.DuckDBPyConnection], Iterator[str]]] = {
        "schemas/indicators.yaml": _of_indicators,
        "schemas/facts.yaml": _of_facts,
        **{
            f"policies/{p.name}": partial(_of_document, p.stem)
            for p in sorted(settings().policies.glob("*.yaml"))
        },
        "policies": _of_programmes,
        "policies/monitoring/warnings.yaml": _of_warnings,
    }
    with runner.connection() as con:
        return [f"{file}，{said}" for file, look in looks.items() for said in _told(look(con))]


def _told(looked: Iterator[str]) -> Iterator[str]:
    try:
        yield from looked
    except ValidationError as error:
        for e in error.errors():
            yield f"{_place(e['loc'])}：{_of_value(e)}"
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"第 {mark.line + 1} 行或上一行" if mark else "文件"
        yield f"{line}不是合格的 YAML：检查缩进、冒号后的空格、引号是否成对"
    except KeyError as error:
        yield f"没有“{error.args[0]}”"
    except ValueError as error:
        yield str(error)


def _place(where: Iterable[str | int]) -> str:
    """Return a place as people say it: keys joined by dots, positions from one; what the library calls its own ways is left out."""
    steps = [f"第 {p + 1} 项" if isinstance(p, int) else p for p in where]
    return ".".join(s for s in steps if not s.startswith("function-")) or "全文"


def _of_value(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, from the library's finding: in Chinese, as a contract's check says it."""
    if error["type"] == "extra_forbidden":
        return "没有这样的键"
    # What a check of ours raised says itself what is wrong.
    if own := (error.get("ctx") or {}).get("error"):
        return str(own)
    return "，".join(filter(None, wanted(error, "照同类文件里这一项的写法写")))


def _unknown(kind: str, words: Iterable[str], right: Iterable[str]) -> Iterator[str]:
    """Give each wrong word with the likeliest right ones."""
    there = list(right)
    for word in dict.fromkeys(words):
        if word not in there:
            yield f"没有{kind}“{word}”{instead(word, there)}"


def _bound(
    con: duckdb.DuckDBPyConnection, columns: Mapping[str, str], texts: Iterable[str | None]
) -> Iterator[str]:
    """Give the expressions that could not be asked of a row with these columns."""
    row = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in columns.items())
    for text in filter(None, texts):
        try:
            con.execute(f"DESCRIBE SELECT ({dialect(text)}) FROM (SELECT {row})")
        except duckdb.Error as error:
            yield f"“{text}”{_why(str(error), columns)}"


def _why(error: str, columns: Mapping[str, str]) -> str:
    lacking = _LACKS.search(error)
    return (
        f"里没有“{lacking[1]}”{instead(lacking[1], columns)}"
        if lacking
        else f"读不通：{error.splitlines()[0]}"
    )


def _of_read(con: duckdb.DuckDBPyConnection, read: Read) -> Iterator[str]:
    if strange := list(_unknown("数据源或数据源组", [read.feed], known())):
        yield from strange
        return
    contracts = [load_feed(feed) for feed in members(read.feed)]
    columns = {c.name: c.type for contract in contracts for c in contract.columns}
    said = [
        *_unknown("主键列", read.where, [name for contract in contracts for name in contract.key]),
        *_bound(con, columns | OF_A_ROW, (read.column, read.base_column, read.only)),
    ]
    yield from (f"数据源 {read.feed}：{what}" for what in said)


def _of_indicators(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for indicator in indicators().values():
        asked = SIDES.get(indicator.family)
        if asked is not None and asked != tuple(sorted(indicator.reads)):
            yield f"{indicator.id}：{indicator.family} 的 reads 须恰好是 {'、'.join(asked)}"
        for side, read in indicator.reads.items():
            yield from (f"{indicator.id} 的 {side}：{said}" for said in _of_read(con, read))
    if (REPO / "docs" / "indicators.md").read_text(encoding="utf-8") != page(indicators().values()):
        yield "说明页 docs/indicators.md 与字典不同：运行 zjtx dictionary write，并一起提交"


def _of_facts(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for fact in all_facts():
        yield from (f"{fact.name}：{said}" for said in _of_read(con, fact.read))


def _of_document(name: str, _: duckdb.DuckDBPyConnection) -> Iterator[str]:
    data = yamlfile.read(settings().policies / f"{name}.yaml")
    document = Document.model_validate({k: v for k, v in data.items() if k != "programme"})
    for target in document.targets:
        for cell in target.reads.cells:
            strange = list(_unknown("指标", [cell.indicator], indicators()))
            yield from (
                f"{target.id}：{said}"
                for said in strange or _of_reading(cell.reading, indicators()[cell.indicator])
            )


def _of_reading(reading: str, indicator: Indicator) -> Iterator[str]:
    return _unknown(f"口径（{indicator.id}）", [reading], readings(indicator))


def _of_programmes(_: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for programme in load_all().values():
        yield from (f"{programme.id}：{said}" for said in _of_programme(programme))


def _of_programme(programme: Programme) -> Iterator[str]:
    yield from (f"地区表里没有 {code}" for code in programme.unknown_regions)
    yield from _unknown("数据源或数据源组", [*programme.required, *programme.roles.values()], known())
    for target in programme.targets:
        tiers = [c.tier for c in target.reads.cells if c.tier]
        yield from (f"{target.id}：{said}" for said in _unknown("梯度", tiers, programme.ranks))


def _of_warnings(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    book: Rulebook = rulebook.load()
    yield from _unknown("数据源或数据源组", book.listing_feeds, known())
    facts = fact_names(all_facts())
    for rule in book.rules:
        yield from (f"{rule.id}：{said}" for said in _of_rule(con, rule, facts))


def _of_rule(con: duckdb.DuckDBPyConnection, rule: WarningRule, facts: list[str]) -> Iterator[str]:
    yield from _unknown(
        "数据源或数据源组", [*rule.feeds, *rule.confirm_feeds, *rule.population.reports], known()
    )
    yield from _unknown("事实", rule.all_facts, [*facts, rulebook.RD_LINE])
    figures = [text for f in rule.figures.values() for text in (f.of, f.by, *f.against)]
    texts = [rule.when, rule.confirm, rule.population.when, *rule.shown.values(), *figures]
    columns = dict.fromkeys(facts, FACT) | OF_A_FIRM | OF_A_ROW
    yield from _bound(con, columns, [rule.sql(text) for text in texts if text])
