"""What is wrong with a page that is open in a browser: each check returns its findings, none when all is well."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from infra.superset.parts import placed
from tests.support.people import PEOPLE
from tests.support.shown_words import untranslated
from tests.support.superset_page import HOLDER, Visit
from tests.support.superset_users import STORED

AXE = Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
_CLIPPED = f"""() => {{
  const hides = value => value === 'hidden' || value === 'clip';
  const found = [];
  for (const box of document.querySelectorAll('{HOLDER}, .dashboard-markdown')) {{
    for (const e of box.querySelectorAll('*')) {{
      const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join('');
      const r = e.getBoundingClientRect(), s = getComputedStyle(e);
      if (!text || r.width <= 1 || r.height <= 1 || s.visibility === 'hidden') continue;
      let cut = (hides(s.overflowX) && e.scrollWidth > e.clientWidth + 1) || (hides(s.overflowY) && e.scrollHeight > e.clientHeight + 2);
      for (let a = e.parentElement; !cut && a && box.contains(a); a = a.parentElement) {{
        const t = getComputedStyle(a), q = a.getBoundingClientRect();
        if (['auto', 'scroll'].includes(t.overflowX) || ['auto', 'scroll'].includes(t.overflowY)) break;
        cut = (hides(t.overflowX) && (r.right > q.right + 1 || r.left < q.left - 1))
           || (hides(t.overflowY) && (r.bottom > q.bottom + 2 || r.top < q.top - 2));
      }}
      if (cut) found.push(text.slice(0, 40));
    }}
  }}
  return [...new Set(found)];
}}"""
_RULES = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations']}).then(result =>
  result.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' ; ')]))"""


def header(seen: Visit, kind: str, name: str) -> list[str]:
    """Publication, question and the ways to the pages that the person may open, in their order."""
    page = seen.page
    shown = [page.locator(one).all_inner_texts() for one in (".zj-strip", ".zj-question")]
    wrong = [f"{len(texts)} of the header's parts" for texts in shown if len(texts) != 1]
    if shown[1] and shown[1][0].strip() != STORED.pages[name]["question"]:
        wrong.append(f"question {shown[1][0]}")
    order = sorted(STORED.pages, key=lambda slug: (STORED.pages[slug]["order"], slug))
    ways = [STORED.pages[slug]["title"] for slug in order if PEOPLE[kind].opens(slug)]
    told = page.locator(".zj-way:visible").all_inner_texts()
    return wrong if told == ways else [*wrong, f"ways to {told}"]


def explanation(seen: Visit, name: str) -> list[str]:
    """Explanation and source at every chart but the header."""
    told = seen.page.locator(".slice_description").all_inner_texts()
    wanted = len([chart for chart in placed(STORED.pages[name]) if STORED.charts[chart]["explain"]])
    wrong = [] if len(told) == wanted else [f"{len(told)} explanations of {wanted}"]
    return [*wrong, *(text[:40] for text in told if "来源：" not in text)]


def words(seen: Visit, data: set[str]) -> list[str]:
    """Latin words on the screen that are no data."""
    return untranslated([seen.page.inner_text("body")], data)


def clipped(seen: Visit) -> list[str]:
    """Texts in the boxes of charts that are cut off and cannot be scrolled to."""
    return list(seen.page.evaluate(_CLIPPED))


def refusals(seen: Visit) -> list[str]:
    """Alerts that stand on the page, and what the browser complained about."""
    alerts = seen.page.locator("[role=alert], .ant-alert-error").all_inner_texts()
    return [*seen.complaints, *(text for text in alerts if text.strip())]


def accessibility(seen: Visit) -> list[str]:
    """Serious and critical findings of axe: rule, number of places, the first of them."""
    assert AXE.exists(), "缺少无障碍检查，请运行 make env-axe / run make env-axe"
    seen.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = seen.page.evaluate(_RULES)
    return [f"{rule} ({count}): {where}" for impact, rule, count, where in found if impact in GRAVE]


def one_column(seen: Visit, width: int) -> list[str]:
    """Boxes that leave a narrow screen, stand beside or over each other."""
    boxes = [box for box in (one.bounding_box() for one in seen.page.locator(HOLDER).all()) if box]
    wrong = [f"{box}" for box in boxes if box["x"] < 0 or box["x"] + box["width"] > width]
    tops = [(box["y"], box["y"] + box["height"]) for box in boxes]
    wrong += [f"{a} over {b}" for a, b in itertools.pairwise(tops) if a[1] > b[0]]
    across = seen.page.evaluate("document.documentElement.scrollWidth")
    return [*wrong, *([f"{across} pixels across"] if across > width else []), *([] if boxes else ["nothing"])]


def report(**findings: list[str]) -> str:
    """All findings as one text; empty when there are none."""
    lines = [
        f"{check}: {re.sub(chr(10), ' ', one)[:300]}" for check, found in findings.items() for one in found
    ]
    return "\n".join(lines)
