"""Changes of a clean form that leave its figures alone, or change known ones: what is accepted must be what was written."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import xlsxwriter
import xlwt

from tests.support.messy_files import _compound, text_file

Rows = list[list[Any]]
Place = tuple[int, int]

JUNK = [
    "一、长春市（2户）", "（二）工业", "长春市", "打印时间：2026-03-10 10:22", "*为快报数", "注 1月免报", "（本页无正文）", "第1页 共3页", "\x1a",
    "以下空白", "长春市统计局", "资料来源：企业一套表", "2026年3月10日",
]  # fmt: skip
SCALED = ["0!.0,", "#,##0,", "0.00,,", '0"."0,"万元"', '0.00"亿元"', ";;;", "[$$-409]0", "0!.0000"]
HARMLESS = ["#,##0.00", "0", '"¥"#,##0.00', '#,##0"户"', "0.00_ ", "@"]
ERRORS = ["#REF!", "#DIV/0!", "#N/A", "#VALUE!"]
LOST = ["1.23457E+08", "########", "待核实", "#NAME?", "1E+05"]


@dataclass
class Form:
    """A form under way to a file.

    Attributes
    ----------
    rows : list
        Header and rows; the first line of the file is the first of them.
    figures : list of int
        Columns of figures.
    styles : dict
        Place -> number format, or ``strike``.
    formulas : dict
        Place -> stored result.
    drafts : list
        Hidden sheets.
    touched : set
        Texts of the key and columns whose value was changed.
    done : list of str
        What was done.
    """

    rows: Rows
    key: int
    figures: list[int]
    styles: dict[Place, str] = field(default_factory=dict)
    formulas: dict[Place, Any] = field(default_factory=dict)
    drafts: list[Rows] = field(default_factory=list)
    touched: set[tuple[str, int]] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    def firm(self, r: int) -> str:
        """Return whose a row is; nobody's where it has no code."""
        row = self.rows[r]
        code = str(row[self.key]).strip("=\"' ") if r and len(row) > self.key else ""
        return code if code.startswith("91") else ""

    def a_figure(self, rng: random.Random) -> Place:
        """Return the place of a figure of some firm."""
        firms = [r for r in range(len(self.rows)) if self.firm(r)]
        return rng.choice(firms), rng.choice(self.figures)

    def change(self, place: Place, value: Any) -> None:
        """Change a cell and note whose figure it was."""
        r, c = place
        self.touched.add((self.firm(r), c))
        self.rows[r][c] = value


def junk(rng: random.Random, form: Form) -> None:
    """Put a line of text between or below the rows; what stands below moves down."""
    at = rng.randrange(1, len(form.rows) + 1)
    width = len(form.rows[0])
    text = rng.choice(JUNK)
    form.rows.insert(at, [text] if rng.random() < 0.5 else [text, *[""] * (width - 1)])
    for cells in (form.styles, form.formulas):
        moved = {(r + (r >= at), c): v for (r, c), v in cells.items()}
        cells.clear()
        cells.update(moved)


def draft(rng: random.Random, form: Form) -> None:
    """Hide a sheet that fits better, with other figures."""
    form.drafts.append([
        [*row, "备用" if r == 0 else 1] if r == 0 else [7 if c in form.figures else v for c, v in enumerate(row)]
        for r, row in enumerate(form.rows)
    ])  # fmt: skip


def error(rng: random.Random, form: Form) -> None:
    """Make a figure an error, a text, or a number that lost digits."""
    place = form.a_figure(rng)
    if rng.random() < 0.5:
        form.formulas[place] = rng.choice(ERRORS)
        form.change(place, form.formulas[place])
    else:
        form.change(place, rng.choice(LOST))


def waiting(rng: random.Random, form: Form) -> None:
    """Make the figures of a column formulas that nobody calculated."""
    column, result = rng.choice(form.figures), rng.choice([0, ""])
    for r in range(len(form.rows)):
        if form.firm(r):
            form.formulas[r, column] = result


def scaled(rng: random.Random, form: Form) -> None:
    """Show a figure in another scale, unit or currency, or not at all."""
    form.styles[form.a_figure(rng)] = rng.choice(SCALED)


def harmless(rng: random.Random, form: Form) -> None:
    """Give figures formats that say nothing."""
    for _ in range(rng.randrange(1, 5)):
        form.styles.setdefault(form.a_figure(rng), rng.choice(HARMLESS))


