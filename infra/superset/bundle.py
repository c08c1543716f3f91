"""Turns the specs into Superset's import bundle: a mapping of file name to YAML text.

Every uuid is derived from a name, so an import meets the assets of the import before it.
"""

from __future__ import annotations

import json

import yaml

from infra.superset.kinds import params_of
from infra.superset.layout import dashboard_config
from infra.superset.parts import (
    OPERATIONS,
    SERVED,
    Spec,
    Specs,
    asset_uuid,
    database_of,
    operations_file,
    where_filters,
)
from infra.superset.queries import query_context

# a bundle has to carry a time; a constant keeps equal specs equal
_TIMESTAMP = "2022-01-01T00:00:00+00:00"


def build(specs: Specs, served_file: str) -> dict[str, str]:
    """Write the bundle.

    Parameters
    ----------
    specs
        The loaded specs.
    served_file
        Absolute path of the served DuckDB file, part of the database's address; the operations file lies beside it.
    """
    files: dict[str, Spec] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": _TIMESTAMP}
    }
    paths = {SERVED: served_file, OPERATIONS: operations_file(served_file)}
    for name, title in specs.databases.items():
        files[f"databases/{name}.yaml"] = _database(name, title, paths[name])
    for name, dataset in specs.datasets.items():
        files[f"datasets/{database_of(dataset)}/{name}.yaml"] = _dataset(name, dataset)
    for name, chart in specs.charts.items():
        files[f"charts/{name}.yaml"] = _chart(name, chart, specs.datasets[chart["dataset"]])
    for name, page in specs.pages.items():
        files[f"dashboards/{name}.yaml"] = dashboard_config(name, page, specs.charts)
    for name, query in specs.queries.items():
        files[f"queries/served/{name}.yaml"] = _query(name, query)
    return {
        name: yaml.safe_dump(content, allow_unicode=True, sort_keys=False) for name, content in files.items()
    }


def _database(name: str, title: str, file: str) -> Spec:
    return {
        "database_name": title,
        "sqlalchemy_uri": f"duckdb:///{file}?access_mode=read_only",
        "uuid": asset_uuid("database", name),
        "version": "1.0.0",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {
            "allows_virtual_table_explore": False,
            "disable_data_preview": False,
            "metadata_params": {},
            "engine_params": {},
            "metadata_cache_timeout": {},
            "schemas_allowed_for_file_upload": [],
        },
    }


def _column(name: str, spec: Spec) -> Spec:
    kind = spec.get("type", "VARCHAR")
    return {
        "column_name": name,
        "verbose_name": spec["label"],
        "is_dttm": kind in ("DATE", "TIMESTAMP"),
        "is_active": True,
        "type": kind,
        "groupby": True,
        "filterable": True,
        "expression": spec.get("sql"),
        "description": spec.get("description"),
        "python_date_format": None,
    }


def _dataset(name: str, spec: Spec) -> Spec:
    columns = spec["columns"] | spec["calculated"]
    return {
        "table_name": name,
        "schema": "main",
        "sql": spec.get("sql"),
        "main_dttm_col": None,
        "description": spec["title"],
        "offset": 0,
        "cache_timeout": None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": asset_uuid("dataset", name),
        "version": "1.0.0",
        "database_uuid": asset_uuid("database", database_of(spec)),
        "columns": [_column(column, details) for column, details in columns.items()],
        "metrics": [
            {
                "metric_name": metric,
                "verbose_name": details["label"],
                "expression": details["sql"],
                "d3format": details.get("format"),
                "metric_type": None,
                "description": None,
                "warning_text": None,
            }
            for metric, details in spec.get("metrics", {}).items()
        ],
    }


def _description(spec: Spec, dataset: Spec) -> str | None:
    """What the page says under the title: how it is computed, and where it comes from."""
    if not spec["explain"]:
        return None
    return f"{spec['explain'].strip()}\n\n来源：{spec['source'].strip()}；数据表：{dataset['title']}"


def _chart(name: str, spec: Spec, dataset: Spec) -> Spec:
    params = {
        "viz_type": spec["viz"],
        "adhoc_filters": where_filters(spec.get("where", {})),
        **params_of(spec),
    }
    if "order" in spec:
        params["order_by_cols"] = [json.dumps([column, ascending]) for column, ascending in spec["order"]]
    query = query_context(name, spec)
    return {
        "slice_name": spec["title"],
        "description": _description(spec, dataset),
        "certified_by": None,
        "viz_type": spec["viz"],
        "params": params,
        "query_context": json.dumps(query, ensure_ascii=False) if query else None,
        "cache_timeout": None,
        "uuid": asset_uuid("chart", name),
        "version": "1.0.0",
        "dataset_uuid": asset_uuid("dataset", spec["dataset"]),
    }


def _query(name: str, spec: Spec) -> Spec:
    """A saved query of SQL Lab; what it answers stands above the statement as well."""
    return {
        "catalog": None,
        "schema": "main",
        "label": spec["title"],
        "description": spec["explain"],
        "sql": f"-- {spec['title']}\n-- {spec['explain']}\n{spec['sql'].strip()}\n",
        "uuid": asset_uuid("query", name),
        "version": "1.0.0",
        "database_uuid": asset_uuid("database", "served"),
    }
