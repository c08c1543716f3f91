"""Row rules: what a contract says of its columns, as Spark expressions with reasons in Chinese.

Every rule gives, for a row that breaks it, a reason with column, header text, value, rule and message.
A row with a reason goes to quarantine whole; nothing is repaired here.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contract import DOUBT, RECEIVED, WIDTH, Column, Contract
from jobs.lake.tables import REASON
from jobs.measures import MONEY_UNITS
from jobs.quality import codes, items, spreadsheet, values
from jobs.quality.widths import is_wording
from jobs.reference import known_codes

_CHINESE = "[\u3400-\u9fff]"
_TWELVE = r"^\d{12}$"
"""A region's code of the statistical system: its first six digits are those of the county."""

Rule = tuple[str, Expression, Expression]
"""Name of a rule, the condition of a breach, the message."""


def _raw(column: Column) -> Expression:
    """Return a column's text as it came."""
    return F.col("cells" if column.source == "cell" else "attributes")[column.name]


def text(column: Column, markers: list[str]) -> Expression:
    """Return a column's text: half-width, trimmed, null where empty or a null marker of the feed."""
    plain = values.half_width(_raw(column))
    return F.when((plain != "") & ~plain.isin(markers), plain)


def _by_edition(
    contract: Contract, column: Column, make: Callable[[Column], Expression], otherwise: Expression
) -> Expression:
    """Return what each row's own edition of the form makes of a column; ``otherwise`` where none differs."""
    for edition in contract.feed.editions:
        if column.name in edition.codes:
            own = F.col("attributes")["edition"] == edition.name
            otherwise = F.when(own, make(column.in_edition(edition))).otherwise(otherwise)
    return otherwise


def _code(contract: Contract, column: Column, plain: Expression) -> Expression:
    return _by_edition(contract, column, lambda c: values.listed(c, plain), values.listed(column, plain))


def _money(column: Column, plain: Expression) -> Expression:
    units = F.create_map(*[F.lit(x) for pair in MONEY_UNITS.items() for x in pair])
    return F.try_multiply(values.number(plain), F.element_at(units, F.col("units")[column.name])).try_cast(
        column.type
    )


def _wording(column: Column, plain: Expression) -> Expression:
    """Return a name as it was written; a text without any Chinese may be a number or code and is in half-width."""
    return F.when(plain.rlike(_CHINESE), values.as_written(_raw(column))).otherwise(plain)


def typed(contract: Contract, column: Column, plain: Expression) -> Expression:
    """Return a column's value; null where the text has no such value."""
    by_semantic: dict[str, Callable[[Expression], Expression]] = {
        "uscc": codes.normal,
        "month": values.month,
        "quarter": values.quarter,
        "year": values.year,
        "money": lambda p: _money(column, p),
    }
    if column.semantic in by_semantic:
        return by_semantic[column.semantic](plain)
    if column.codes:
        return _code(contract, column, plain)
    if column.semantic == "region":
        return F.when(plain.rlike(_TWELVE), F.substring(plain, 1, 6)).otherwise(plain)
    if column.type == "DATE":
        return values.date(plain)
    if column.type == "STRING":
        return _wording(column, plain) if is_wording(column) else plain
    number = values.number(F.regexp_replace(plain, "%$", "") if column.unit == "%" else plain)
    whole = number == F.floor(number)
    # A number too large for its column is none: one cell must not stop the whole poll.
    value = number.try_cast(column.type)
    return F.when(whole, value) if column.type in ("BIGINT", "INT") else value


def _says(*parts: Expression | str) -> Expression:
    return F.concat(*[F.lit(p) if isinstance(p, str) else F.coalesce(p, F.lit("")) for p in parts])


def _choices(contract: Contract, column: Column) -> Expression:
    """Return the message that names a code list."""

    def words(own: Column) -> Expression:
        return F.lit(f"应为 {'、'.join(own.labels)} 之一")

    def of_edition(own: Column) -> Expression:
        return F.concat(words(own), F.lit("（"), F.col("attributes")["edition"], F.lit("）"))

    return _by_edition(contract, column, of_edition, words(column))


def _kind(contract: Contract, column: Column, plain: Expression, value: Expression) -> Rule:
    """Return the rule that a text must have a value of the column's type."""
    broken = plain.isNotNull() & value.isNull()
    wanted: tuple[str, Expression | str] | None = {
        "month": ("PERIOD_FORMAT", "应为年月（如202503）"),
        "quarter": ("PERIOD_FORMAT", "应为季度（如2025Q1）"),
        "year": ("PERIOD_FORMAT", "应为年份（如2025）"),
    }.get(column.semantic or "")
    if wanted is None and column.codes:
        wanted = ("CODE_LIST", _choices(contract, column))
    if wanted is None:
        kinds = {"DATE": ("NOT_A_DATE", "应为日期"), "BIGINT": ("NOT_A_NUMBER", "应为整数")}
        wanted = kinds.get(column.type, ("NOT_A_NUMBER", "应为数字"))
    return wanted[0], broken, _says(wanted[1], "，实为“", plain, "”")


def _uscc(code: Expression) -> list[Rule]:
    formed = codes.well_formed(code)
    right = codes.check_symbol(code)
    return [
        ("USCC_EXCEL_LOST", codes.lost(code), F.lit("代码已被表格软件改成科学计数，无法还原，请按证照补报")),
        ("USCC_FORMAT", ~formed, F.lit("应为18位数字或大写字母（不含 I、O、S、V、Z）")),
        ("USCC_CHECK", formed & (F.substring(code, 18, 1) != right), _says("校验位不符：按前17位应为", right)),
    ]  # fmt: skip


