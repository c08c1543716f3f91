"""Lines behind figures that are worked out beside the population: departments' reports and banks."""

from __future__ import annotations

from jobs.definitions.reference import report_items
from jobs.kpi.item_rows import ItemRow
from jobs.kpi.items import item_figures
from jobs.kpi.region_figures import area_of
from jobs.operate.parts import ABOVE, Behind, Check, Part, Pointer, columns_of, counted, sums
from jobs.operate.recount.moment import Moment
from jobs.pipeline import region_rows


def items(moment: Moment) -> Behind:
    """Return the lines of the departments' reports behind a figure, each with who sent it in which document."""
    figure, programme = moment.figure, moment.programme
    item = report_items()[moment.indicator.item or ""]
    area = area_of(programme, moment.regions)
    rows = region_rows.reports(moment.con, moment.known, area)
    again = item_figures([item], rows, area, [figure["period"]], programme.window_start.year)
    wanted = (figure["region_code"], figure["reading"])
    same = next(f for f in again if (f.region_code, f.reading) == wanted)
    lines = set(same.lines)
    own = [r for r in rows if r.item_code == item.code and r.line in lines]
    parts = [
        _report(moment, r) for r in sorted(own, key=lambda r: (r.period, r.basis, r.region_code, r.line))
    ]
    return Behind(parts, _item_checks(moment, parts, same.value))


def _report(moment: Moment, row: ItemRow) -> Part:
    # A year told by cumulatives alone is the last one less that of last year's end.
    opening = moment.figure["reading"] == "year" and row.basis == "cumulative"
    taken_off = opening and row.period != moment.figure["period"]
    read = moment.indicator.reads["current"]
    batch_id, _, sheet, row_no = row.line
    return Part(
        code=row.region_code, name=row.filled_by, place=moment.regions.names.get(row.region_code, row.region_code),
        numerator=-row.value if taken_off else row.value,
        pointers=(Pointer(ABOVE, columns_of(read, read.column), (batch_id, sheet, row_no)),),
        label=f"{row.period} “{row.source_text}”", written=(row.source_text,),
    )  # fmt: skip


def _item_checks(moment: Moment, parts: list[Part], value: float | None) -> list[Check]:
    figure, reading = moment.figure, moment.figure["reading"]
    if reading in ("year", "yearly_growth"):
        # Several lines of a region are one answer: they are not counted.
        return [Check("数值", figure["value"], value), *sums(figure, parts)]
    if reading == "total_min":
        least = min((p.numerator for p in parts if p.numerator is not None), default=None)
        return [counted(figure, parts), Check("最少", figure["numerator"], least)]
    return [counted(figure, parts), *sums(figure, parts)]


def totals(moment: Moment) -> Behind:
    """Return the banks' lines behind a total; a bank that left the amount out does not count."""
    figure, read = moment.figure, moment.indicator.reads["current"]
    area = area_of(moment.programme, moment.regions)
    rows = region_rows.bank_rows(moment.con, moment.known, read.feed, area, moment.regions)
    wanted = (figure["period"], read.where["instrument"])
    own = sorted((r for r in rows if (r.period, r.instrument) == wanted), key=lambda r: (r.bank_code, r.line))
    parts = [
        Part(
            code=r.bank_code, name="", place=figure["region_name"], numerator=r.amount(read.column),
            pointers=(Pointer(ABOVE, columns_of(read, read.column), (r.batch_id, r.sheet, r.row_no)),),
            counted=r.amount(read.column) is not None, label="" if r.amount(read.column) is not None else "MISSING_NUM",
        )
        for r in own
    ]  # fmt: skip
    # The denominator only turns 元 into the unit shown.
    above = [c for c in sums(figure, parts) if c.name == ABOVE]
    return Behind(sorted(parts, key=lambda p: not p.counted), [counted(figure, parts), *above])
