"""Row rules: what a contract says of its columns, as Spark expressions with reasons in Chinese.

Every rule gives, for a row that breaks it, a reason with column, header text, value, rule and message.
A row with a reason goes to quarantine whole; nothing is repaired here.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contract import MONEY_UNITS, Column, Contract
from jobs.lake.tables import REASON
from jobs.quality import codes
from jobs.reference import known_codes

_FULL = "".join(chr(c) for c in range(0xFF01, 0xFF5F)) + "\u3000\u00a0\r\n\t"
_HALF = "".join(chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)) + "     "
_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$"
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"
_DATES = {
    r"^\d{4}-\d{1,2}-\d{1,2}$": "yyyy-M-d",
    r"^\d{4}/\d{1,2}/\d{1,2}$": "yyyy/M/d",
    r"^\d{4}年\d{1,2}月\d{1,2}日$": "yyyy年M月d日",
    r"^\d{8}$": "yyyyMMdd",
    r"^\d{4}-\d{1,2}$": "yyyy-M",
    r"^\d{4}年\d{1,2}月$": "yyyy年M月",
}

Rule = tuple[str, Expression, Expression]
"""Name of a rule, the condition of a breach, the message."""


def text(column: Column, markers: list[str]) -> Expression:
    """Return a column's text: half-width, trimmed, null where empty or a null marker of the feed."""
    raw = F.col("cells" if column.source == "cell" else "attributes")[column.name]
    plain = F.trim(F.translate(F.replace(raw, F.lit("_x000D_"), F.lit(" ")), _FULL, _HALF))
    return F.when((plain != "") & ~plain.isin(markers), plain)


def _number(plain: Expression) -> Expression:
    """Return a number; commas are read where they divide thousands, everything else is no number."""
    bare = F.when(plain.rlike(_THOUSANDS), F.translate(plain, ",", "")).otherwise(plain)
    return F.when(bare.rlike(_NUMBER), bare.try_cast("decimal(38,10)"))


def _date(plain: Expression) -> Expression:
    tries = [
        F.when(plain.rlike(pattern), F.to_date(F.try_to_timestamp(plain, F.lit(form))))
        for pattern, form in _DATES.items()
    ]
    return F.coalesce(*tries)


def _month(plain: Expression) -> Expression:
    digits = F.regexp_replace(plain, r"^(\d{4})[年\-/.](\d{1})月?$", r"$10$2")
    digits = F.regexp_replace(digits, r"^(\d{4})[年\-/.](\d{2})月?$", r"$1$2")
    return F.when(digits.rlike(r"^(19|20)\d{2}(0[1-9]|1[0-2])$"), digits)


def _quarter(plain: Expression) -> Expression:
    """Read 2026Q1, 2026年1季度, 2026年一季度, 2026年第一季度."""
    digits = F.translate(plain, "一二三四", "1234")
    digits = F.regexp_replace(digits, r"^(\d{4})年?第?([1-4])季度?$", "$1Q$2")
    return F.when(digits.rlike(r"^(19|20)\d{2}Q[1-4]$"), digits)


def _year(plain: Expression) -> Expression:
    digits = F.regexp_replace(plain, r"(年|年度|\.0)$", "")
    return F.when(digits.rlike(r"^(19|20)\d{2}$"), digits.cast("int"))


def _code(column: Column, plain: Expression) -> Expression:
    half = str.maketrans(_FULL, _HALF)
    pairs = [F.lit(x) for label, code in column.codes.items() for x in (label.translate(half), code)]
    return F.element_at(F.create_map(*pairs), plain)


def _money(column: Column, plain: Expression) -> Expression:
    units = F.create_map(*[F.lit(x) for pair in MONEY_UNITS.items() for x in pair])
    return F.try_multiply(_number(plain), F.element_at(units, F.col("units")[column.name])).try_cast(
        column.type
    )


def typed(column: Column, plain: Expression) -> Expression:
    """Return a column's value; null where the text has no such value."""
    by_semantic: dict[str, Callable[[Expression], Expression]] = {
        "uscc": codes.normal,
        "month": _month,
        "quarter": _quarter,
        "year": _year,
        "money": lambda p: _money(column, p),
    }
    if column.semantic in by_semantic:
        return by_semantic[column.semantic](plain)
    if column.codes:
        return _code(column, plain)
    if column.type == "DATE":
        return _date(plain)
    if column.type == "STRING":
        return plain
    number = _number(plain)
    whole = number == F.floor(number)
    # A number too large for its column is none: one cell must not stop the whole poll.
    value = number.try_cast(column.type)
    return F.when(whole, value) if column.type in ("BIGINT", "INT") else value


