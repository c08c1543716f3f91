"""Links from a row to another page, with the row's values in that page's filters.

Written as expressions of the served file, so that a link goes wherever the row goes. The page reads its filters from
the address, in Rison, as Superset itself writes them into addresses.
"""

from __future__ import annotations

from infra.superset.kinds import KINDS, used
from infra.superset.parts import Spec, SpecError, Specs, names_of, placed, sql_of

ADDRESS = "/superset/dashboard/{}/"


def complete(specs: Specs) -> None:
    """Write the calculated column of every link that a data set declares."""
    for name, dataset in specs.datasets.items():
        for column, link in dataset.get("links", {}).items():
            dataset["calculated"][column] = {
                "label": link["label"],
                "sql": _column(specs, name, column, link),
                "links_to": link["page"],
            }
    for slug, page in specs.pages.items():
        for chart in placed(page):
            _check_readers(specs, slug, page, chart)


def _column(specs: Specs, name: str, column: str, link: Spec) -> str:
    dataset, where = specs.datasets[name], f"数据集 {name} 的链接 {column}"
    target = specs.pages.get(link["page"])
    if target is None:
        raise SpecError(f"{where} 指向不存在的页面 {link['page']}")
    filters = {item["id"]: item for item in target["filters"]}
    if unknown := set(link["set"]) - set(filters):
        raise SpecError(f"{where} 设置了页面 {link['page']} 没有的筛选器：{'、'.join(sorted(unknown))}")
    if "period_label" in dataset["calculated"] and "period" not in link["set"]:
        raise SpecError(f"{where} 没有带上期间（period: period_label）")
    named = {link["text"], *link["set"].values()}
    if unknown := named - names_of(dataset) | named & set(dataset.get("metrics", {})):
        raise SpecError(f"{where} 用到数据集里没有的列：{'、'.join(sorted(unknown))}")
    values = {filters[key]["column"]: (key, sql_of(dataset, value)) for key, value in link["set"].items()}
    text = sql_of(dataset, link["text"])
    # without a value there is nothing to filter by, and the row shows its text alone
    return f"coalesce({anchor(link['page'], values, text)}, {escaped(text)})"


def _check_readers(specs: Specs, slug: str, page: Spec, chart: str) -> None:
    """Refuse a link that somebody sees who may not open its page."""
    spec = specs.charts.get(chart)
    if spec is None or spec["dataset"] not in specs.datasets or spec["viz"] not in KINDS:
        return
    calculated = specs.datasets[spec["dataset"]]["calculated"]
    for column in sorted(used(spec)):
        target = calculated.get(column, {}).get("links_to")
        if target and (closed := set(page["for"]) - set(specs.pages[target]["for"])):
            raise SpecError(
                f"页面 {slug} 的图表 {chart} 链到页面 {target}，这些读者打不开它：{'、'.join(sorted(closed))}"
            )


def anchor(page: str, values: dict[str, tuple[str, str]], text: str, css: str = "zj-link") -> str:
    """The expression of a link.

    Parameters
    ----------
    page
        Name of the page.
    values
        Column that a filter sets, with the filter's id and the expression of the value.
    text
        Expression of the words to click on.
    css
        Class of the link.
    """
    masks = " || ',' || ".join(_mask(key, column, value) for column, (key, value) in values.items())
    query = f" || '?native_filters=(' || {masks} || ')'" if masks else ""
    return f"""'<a class="{css}" href="{ADDRESS.format(page)}'{query} || '">' || {escaped(text)} || '</a>'"""


def _mask(key: str, column: str, value: str) -> str:
    """State of one filter; quotes and exclamation marks are Rison's own."""
    quoted = f"'%27' || url_encode(replace(replace({value}, '!', '!!'), '''', '!''')) || '%27'"
    name = f"NATIVE_FILTER-{key}"
    return (
        f"'{name}:(extraFormData:(filters:!((col:{column},op:IN,val:!(' || {quoted} || ')))),filterState:(label:' || {quoted}"
        f" || ',value:!(' || {quoted} || ')),id:{name},ownState:())'"
    )


def escaped(text: str) -> str:
    """The expression of a text as markup shows it."""
    return f"replace(replace(replace({text}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
