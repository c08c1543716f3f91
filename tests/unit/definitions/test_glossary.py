"""The indicator dictionary as a page: what is shipped is what the dictionary says."""

from jobs.definitions.dictionary import indicators
from jobs.definitions.glossary import FAMILIES, page
from jobs.settings import REPO


def test_the_shipped_page_is_generated_from_the_dictionary():
    shipped = (REPO / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert shipped == page(indicators().values()), "zjtx dictionary write"


def test_every_indicator_is_on_the_page_with_definition_formula_unit_source_owner_and_version():
    text = page(indicators().values())
    for i in indicators().values():
        assert i.family in FAMILIES
        assert all((i.name_zh, i.definition, i.formula, i.unit, i.source, i.owner, i.version))
        assert f"| `{i.id}` | {i.name_zh} |" in text