def _rules(contract: Contract, column: Column, plain: Expression, value: Expression) -> list[Rule]:
    """Return a column's rules, the first broken one counts."""
    rules = spreadsheet.rules(column, plain, value)
    if column.required:
        rules.append(("REQUIRED", plain.isNull(), F.lit("必填项为空")))
    if column.semantic == "uscc":
        rules += [(name, plain.isNotNull() & broken, message) for name, broken, message in _uscc(value)]
    elif column.semantic == "region":
        unknown = plain.isNotNull() & ~value.isin(sorted(known_codes()))
        rules.append(("REGION_CODE", unknown, F.lit("行政区划代码不在现行或曾用代码表内")))
    elif column.semantic in items.SEMANTICS:
        rules += items.rules(contract, column, plain, text_name)
    elif column.type != "STRING" or column.codes or column.semantic:
        rules.append(_kind(contract, column, plain, value))
    low, high = column.options.get("minimum"), column.options.get("maximum")
    if low is not None:
        rules.append(("RANGE", value < F.lit(low), F.lit(f"不应小于 {low}")))
    if high is not None:
        rules.append(("RANGE", value > F.lit(high), F.lit(f"不应大于 {high}")))
    if "pattern" in column.options:
        rules.append(("PATTERN", ~plain.rlike(column.options["pattern"]), F.lit("格式不符")))
    for rule in column.rules:
        if rule.severity == "block":
            rules.append(("CROSS_COLUMN", ~F.expr(rule.condition), F.lit(rule.text)))
    if column.is_period:
        stated = F.col("attributes")["period"]
        outside = stated.isNotNull() & ~value.cast("string").startswith(stated)
        rules.append(("PERIOD_OUTSIDE", outside, _says("报告期不属于本文件的期间 ", stated)))
        received = F.col("attributes")[RECEIVED].try_cast("date")
        ahead = values.begins(column.semantic or "", value) > received
        rules.append(("PERIOD_FUTURE", ahead, _says("报告期在收到日 ", received.cast("string"), " 尚未开始")))
    return rules


def _whole_row(contract: Contract) -> list[Expression]:
    """Return the reasons that a row's shape gives.

    A row of another width than the header may have its key elsewhere; a doubt leaves the key readable.
    """
    width, doubt = F.col("cells")[WIDTH], F.split(F.col("cells")[DOUBT], "\t")
    column = doubt[0]
    shifted = F.lit("列数与表头不符，各格可能错位（如金额中的逗号未加引号、行被折断），整行未采用")
    doubtful = reason(column, F.col("headers")[column], F.col("cells")[column], doubt[1], doubt[2])
    return [
        F.when(width.isNotNull(), reason(contract.key[0], F.lit("整行"), width, "ROW_WIDTH", shifted)),
        F.when(doubt.isNotNull(), doubtful),
    ]


def _reasons(contract: Contract) -> Expression:
    """Return the array of a row's reasons, one per broken column, empty for a good row.

    A filter of an array is interpreted, with all that stands in it: sound rows are told apart before.
    """
    found = _whole_row(contract)
    broken_by = [F.col("cells")[name].isNotNull() for name in (WIDTH, DOUBT)]
    for column in contract.columns:
        plain, value = F.col(text_name(column)), F.col(column.name)
        raw = _raw(column)
        header = F.coalesce(F.col("headers")[column.name], F.lit(column.label))
        rules = _rules(contract, column, plain, value)
        made = [
            F.when(broken, reason(column.name, header, raw, name, message)) for name, broken, message in rules
        ]
        broken_by += [broken for _, broken, _ in rules]
        if made:
            found.append(F.coalesce(*made))
    every = F.filter(F.array(*found), lambda r: r.isNotNull())
    # Not a chain of ORs: a message to the server may be a hundred levels deep at most.
    some = F.coalesce(*[F.when(broken, F.lit(True)) for broken in broken_by], F.lit(False))
    return F.when(some, every).otherwise(F.array().cast(f"ARRAY<{REASON}>"))


def reason(
    column: str | Expression,
    header: Expression,
    value: Expression,
    rule: str | Expression,
    message: Expression,
) -> Expression:
    """Return one reason: contract column, the file's header, the value as reported, rule and message."""
    return F.struct(
        (F.lit(column) if isinstance(column, str) else column).alias("column"),
        header.alias("header"),
        value.alias("value"),
        (F.lit(rule) if isinstance(rule, str) else rule).alias("rule"),
        message.alias("message"),
    )


def text_name(column: Column) -> str:
    """Return the name of the helper column that holds a column's normal text."""
    return f"_text_{column.name}"


def typed_frame(contract: Contract, rows: DataFrame) -> DataFrame:
    """Add the contract's columns, typed, their texts (:func:`text_name`) and ``_reasons``.

    Parameters
    ----------
    contract : Contract
    rows : DataFrame
        With maps ``cells``, ``attributes``, ``headers``, ``units``.
    """
    # Three steps, so that each text and each value is computed once.
    texts = {text_name(c): text(c, contract.feed.null_markers) for c in contract.columns}
    own = {c.name: typed(contract, c, F.col(text_name(c))) for c in contract.columns}
    return rows.withColumns(texts).withColumns(own).withColumn("_reasons", _reasons(contract))
