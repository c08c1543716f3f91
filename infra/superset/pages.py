"""What every page gets, whoever writes it: the strip with the publication, the way to the other pages, the period."""

from __future__ import annotations

from infra.superset import links
from infra.superset.parts import HEADER, Spec, Specs, placed, sql_of

_STRIP_HEIGHT = 14


def complete(specs: Specs, header: Spec) -> None:
    """Give every page its strip, its navigation and the filter of the period.

    Parameters
    ----------
    specs
        Pages as their authors wrote them.
    header
        The chart and the filter that all have in common.
    """
    for page in specs.pages.values():
        page["filters"] = [dict(header["filter"]), *page.get("filters", [])]
    order = sorted(specs.pages, key=lambda slug: (specs.pages[slug]["order"], slug))
    chart = header["chart"]
    publication = specs.datasets[chart["dataset"]]
    period = header["filter"]["column"]
    for slug, page in specs.pages.items():
        name = f"{HEADER}_{slug}"
        ways = " || ".join(_way(specs.pages[other], other, publication, period) for other in order)
        publication["calculated"][name] = {
            "label": chart["title"],
            "sql": f"""'<div class="zj-ways">' || {ways} || '</div>' || {sql_of(publication, chart["strip"])}"""
            f""" || '<div class="zj-question">{_literal(page["question"])}</div>'""",
        }
        specs.charts[name] = _strip(name, chart)
        page["rows"] = [[{"chart": name, "width": 12, "height": _STRIP_HEIGHT}], *page["rows"]]
        page["css"] += (
            f'.zj-ways a[href*="{links.ADDRESS.format(slug)}"] {{ font-weight: 700; border-bottom-color: #1f5fa8; }}\n'
        )
        _scope(specs, page)


def _way(page: Spec, slug: str, publication: Spec, period: str) -> str:
    """A link to a page, which opens with the period of the row; who may not open the page does not see it."""
    keys = [item["id"] for item in page["filters"] if item["column"] == period]
    values = {period: (keys[0], sql_of(publication, period))}
    return links.anchor(slug, values, f"'{_literal(page['title'])}'", css=f"zj-way zj-way-{slug}")


def _literal(text: str) -> str:
    return text.replace("'", "''")


def _strip(name: str, chart: Spec) -> Spec:
    return {
        "title": chart["title"],
        "explain": "",
        "source": "",
        "dataset": chart["dataset"],
        "viz": chart["viz"],
        "where": chart["where"],
        "markup": True,
        "params": {"query_mode": "raw", "all_columns": [name], "row_limit": 1},
    }


def _scope(specs: Specs, page: Spec) -> None:
    """Let every filter act on the charts that have its column under the same label, unless the page says which."""
    timeless = set(page.get("all_periods", ()))
    for number, item in enumerate(page["filters"]):
        label = _label(specs, item["dataset"], item["column"])
        acts_on = [
            chart
            for chart in placed(page)
            if chart in specs.charts
            and label is not None
            and label == _label(specs, specs.charts[chart]["dataset"], item["column"])
            and not (number == 0 and chart in timeless)
        ]
        item.setdefault("charts", acts_on)


def _label(specs: Specs, dataset: str, column: str) -> str | None:
    spec = specs.datasets.get(dataset)
    columns = spec["columns"] | spec["calculated"] if spec else {}
    return columns[column]["label"] if column in columns else None
