"""Row rules: what a contract says of its columns, as SQL of DuckDB with reasons in Chinese.

Every rule gives, for a row that breaks it, a reason with column, header text, value, rule and message.
A row with a reason goes to quarantine whole; nothing is repaired here.
"""

from __future__ import annotations

import duckdb

from jobs.definitions.contract import DOUBT, RECEIVED, WIDTH, Column, Contract
from jobs.definitions.reference import known_codes
from jobs.feeds.judging import credit_codes, report_items, spreadsheet, values
from jobs.feeds.judging.columns import by_edition, raw, text_name, told
from jobs.sqltext import name, text

RowRule = tuple[str, str, str]
"""Name of a rule, the condition of a breach, the message."""


def define(con: duckdb.DuckDBPyConnection) -> None:
    """Give a connection what the SQL of the rules calls: macros and lists."""
    for part in (values, credit_codes, report_items):
        part.define(con)
    con.execute(
        "CREATE TABLE region_codes AS SELECT unnest($codes) AS code", {"codes": sorted(known_codes())}
    )


def _choices(contract: Contract, column: Column) -> str:
    """Return the message that names a code list."""

    def words(own: Column) -> str:
        of_edition = "" if own is column else f", '（', {told('edition')}, '）'"
        return f"concat({text('应为 ' + '、'.join(own.labels) + ' 之一')}{of_edition})"

    return by_edition(contract, column, words)


def _kind(contract: Contract, column: Column) -> RowRule:
    """Return the rule that a text must have a value of the column's type."""
    plain = text_name(column)
    by_semantic = {
        "month": "应为年月（如202503）",
        "quarter": "应为季度（如2025Q1）",
        "year": "应为年份（如2025）",
    }
    if column.semantic in by_semantic:
        rule, wanted = "PERIOD_FORMAT", text(by_semantic[column.semantic])
    elif column.codes:
        rule, wanted = "CODE_LIST", _choices(contract, column)
    else:
        kinds = {"DATE": ("NOT_A_DATE", "应为日期"), "BIGINT": ("NOT_A_NUMBER", "应为整数")}
        rule, said = kinds.get(column.type, ("NOT_A_NUMBER", "应为数字"))
        wanted = text(said)
    broken = f"{plain} IS NOT NULL AND {name(column.name)} IS NULL"
    return rule, broken, f"concat({wanted}, '，实为“', {plain}, '”')"


def _uscc(plain: str, code: str) -> list[RowRule]:
    lost = "代码已被表格软件改成科学计数，无法还原，请按证照补报"
    symbol = f"concat('校验位不符：按前17位应为', uscc_symbol({code}))"
    return [
        ("USCC_EXCEL_LOST", f"{plain} IS NOT NULL AND uscc_lost({code})", text(lost)),
        ("USCC_FORMAT", f"{plain} IS NOT NULL AND NOT uscc_formed({code})", "'应为18位数字或大写字母（不含 I、O、S、V、Z）'"),
        ("USCC_CHECK", f"{plain} IS NOT NULL AND {code}[18:18] <> uscc_symbol({code})", symbol),
    ]  # fmt: skip


def _bounds(column: Column, value: str) -> list[RowRule]:
    low, high = column.options.get("minimum"), column.options.get("maximum")
    rules = []
    if low is not None:
        rules.append(("RANGE", f"{value} < {low}", text(f"不应小于 {low}")))
    if high is not None:
        rules.append(("RANGE", f"{value} > {high}", text(f"不应大于 {high}")))
    if "pattern" in column.options:
        broken = f"NOT regexp_matches({text_name(column)}, {text(column.options['pattern'])})"
        rules.append(("PATTERN", broken, "'格式不符'"))
    return rules


def _period(column: Column, value: str) -> list[RowRule]:
    """Return the rules that a row is of its file's period, and of one that had begun."""
    stated, received = told("period"), f"TRY_CAST({told(RECEIVED)} AS DATE)"
    outside = f"NOT starts_with(CAST({value} AS VARCHAR), {stated})"
    return [
        ("PERIOD_OUTSIDE", outside, f"concat('报告期不属于本文件的期间 ', {stated})"),
        (
            "PERIOD_FUTURE",
            f"{values.begins(column.semantic or '', value)} > {received}",
            f"concat('报告期在收到日 ', CAST({received} AS VARCHAR), ' 尚未开始')",
        ),
    ]


