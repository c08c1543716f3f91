"""Dashboard part of the bundle: grid positions, for wide screens and narrow ones, and native filters."""

from __future__ import annotations

import json
import math

from infra.superset.parts import HEADER, Spec, asset_uuid, placed, where_filters

# a row of the grid, a line of the explanation under a chart's title, and how many of its letters fit into a column
_UNIT, _LINE = 8, 18
_LETTERS_PER_COLUMN, _LETTERS_NARROW = 8.2, 26
_COLUMNS = 12
NARROW = "narrow"
"""Height of a cell where it has a row of its own, kept beside the other one."""


def dashboard_config(name: str, spec: Spec, charts: dict[str, Spec]) -> Spec:
    """One dashboard of the bundle from its page."""
    numbers = {chart: number for number, chart in enumerate(placed(spec), start=1)}
    explained = {str(number): True for chart, number in numbers.items() if charts[chart]["explain"]}
    return {
        "dashboard_title": spec["title"],
        "description": spec["question"],
        "css": spec["css"],
        "slug": name,
        "uuid": asset_uuid("dashboard", name),
        "version": "1.0.0",
        "published": True,
        "certified_by": None,
        "position": _positions(spec, charts, numbers),
        "metadata": {
            "native_filter_configuration": [_filter(item, numbers) for item in spec["filters"]],
            "chart_configuration": {},
            "global_chart_configuration": {
                "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
                "chartsInScope": [],
            },
            "cross_filters_enabled": False,
            "label_colors": {},
            "refresh_frequency": 0,
            "timed_refresh_immune_slices": [],
            "expanded_slices": explained,
            "filter_bar_orientation": "HORIZONTAL",
            "default_filters": "{}",
            "show_native_filters": True,
        },
    }


def _positions(spec: Spec, charts: dict[str, Spec], numbers: dict[str, int]) -> Spec:
    positions: Spec = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": spec["title"]}},
    }
    for row_number, row in enumerate(spec["rows"], start=1):
        row_id = f"ROW-{row_number}"
        cells = [
            _cell(f"{row_id}-{number}", cell, charts, numbers) for number, cell in enumerate(row, start=1)
        ]
        _add_row(positions, row_id, cells)
    return positions


def _add_row(positions: Spec, row_id: str, cells: list[Spec]) -> None:
    positions["GRID_ID"]["children"].append(row_id)
    positions[row_id] = {
        "type": "ROW",
        "id": row_id,
        "children": [cell["id"] for cell in cells],
        "parents": ["ROOT_ID", "GRID_ID"],
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }
    for cell in cells:
        positions[cell["id"]] = cell | {"children": [], "parents": ["ROOT_ID", "GRID_ID", row_id]}


def one_column(position_json: str) -> str:
    """The positions of a page with every cell in a row of its own, for screens too narrow for two."""
    wide = json.loads(position_json)
    if not _is_ours(wide):
        return position_json
    narrow = {key: wide[key] for key in ("DASHBOARD_VERSION_KEY", "ROOT_ID", "HEADER_ID")}
    narrow["GRID_ID"] = wide["GRID_ID"] | {"children": []}
    for row_id in wide["GRID_ID"]["children"]:
        for cell_id in wide[row_id]["children"]:
            meta = wide[cell_id]["meta"]
            meta |= {"width": _COLUMNS, "height": meta[NARROW]}
            _add_row(narrow, f"ROW-{cell_id}", [wide[cell_id]])
    return json.dumps(narrow, ensure_ascii=False)


def _is_ours(positions: Spec) -> bool:
    """Whether every cell says how high it is in a row of its own; pages made by hand do not."""
    rows = positions.get("GRID_ID", {}).get("children", [])
    cells = [cell for row in rows for cell in positions[row]["children"]]
    return bool(cells) and all(NARROW in positions[cell].get("meta", {}) for cell in cells)


def _cell(cell_id: str, cell: Spec, charts: dict[str, Spec], numbers: dict[str, int]) -> Spec:
    chart = charts[cell["chart"]] if "chart" in cell else None
    size = {"width": cell["width"], **_heights(cell, chart)}
    if chart is None:
        return {"type": "MARKDOWN", "id": f"MARKDOWN-{cell_id}", "meta": {"code": cell["text"], **size}}
    meta = {
        "chartId": numbers[cell["chart"]],
        "uuid": asset_uuid("chart", cell["chart"]),
        "sliceName": chart["title"],
        **size,
    }
    # the id names the chart, so that style sheet and tests can point at it; markup takes the height that it needs
    name = HEADER if cell["chart"].startswith(f"{HEADER}_") else cell["chart"]
    return {"type": "CHART", "id": f"CHART-{'markup-' if chart.get('markup') else ''}{name}", "meta": meta}


def _heights(cell: Spec, chart: Spec | None) -> Spec:
    """Height of a cell, and where it has the whole width of a narrow screen: the author's, and room for the explanation."""
    height, narrow = cell["height"], cell.get(NARROW, cell["height"])
    if chart is None or not chart["explain"]:
        return {"height": height, NARROW: narrow}
    texts = (chart["explain"], f"来源：{chart['source']}；数据表：{chart['dataset']}")

    def room(letters: float) -> int:
        lines = sum(math.ceil(len(text) / letters) for text in texts)
        return math.ceil((lines * _LINE + _UNIT) / _UNIT)

    return {
        "height": height + room(cell["width"] * _LETTERS_PER_COLUMN),
        NARROW: narrow + room(_LETTERS_NARROW),
    }


def _filter(item: Spec, numbers: dict[str, int]) -> Spec:
    """A single-choice or multiple-choice filter; ``charts`` lists the charts it acts on."""
    target = {"datasetUuid": asset_uuid("dataset", item["dataset"]), "column": {"name": item["column"]}}
    single = item.get("single", False)
    return {
        "id": f"NATIVE_FILTER-{item['id']}",
        "name": item["name"],
        "filterType": "filter_select",
        "type": "NATIVE_FILTER",
        "description": item.get("description", ""),
        "targets": [target],
        "defaultDataMask": _chosen(item["column"], item.get("default", [])),
        "cascadeParentIds": [],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [n for chart, n in numbers.items() if chart not in item["charts"]],
        },
        "adhoc_filters": where_filters(item.get("where", {})),
        "controlValues": {
            "multiSelect": not single,
            "enableEmptyFilter": single,
            "defaultToFirstItem": single,
            "sortAscending": item.get("ascending", True),
            "inverseSelection": False,
            # a filter offers a thousand values at most; the others are looked for by their text
            "searchAllOptions": item.get("search", False),
            # a text that was typed is no value: nothing would be found under it
            "creatable": False,
        },
        # else the charts ask once without the first item and show every period together
        "requiredFirst": single,
        **({"sortMetric": item["sort_by"]} if "sort_by" in item else {}),
    }


def _chosen(column: str, values: list[str]) -> Spec:
    """State of a filter in which some values are chosen; none: it filters nothing."""
    if not values:
        return {"extraFormData": {}, "filterState": {}, "ownState": {}}
    return {
        "extraFormData": {"filters": [{"col": column, "op": "IN", "val": values}]},
        "filterState": {"value": values, "label": "、".join(values)},
        "ownState": {},
    }
