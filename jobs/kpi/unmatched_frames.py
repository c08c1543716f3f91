"""Lines of notices that match no holder, in frames: as people settled them, and as marks on figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.kpi.dictionary import Indicator, of_certificates
from jobs.kpi.population import Inputs
from jobs.kpi.regions import RegionMap
from jobs.kpi.unmatched import Word, touched
from jobs.lake import spark_keys
from jobs.policy.model import Programme

_KEY = ("document_no", "tier", "event", "_name")


def settled(notices: DataFrame, words: Sequence[Word]) -> DataFrame:
    """Return the lines of notices as they count by people's words: with the code they settled, or not at all.

    Parameters
    ----------
    notices : DataFrame
        Silver certificate notices.
    words : sequence of Word
    """
    if not words:
        return notices
    rows = [(*w.key, w.stated or "", w.uscc) for w in words]
    schema = ", ".join(f"{n} STRING" for n in (*_KEY, "_stated", "_settled"))
    said = notices.sparkSession.createDataFrame(rows, schema).withColumn("_said", F.lit(True))
    told = notices.withColumns(
        {"_name": spark_keys.folded(F.col("name")), "_stated": F.coalesce("uscc", F.lit(""))}
    )
    found = told.join(F.broadcast(said), [*_KEY, "_stated"], "left")
    counts = F.col("_said").isNull() | F.col("_settled").isNotNull()
    return (
        found.where(counts)
        .withColumn("uscc", F.coalesce("_settled", "uscc"))
        .select(*[F.col(c) for c in notices.columns])
    )


def marked(
    figures: DataFrame,
    inputs: Inputs,
    programme: Programme,
    regions: RegionMap,
    periods: list[str],
    used: Iterable[Indicator],
) -> DataFrame:
    """Add to the pending of each figure about certificates the lines that wait and could change it.

    Parameters
    ----------
    figures : DataFrame
        Rows of ``kpi_region``.
    inputs : Inputs
    programme : Programme
    regions : RegionMap
    periods : list of str
        Of the figures.
    used : iterable of Indicator
        The programme's.
    """
    found = touched(inputs.unmatched, inputs.notices, programme, regions, periods)
    if not found:
        return figures
    own = sorted(of_certificates(used))
    rows = sorted(
        (period, region, tier or "", nested, n) for (period, region, tier, nested), n in found.items()
    )
    schema = "period STRING, region_code STRING, _tier STRING, _nested BOOLEAN, _lines BIGINT"
    waiting = figures.sparkSession.createDataFrame(rows, schema)
    told = figures.withColumns(
        {"_tier": F.coalesce("tier", F.lit("")), "_nested": F.col("reading").endswith("_or_higher")}
    )
    joined = told.join(F.broadcast(waiting), ["period", "region_code", "_tier", "_nested"], "left")
    lines = F.when(F.col("indicator").isin(own), F.coalesce("_lines", F.lit(0))).otherwise(0)
    added = joined.withColumn("n_pending", F.col("n_pending") + lines)
    return added.select(*[F.col(c) for c in figures.columns])