def _rules(contract: Contract, column: Column) -> list[RowRule]:
    """Return a column's rules, the first broken one counts."""
    plain, value = text_name(column), name(column.name)
    rules = spreadsheet.rules(column, plain, value)
    if column.required:
        rules.append(("REQUIRED", f"{plain} IS NULL", "'必填项为空'"))
    if column.semantic == "uscc":
        rules += _uscc(plain, value)
    elif column.semantic == "region":
        unknown = f"{plain} IS NOT NULL AND {value} NOT IN (FROM region_codes)"
        rules.append(("REGION_CODE", unknown, "'行政区划代码不在现行或曾用代码表内'"))
    elif column.semantic in report_items.SEMANTICS:
        rules += report_items.rules(contract, column, plain, text_name)
    elif column.type != "STRING" or column.codes or column.semantic:
        rules.append(_kind(contract, column))
    rules += _bounds(column, value)
    blocking = [r for r in column.rules if r.severity == "block"]
    rules += [("CROSS_COLUMN", f"NOT ({r.condition})", text(r.text)) for r in blocking]
    return rules + (_period(column, value) if column.is_period else [])


def _reason(column: str, header: str, value: str, rule: str, message: str) -> str:
    """Return SQL of one reason: contract column, the file's header, the value as reported, rule and message."""
    fields = {"column": column, "header": header, "value": value, "rule": rule, "message": message}
    return "{" + ", ".join(f"'{k}': CAST({v} AS VARCHAR)" for k, v in fields.items()) + "}"


WIDTH_CELL, DOUBT_CELL = (f"_cells[{text(cell)}]" for cell in (WIDTH, DOUBT))


def _any(conditions: list[str]) -> str:
    """Return SQL of whether any condition holds; one about what is missing does not."""
    return " OR ".join(f"coalesce({c}, false)" for c in conditions)


def broken(contract: Contract) -> str:
    """Return SQL of whether a row (:func:`jobs.feeds.judging.columns.valued`) has a reason of its own."""
    conditions = [f"{WIDTH_CELL} IS NOT NULL", f"{DOUBT_CELL} IS NOT NULL"]
    return _any(conditions + [b for c in contract.columns for _, b, _ in _rules(contract, c)])


def unreadable(contract: Contract) -> str:
    """Return SQL of whether a column of a row's key is broken, so that nobody knows which key the row stands for.

    A row of another width than the header may have its key elsewhere.
    """
    keyed = ", ".join(map(text, contract.key))
    conditions = [f"{WIDTH_CELL} IS NOT NULL", f"split_part({DOUBT_CELL}, chr(9), 1) IN ({keyed})"]
    return _any(conditions + [b for k in contract.key for _, b, _ in _rules(contract, contract.column(k))])


def _whole_row(contract: Contract) -> list[str]:
    """Return the reasons that a row's shape gives; a doubt leaves the key readable."""
    column, rule, message = (f"split_part({DOUBT_CELL}, chr(9), {n})" for n in (1, 2, 3))
    shifted = text("列数与表头不符，各格可能错位（如金额中的逗号未加引号、行被折断），整行未采用")
    width = _reason(text(contract.key[0]), "'整行'", WIDTH_CELL, "'ROW_WIDTH'", shifted)
    doubt = _reason(column, f"_headers[{column}]", f"_cells[{column}]", rule, message)
    return [
        f"CASE WHEN {WIDTH_CELL} IS NOT NULL THEN {width} END",
        f"CASE WHEN {DOUBT_CELL} IS NOT NULL THEN {doubt} END",
    ]


def reasons(contract: Contract) -> str:
    """Return SQL of the list of a row's reasons, one per broken column; the row (:func:`jobs.feeds.judging.columns.valued`) has ``_headers``, too."""
    told_reasons = _whole_row(contract)
    for column in contract.columns:
        header = f"coalesce(_headers[{text(column.name)}], {text(column.label)})"
        made = [
            f"WHEN {condition} THEN {_reason(text(column.name), header, raw(column), text(rule), message)}"
            for rule, condition, message in _rules(contract, column)
        ]
        if made:
            told_reasons.append(f"CASE {' '.join(made)} END")
    return f"list_filter([{', '.join(told_reasons)}], lambda r: r IS NOT NULL)"


def key_reason(contract: Contract, header: str, key: str, rule: str, message: str) -> str:
    """Return SQL of a reason that only other rows show; it names the first column of the key.

    Parameters
    ----------
    contract : Contract
    header, key, rule, message : str
        SQL of each.
    """
    return _reason(text(contract.key[0]), header, key, rule, message)
