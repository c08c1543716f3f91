"""Dashboard part of the bundle: grid positions and native filters."""

from __future__ import annotations

from infra.superset.parts import asset_uuid, where_filters
from infra.superset.specs import SPEC_ROOT, Spec


def dashboard_config(name: str, spec: Spec, charts: dict[str, Spec]) -> Spec:
    """One dashboard of the bundle from its spec."""
    placed = [cell["chart"] for row in spec["rows"] for cell in row if "chart" in cell]
    numbers = {chart: number for number, chart in enumerate(placed, start=1)}
    return {
        "dashboard_title": spec["title"],
        "description": None,
        "css": (SPEC_ROOT / "dashboards" / spec["css"]).read_text(encoding="utf-8"),
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
            "expanded_slices": {},
            "filter_bar_orientation": "HORIZONTAL",
            "default_filters": "{}",
            "show_native_filters": True,
        },
    }


def _positions(spec: Spec, charts: dict[str, Spec], numbers: dict[str, int]) -> Spec:
    grid: Spec = {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]}
    positions: Spec = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": grid,
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": spec["title"]}},
    }
    for row_number, row in enumerate(spec["rows"], start=1):
        row_id = f"ROW-{row_number}"
        grid["children"].append(row_id)
        cells = [
            _cell(f"{row_id}-{number}", cell, charts, numbers) for number, cell in enumerate(row, start=1)
        ]
        positions[row_id] = {
            "type": "ROW",
            "id": row_id,
            "children": [cell["id"] for cell in cells],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for cell in cells:
            positions[cell["id"]] = cell | {"children": [], "parents": ["ROOT_ID", "GRID_ID", row_id]}
    return positions


def _cell(cell_id: str, cell: Spec, charts: dict[str, Spec], numbers: dict[str, int]) -> Spec:
    size = {"width": cell["width"], "height": cell["height"]}
    if "text" in cell:
        return {"type": "MARKDOWN", "id": f"MARKDOWN-{cell_id}", "meta": {"code": cell["text"], **size}}
    chart = cell["chart"]
    meta = {
        "chartId": numbers[chart],
        "uuid": asset_uuid("chart", chart),
        "sliceName": charts[chart]["title"],
        **size,
    }
    # the id names the chart, so that style sheet and tests can point at it
    return {"type": "CHART", "id": f"CHART-{chart}", "meta": meta}


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
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
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
            "searchAllOptions": False,
        },
        # else the charts ask once without the first item and show every period together
        "requiredFirst": single,
        **({"sortMetric": item["sort_by"]} if "sort_by" in item else {}),
    }
