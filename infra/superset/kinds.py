"""Kinds of charts: what their parameters name, and what all charts of a kind have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.superset.parts import Spec

# an edge of one table page; the next ones are asked for by themselves
PAGE_ROWS = 20


@dataclass(frozen=True)
class Kind:
    """A kind of chart.

    Parameters
    ----------
    lists
        Parameters that hold lists of columns or metrics.
    singles
        Parameters that hold one column or metric.
    defaults
        Parameters of every chart of the kind, unless it says otherwise.
    needs
        Parameters without which there is no query.
    """

    lists: tuple[str, ...] = ()
    singles: tuple[str, ...] = ()
    defaults: Spec = field(default_factory=dict)
    needs: tuple[str, ...] = ()


_SERIES = Kind(
    ("metrics", "groupby"),
    ("x_axis", "x_axis_sort"),
    {
        "groupby": [],
        "row_limit": 1000,
        "rich_tooltip": True,
        "truncate_metric": True,
        "color_scheme": "zjtx",
        "legendType": "scroll",
        "legendOrientation": "top",
        "x_axis_sort_asc": True,
    },
    needs=("x_axis", "metrics"),
)
KINDS: dict[str, Kind] = {
    "table": Kind(
        ("all_columns", "groupby", "metrics"),
        defaults={
            "query_mode": "raw",
            "row_limit": 50,
            "show_cell_bars": False,
            "table_timestamp_format": "%Y-%m-%d",
        },
    ),
    "echarts_timeseries_bar": _SERIES,
    "echarts_timeseries_line": _SERIES,
    "pie": Kind(
        ("groupby",),
        ("metric",),
        {"row_limit": 20, "color_scheme": "zjtx", "sort_by_metric": True, "show_labels_threshold": 3},
        needs=("groupby", "metric"),
    ),
    "big_number_total": Kind((), ("metric",), needs=("metric",)),
    "pivot_table_v2": Kind(
        ("groupbyRows", "groupbyColumns", "metrics"),
        defaults={
            "row_limit": 1000,
            "metricsLayout": "COLUMNS",
            "rowOrder": "key_a_to_z",
            "colOrder": "key_a_to_z",
            "aggregateFunction": "Sum",
            "valueFormat": ",.2f",
        },
        needs=("groupbyRows", "groupbyColumns", "metrics"),
    ),
    "heatmap_v2": Kind(
        (),
        ("x_axis", "groupby", "metric"),
        {
            "row_limit": 1000,
            "normalize_across": "heatmap",
            "sort_x_axis": "alpha_asc",
            "sort_y_axis": "alpha_asc",
            "legend_type": "continuous",
            "show_legend": True,
            "show_values": True,
            "linear_color_scheme": "zjtx_sequential",
            "xscale_interval": -1,
            "yscale_interval": -1,
            "left_margin": "auto",
            "bottom_margin": 50,
            "value_bounds": [None, None],
        },
        needs=("x_axis", "groupby", "metric"),
    ),
    "deck_geojson": Kind((), ("geojson",), {"row_limit": 50}, needs=("geojson",)),
}
# drawn by Superset's older interface, which sends the parameters themselves
LEGACY = ("deck_geojson",)
_BY_AXIS = ("echarts_timeseries_bar", "echarts_timeseries_line")
TOGETHER = "sum"
"""Value of ``x_axis_sort`` that sorts stacked bars by what their parts come to; it names no column."""
_MARKUP = {"table_timestamp_format": "smart_date"}
_PAGED = {"server_pagination": True, "server_page_length": PAGE_ROWS, "include_search": True}


def params_of(chart: Spec) -> Spec:
    """The parameters of a chart as Superset keeps them: its own over those of its kind."""
    kind = dict(KINDS[chart["viz"]].defaults)
    if chart.get("markup"):
        kind |= _MARKUP
    if chart["params"].get("server_pagination"):
        kind |= _PAGED
    if chart["viz"] in _BY_AXIS:
        kind["x_axis_sort"] = chart["params"].get("x_axis")
    return kind | chart["params"]


def missing(chart: Spec) -> list[str]:
    """Parameters that a chart lacks."""
    needs = KINDS[chart["viz"]].needs
    if chart["viz"] == "table":
        is_raw = params_of(chart)["query_mode"] == "raw"
        needs = ("all_columns",) if is_raw else ("groupby", "metrics")
    return [name for name in needs if not chart["params"].get(name)]


def used(chart: Spec) -> set[str]:
    """Names of columns and metrics that a chart uses."""
    kind, params = KINDS[chart["viz"]], chart["params"]
    names = set(chart.get("where", {})) | {column for column, _ in chart.get("order", [])}
    for key in kind.lists:
        names |= set(params.get(key, []))
    return names | {params[key] for key in kind.singles if params.get(key)} - {TOGETHER}
