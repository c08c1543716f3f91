"""The catalogue of the five policies: complete, verbatim, and every target tied to figures."""

import hashlib
import json
from typing import Any

import pytest
import yaml

from jobs.definitions.dictionary import indicators
from jobs.definitions.policy import Document, Target, load_all
from jobs.definitions.policy.model import policy
from jobs.settings import settings

FILES = ("JL", "CC", "SD", "SX", "ZJ")
TEXTS = {
    "JL": (33, "ca9c85f060f28fce"),
    "CC": (15, "99532fa024bbbf75"),
    "SD": (50, "a36211051a90b58d"),
    "SX": (9, "9a2ebc8a998792ee"),
    "ZJ": (11, "dbb4157a896722d0"),
}
"""Number of targets and fingerprint of their texts in the catalogue that the policies were read into."""
LISTS = {
    "incentives": (26, "a792b41c2e15c9ed"),
    "ranking_rules": (6, "806433752f573db2"),
    "cadence": (9, "b59fcc745ffab31b"),
}
OURS = {"targets": "reads", "incentives": "rule"}
"""Field beside the texts."""


def raw(name: str) -> dict[str, Any]:
    return yaml.safe_load((settings().policies / f"{name}.yaml").read_text(encoding="utf-8"))


def fingerprint(entries: list[dict[str, Any]], kind: str) -> str:
    texts = [{k: v for k, v in e.items() if k != OURS.get(kind)} for e in entries]
    text = json.dumps(texts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def documents() -> dict[str, Document]:
    return {d.id: d for p in load_all().values() for d in p.documents}


@pytest.mark.parametrize("name", FILES)
def test_the_targets_stand_as_in_the_catalogue(name: str) -> None:
    targets = raw(name)["targets"]
    said = (len(targets), fingerprint(targets, "targets"))
    assert said == TEXTS[name], (
        "texts that were read against the document again: their new fingerprint into TEXTS"
    )
    assert [t["id"] for t in targets] == [f"{name}-T{n:02d}" for n in range(1, len(targets) + 1)]
    assert [t.id for t in policy(name)[1].targets] == [t["id"] for t in targets]


def test_a_target_that_no_figure_answers_is_refused() -> None:
    text = {k: v for k, v in raw("JL")["targets"][0].items() if k != "reads"}
    with pytest.raises(ValueError, match="reads"):
        Target.model_validate(text)


@pytest.mark.parametrize("kind", LISTS)
def test_incentives_ranking_rules_and_cadence_stand_as_in_the_catalogue(kind: str) -> None:
    entries = [e for name in FILES for e in raw(name).get(kind, [])]
    assert (len(entries), fingerprint(entries, kind)) == LISTS[kind]
    assert sum(len(getattr(d, kind)) for d in documents().values()) == len(entries)


def test_six_domains_have_a_department_in_the_province_and_in_the_city() -> None:
    found = {n: documents()[n].service_domains for n in ("JL", "CC")}
    names = {n: [(i.code, i.name_zh) for i in d.items] for n, d in found.items() if d}
    assert names["JL"] == names["CC"] and len(names["JL"]) == 6
    energy = {n: d.items[-1].department for n, d in found.items() if d}
    assert energy == {"JL": "省能源局", "CC": "市发改委"}


def test_problems_are_handed_up_five_steps_and_the_library_has_four_levels() -> None:
    jilin = documents()["JL"]
    assert jilin.problem_escalation and [s.level for s in jilin.problem_escalation.steps] == [1, 2, 3, 4, 5]
    assert jilin.cultivation_library and [x.tier for x in jilin.cultivation_library.levels] == [
        "seed",
        "city_srdi",
        "provincial_srdi",
        "national_little_giant",
    ]
    ladders = {n: d.cultivation_library.ladder for n, d in documents().items() if d.cultivation_library}
    assert all(ladders[n] for n in FILES if n != "JL")


def test_targets_read_tiers_of_their_programme_and_indicators_of_the_dictionary() -> None:
    for programme in load_all().values():
        for target in programme.targets:
            for cell in target.reads.cells:
                assert cell.tier is None or cell.tier in programme.ranks, target.id
                assert cell.indicator in indicators(), target.id


def test_the_six_headline_targets_of_jilin_count_holders_of_that_very_tier() -> None:
    tied = {t.id: t for t in policy("JL")[1].targets}
    for number in (1, 2, 3, 4, 5):
        target = tied[f"JL-T{number:02d}"]
        assert (target.reads.indicator, target.reads.headline) == ("certificate_count", "valid")
        assert target.reads.tier == target.applies_to
    intensity = tied["JL-T08"].reads
    assert (intensity.headline, intensity.tier) == ("pooled", "provincial_srdi")