def per_cent(rng: random.Random, form: Form) -> None:
    """Show a figure in per cent."""
    form.styles[form.a_figure(rng)] = "0.0%"


def strike(rng: random.Random, form: Form) -> None:
    """Strike out a row."""
    r, _ = form.a_figure(rng)
    for c in range(len(form.rows[r])):
        form.styles[r, c] = "strike"


def wrapped(rng: random.Random, form: Form) -> None:
    """Keep a figure or a code from becoming a number, as a spreadsheet does in a text."""
    r, c = form.a_figure(rng)
    c = rng.choice([c, form.key])
    text = str(form.rows[r][c])
    if not text.startswith(("=", "'", "#", " ")):
        form.rows[r][c] = rng.choice([f'="{text}"', f"'{text}", f" {text} "])


KINDS: list[Callable[[random.Random, Form], None]] = [
    junk, junk, draft, error, waiting, scaled, harmless, per_cent, strike, wrapped,
]  # fmt: skip
IN_BOOKS_ONLY = {draft, waiting, scaled, harmless, per_cent, strike}


def _number(value: Any) -> Any:
    """Return a figure as a workbook would store it."""
    try:
        return float(value) if not isinstance(value, str) or value.replace(".", "", 1).isdigit() else value
    except ValueError:
        return value


def xlsx(form: Form) -> bytes:
    """Return the form as a workbook."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in [("草稿", d) for d in form.drafts[:1]] + [("表", form.rows)]:
            page = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    shown_as = form.styles.get((r, c)) if name == "表" else None
                    style = (
                        book.add_format(
                            {"font_strikeout": True} if shown_as == "strike" else {"num_format": shown_as}
                        )
                        if shown_as
                        else None
                    )
                    if name == "表" and (r, c) in form.formulas:
                        page.write_formula(r, c, "=A1/0", style, form.formulas[r, c])
                    elif c in form.figures and r and isinstance(number := _number(value), int | float):
                        page.write_number(r, c, number, style)
                    elif value != "":
                        page.write_string(r, c, str(value), style)
            if name == "表":
                page.activate()
                page.set_first_sheet()
            else:
                page.hide()
    return out.getvalue()


def xls(form: Form) -> bytes:
    """Return the form as a workbook of the old format, which this writer gives no errors of formulas."""
    made = xlwt.Workbook()
    page = made.add_sheet("表")
    for r, row in enumerate(form.rows):
        for c, value in enumerate(row):
            shown_as = form.styles.get((r, c))
            style = (
                xlwt.easyxf("font: struck_out on")
                if shown_as == "strike"
                else xlwt.easyxf(num_format_str=shown_as)
                if shown_as
                else None
            )
            extra = [style] if style else []
            if (r, c) in form.formulas and form.formulas[r, c] in (0, ""):
                page.write(r, c, xlwt.Formula("A1*0"), *extra)
            elif (r, c) in form.formulas:
                # This library spells one of the errors its own way.
                page.row(r).set_cell_error(c, form.formulas[r, c].replace("#N/A", "#N/A!"))
            elif value != "":
                page.write(r, c, _number(value) if c in form.figures and r else str(value), *extra)
    for rows in form.drafts[:1]:
        hidden = made.add_sheet("草稿")
        hidden.visibility = 1
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                hidden.write(r, c, value)
    return _compound(made.get_biff_data())


def mutated(rng: random.Random, form: Form) -> tuple[str, bytes]:
    """Change a form in some ways and return its format and bytes."""
    kind = rng.choice(["csv", "xlsx", "xlsx", "xls"])
    for _ in range(rng.choice([1, 1, 2, 3])):
        change = rng.choice([k for k in KINDS if kind != "csv" or k not in IN_BOOKS_ONLY])
        change(rng, form)
        form.done.append(change.__name__)
    make = {
        "csv": lambda f: text_file(f.rows, rng.choice(["gb18030", "utf-8", "utf-16"])),
        "xlsx": xlsx,
        "xls": xls,
    }
    return kind, make[kind](form)


def amount(text: str) -> Decimal | None:
    """Return the number of a cell that would be taken for one, None for what is none."""
    bare = text.strip().replace(",", "")
    try:
        return Decimal(bare) if "e" not in bare.lower() else None
    except ArithmeticError:
        return None
