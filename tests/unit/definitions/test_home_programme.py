"""Which programme a command shows that names none: the one whose enterprises report here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from jobs.definitions.policy.home import home_programme
from jobs.settings import REPO
from tests.support.installation import environment


def installed(folder: Path, units: list[str]) -> dict[str, str]:
    """Copy the contracts with another list of ranked units; return the setting that points there."""
    schemas = Path(shutil.copytree(REPO / "schemas", folder / "schemas"))
    path = schemas / "reference" / "reporters.yaml"
    lists = yaml.safe_load(path.read_text(encoding="utf-8")) | {"ranked_units": units}
    path.write_text(yaml.safe_dump(lists, allow_unicode=True), encoding="utf-8")
    return {"ZJTX_SCHEMAS": str(schemas)}


@pytest.mark.parametrize(("unit", "programme"), [("220100", "JL"), ("370000", "SD"), ("330000", "ZJ")])
def test_it_is_the_one_programme_with_ranked_units(tmp_path: Path, unit: str, programme: str) -> None:
    with environment(installed(tmp_path, [unit])):
        assert home_programme().id == programme


@pytest.mark.parametrize(("units", "fed"), [([], "无"), (["220100", "370000"], "JL、SD")])
def test_where_there_is_no_single_one_it_must_be_named(tmp_path: Path, units: list[str], fed: str) -> None:
    with (
        environment(installed(tmp_path, units)),
        pytest.raises(LookupError, match=f"请写明方案；有企业报数的：{fed}"),
    ):
        home_programme()