def _says(*parts: Expression | str) -> Expression:
    return F.concat(*[F.lit(p) if isinstance(p, str) else F.coalesce(p, F.lit("")) for p in parts])


def _kind(column: Column, plain: Expression, value: Expression) -> Rule:
    """Return the rule that a text must have a value of the column's type."""
    broken = plain.isNotNull() & value.isNull()
    wanted = {
        "month": ("PERIOD_FORMAT", "应为年月（如202503）"),
        "quarter": ("PERIOD_FORMAT", "应为季度（如2025Q1）"),
        "year": ("PERIOD_FORMAT", "应为年份（如2025）"),
    }.get(column.semantic or "")
    if wanted is None and column.codes:
        wanted = ("CODE_LIST", f"应为 {'、'.join(column.labels)} 之一")
    if wanted is None:
        kinds = {"DATE": ("NOT_A_DATE", "应为日期"), "BIGINT": ("NOT_A_NUMBER", "应为整数")}
        wanted = kinds.get(column.type, ("NOT_A_NUMBER", "应为数字"))
    return wanted[0], broken, _says(f"{wanted[1]}，实为“", plain, "”")


def _uscc(code: Expression) -> list[Rule]:
    formed = codes.well_formed(code)
    right = codes.check_symbol(code)
    return [
        ("USCC_EXCEL_LOST", code.rlike(r"^\d\.\d+E\+?\d+$"), F.lit("代码已被表格软件改成科学计数，无法还原，请按证照补报")),
        ("USCC_FORMAT", ~formed, F.lit("应为18位数字或大写字母（不含 I、O、S、V、Z）")),
        ("USCC_CHECK", formed & (F.substring(code, 18, 1) != right), _says("校验位不符：按前17位应为", right)),
    ]  # fmt: skip


def _rules(column: Column, plain: Expression, value: Expression) -> list[Rule]:
    """Return a column's rules, the first broken one counts."""
    rules: list[Rule] = []
    if column.required:
        rules.append(("REQUIRED", plain.isNull(), F.lit("必填项为空")))
    if column.semantic == "uscc":
        rules += [(name, plain.isNotNull() & broken, message) for name, broken, message in _uscc(value)]
    elif column.semantic == "region":
        unknown = plain.isNotNull() & ~plain.isin(sorted(known_codes()))
        rules.append(("REGION_CODE", unknown, F.lit("行政区划代码不在现行或曾用代码表内")))
    elif column.type != "STRING" or column.codes or column.semantic:
        rules.append(_kind(column, plain, value))
    if "minimum" in column.options:
        low = column.options["minimum"]
        rules.append(("RANGE", value < F.lit(low), F.lit(f"不应小于 {low}")))
    if "pattern" in column.options:
        rules.append(("PATTERN", ~plain.rlike(column.options["pattern"]), F.lit("格式不符")))
    if column.is_period:
        stated = F.col("attributes")["period"]
        outside = stated.isNotNull() & ~value.cast("string").startswith(stated)
        rules.append(("PERIOD_OUTSIDE", outside, _says("报告期不属于本文件的期间 ", stated)))
    return rules


def _reasons(contract: Contract) -> Expression:
    """Return the array of a row's reasons, one per broken column, empty for a good row.

    A filter of an array is interpreted, with all that stands in it: sound rows are told apart before.
    """
    found, broken_by = [], []
    for column in contract.columns:
        plain, value = F.col(text_name(column)), F.col(column.name)
        raw = F.col("cells" if column.source == "cell" else "attributes")[column.name]
        header = F.coalesce(F.col("headers")[column.name], F.lit(column.label))
        made = [
            F.when(broken, reason(column.name, header, raw, name, message))
            for name, broken, message in _rules(column, plain, value)
        ]
        broken_by += [broken for _, broken, _ in _rules(column, plain, value)]
        if made:
            found.append(F.coalesce(*made))
    every = F.filter(F.array(*found), lambda r: r.isNotNull())
    # Not a chain of ORs: a message to the server may be a hundred levels deep at most.
    some = F.coalesce(*[F.when(broken, F.lit(True)) for broken in broken_by], F.lit(False))
    return F.when(some, every).otherwise(F.array().cast(f"ARRAY<{REASON}>"))


def reason(column: str, header: Expression, value: Expression, rule: str, message: Expression) -> Expression:
    """Return one reason: contract column, the file's header, the value as reported, rule and message."""
    return F.struct(
        F.lit(column).alias("column"),
        header.alias("header"),
        value.alias("value"),
        F.lit(rule).alias("rule"),
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
    values = {c.name: typed(c, F.col(text_name(c))) for c in contract.columns}
    return rows.withColumns(texts).withColumns(values).withColumn("_reasons", _reasons(contract))
