"""Who became eligible for an incentive in a period, and for how much: a list, not a payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from jobs.kpi.origins import LINE, Origins, as_text
from jobs.period import parse
from jobs.policy.document import Document
from jobs.policy.incentives import Incentive

FIRST_AWARDED = "first_awarded_this_period"
"""Column of the tiers whose first grant ever came into force in the period."""

_EXACT = "decimal(38,8)"
"""Facts have four decimals and rates two: nothing is rounded before it is compared with the cap."""
_DOCUMENTS = "first_award_documents"
_RULE = (
    "incentive_id STRING, policy STRING, policy_region_code STRING, applies BOOLEAN, name_zh STRING, clause STRING, "
    "quote STRING, kind STRING, owners STRING, cap DECIMAL(28,4), status STRING, listed BOOLEAN, why STRING, "
    "missing STRING"
)


def _with_awards(facts: DataFrame, first_awards: DataFrame) -> DataFrame:
    """Add the tiers first awarded in the period, and the documents that say so."""
    document = F.concat(
        "tier", F.lit("（"), "document_no", F.lit("，"), F.col("document_date").cast("string"), F.lit("）")
    )
    named = F.col("in_period") & F.col("tier").isNotNull() & F.col("uscc").isNotNull()
    awarded = (
        first_awards.where(named)
        .groupBy("period", "uscc")
        .agg(
            F.sort_array(F.collect_set("tier")).alias(FIRST_AWARDED),
            F.array_join(F.sort_array(F.collect_set(document)), "；").alias(_DOCUMENTS),
        )
    )
    none = F.array().cast("array<string>")
    return facts.join(awarded, ["period", "uscc"], "left").withColumn(
        FIRST_AWARDED, F.coalesce(FIRST_AWARDED, none)
    )


def _text(name: str, kind: str) -> Column:
    """Return what is shown of a fact or column as evidence; null where there is none."""
    if name == FIRST_AWARDED:
        return F.col(_DOCUMENTS)
    if kind.startswith("array"):
        return F.array_join(name, ",")
    text = F.col(name).cast("string")
    return F.regexp_replace(text, r"\.?0+$", "") if kind.startswith("decimal") else text


def _known(pairs: list[tuple[str, Column]], kind: str) -> Column:
    """Return a map of those values that are there."""
    entries = F.array(*[F.struct(F.lit(k).alias("key"), v.alias("value")) for k, v in pairs])
    entries = entries.cast(f"array<struct<key:string,value:{kind}>>")
    return F.map_from_entries(F.filter(entries, lambda e: e["value"].isNotNull()))


def _figure(name: str | None) -> Column:
    """Return which year's figure a yearly condition rests on: its line, for want of one the calendar year.

    The next year's figure stands on another line, whatever its value.
    """
    year = F.substring("period", 1, 4)
    if name is None:
        return year
    line = F.col("lines")[name]
    return F.when(line.isNotNull(), F.concat_ws(":", line["origin"], line["row_no"])).otherwise(year)


def _entry(incentive: Incentive, kinds: dict[str, str]) -> Column:
    """Return the row of an incentive for which a firm is eligible, else null."""
    rule = incentive.rule
    lines = [(n, F.col("lines")[n]) for n in rule.needs if kinds[n].startswith("decimal")]
    parts = {
        "incentive_id": F.lit(incentive.id),
        "before": (F.lit(None) if rule.amount is None else F.expr(rule.amount)).cast(_EXACT),
        "limit": F.lit(rule.cap).cast(_EXACT),
        "turn": F.lit(rule.turn),
        "figure": _figure(rule.figure),
        "evidence": _known([(n, _text(n, kinds[n])) for n in rule.needs], "string"),
        "evidence_lines": _known(lines, LINE),
    }
    return F.when(F.expr(str(rule.eligible)), F.struct(*[c.alias(n) for n, c in parts.items()]))


def _new(asked: Sequence[str]) -> Column:
    """Return whether a firm that is eligible became so in the period."""
    before = F.create_map(*[F.lit(x) for p in asked for x in (p, parse(p).shift(-1).key)])[F.col("period")]
    firm = Window.partitionBy("uscc", "incentive_id")
    last = F.lag("period").over(firm.orderBy("period"))
    first = F.min("period").over(Window.partitionBy("uscc", "incentive_id", "figure"))
    return (
        F.when(F.col("turn") == "quarter", F.coalesce(last != before, F.lit(True)))
        .when(F.col("turn") == "year", first == F.col("period"))
        .otherwise(F.lit(True))
    )


def _static(spark: SparkSession, rules: Sequence[Incentive]) -> DataFrame:
    rows = [
        (
            i.id,
            i.name_zh,
            i.clause,
            i.kind,
            i.rule.amount_name,
            i.rule.amount is not None,
            i.rule.missing or None,
        )
        for i in rules
    ]
    schema = (
        "incentive_id STRING, name_zh STRING, clause STRING, kind STRING, amount_name STRING, quantified BOOLEAN, "
        "missing STRING"
    )
    return spark.createDataFrame(rows, schema)


def incentives(
    facts: DataFrame,
    first_awards: DataFrame,
    rules: Iterable[Incentive],
    asked: Sequence[str],
    origins: Origins,
) -> DataFrame:
    """Return the firms that became eligible for an incentive in the asked periods.

    A first award counts in the period in which it comes into force; a condition that may change every
    quarter counts where the quarter before did not meet it (not met, unknown or not among the holders);
    a condition on yearly figures once for each year's figure, in the earliest period of the frame that
    meets it with that figure. Deregistered firms and firms outside the programme's units are not listed.

    Parameters
    ----------
    facts : DataFrame
        Facts of enterprises per period; for yearly conditions the four quarters before those asked as well.
    first_awards : DataFrame
        Of :func:`jobs.kpi.flow.first_awards`.
    rules : iterable of Incentive
        At least one of them with a condition.
    asked : sequence of str
        Quarter keys.
    origins : Origins
        Of the facts' lines.

    Returns
    -------
    DataFrame
        period, region_code, county_code, uscc, name, incentive_id, name_zh, clause, kind, amount_name,
        amount_before_cap, amount, cap (元), cap_hit (the cap cuts something off; null: amount unknown),
        quantified, evidence, evidence_lines, missing.
    """
    listed = [i for i in rules if i.rule.eligible is not None]
    frame = _with_awards(facts, first_awards)
    kinds = dict(frame.dtypes)
    entries = F.array_compact(F.array(*[_entry(i, kinds) for i in listed]))
    there = F.col("unit").isNotNull() & ~F.coalesce("closed", F.lit(False))
    place = [F.col("unit").alias("region_code"), F.col("county").alias("county_code")]
    eligible = frame.where(there).select("period", *place, "uscc", "name", F.inline(entries))
    known, hit = F.col("before").isNotNull(), F.coalesce(F.col("before") > F.col("limit"), F.lit(False))
    amounts = {
        "amount_before_cap": F.col("before"),
        "amount": F.when(known, F.least("before", "limit")),
        "cap": F.col("limit"),
        "cap_hit": F.when(known, hit),
    }
    new = eligible.withColumn("new", _new(asked)).where(F.col("new") & F.col("period").isin(list(asked)))
    return (
        origins.beside(new)
        .withColumns(amounts | {"evidence_lines": as_text(F.col("evidence_lines"))})
        .join(F.broadcast(_static(facts.sparkSession, listed)), "incentive_id")
        .select(
            "period", "region_code", "county_code", "uscc", "name", "incentive_id", "name_zh", "clause", "kind",
            "amount_name", *amounts, "quantified", "evidence", "evidence_lines", "missing",
        )
    )  # fmt: skip


def rule_table(
    spark: SparkSession, documents: Iterable[Document], region_code: str, periods: Sequence[str]
) -> DataFrame:
    """Return every incentive of every policy with its status, once per period.

    Parameters
    ----------
    spark : SparkSession
    documents : iterable of Document
    region_code : str
        The programme's region: incentives of other regions' policies do not apply.
    periods : sequence of str

    Returns
    -------
    DataFrame
        period, incentive_id, policy, policy_region_code, applies, name_zh, clause, quote, kind, owners, cap
        (元), status (已量化, 未量化, 无数据来源), listed (whether firms are listed), why, missing.
    """
    rows = [
        (
            i.id, d.id, d.region_code, d.region_code == region_code, i.name_zh, i.clause, i.quote, i.kind,
            "、".join(i.owners), i.rule.cap, i.rule.status, i.rule.eligible is not None, i.rule.why or None,
            i.rule.missing or None,
        )
        for d in documents
        for i in d.incentives
    ]  # fmt: skip
    each = spark.createDataFrame([(p,) for p in periods], "period STRING")
    return each.crossJoin(F.broadcast(spark.createDataFrame(rows, _RULE)))
