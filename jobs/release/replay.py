"""Replays: an earlier release's figures computed again, into nothing, and compared with what was kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jobs.definitions.contract import load_table
from jobs.definitions.period import parse
from jobs.definitions.policy.model import load_all
from jobs.lake.content import Rows, connection, known_as, period_hashes, served_columns
from jobs.lake.staging import apart
from jobs.ledger import decisions, releases
from jobs.ledger.models import Release
from jobs.pipeline.tables import Computed, How
from jobs.refusals import choose
from jobs.release.figures import tables_at
from jobs.release.knowledge import known_to
from jobs.release.standing import standing
from jobs.release.versions import commit_id, digest

SAME, OTHER, OTHER_RULES, NO_HASH = "相同", "不同", "规则已变", "未存散列"


@dataclass(frozen=True)
class Compared:
    """How a period of a release came out again.

    Attributes
    ----------
    tables : dict
        Gold table -> one of :data:`SAME`, :data:`OTHER`, :data:`OTHER_RULES`, :data:`NO_HASH`.
    slices : int
        Parts that the enterprises were cut into this time.
    """

    release: str
    programme: str
    period: str
    seq: int
    tables: dict[str, str]
    slices: int = 1

    def words(self) -> str:
        """Return the outcome in one line: how many tables came out how, and which are not the same."""
        said = []
        for verdict in (SAME, OTHER, OTHER_RULES, NO_HASH):
            named = [t for t, v in self.tables.items() if v == verdict]
            if named:
                which = "" if verdict == SAME else f"（{'、'.join(named)}）"
                said.append(f"{verdict} {len(named)} 张表{which}")
        return "，".join(said) or "无数据"

    def row(self) -> dict[str, object]:
        """Return it as a line of a table for people."""
        head = {"release": self.release, "seq": self.seq, "programme": self.programme, "period": self.period}
        return head | {"words": self.words()}

    @property
    def broken(self) -> list[str]:
        """Tables that differ under the very rules they were computed by."""
        return [t for t, verdict in self.tables.items() if verdict == OTHER]


def chosen(
    release: str | None, known_by: str | None, programme: str | None, period: str | None
) -> list[Release]:
    """Return the releases' rows to be computed again.

    Raises
    ------
    Unknown, NotThere
        If nothing fits; with what is there.
    """
    rows = (
        list(standing(known_by).values())
        if known_by
        else releases.of(choose("发布", release or "", decisions.ids()))
    )
    if programme is not None:
        named = choose("方案", programme, sorted({r.programme for r in rows}))
        rows = [r for r in rows if r.programme == named]
    asked = [r for r in rows if period in (None, r.period)]
    if not asked:
        choose("期间", parse(period or "").key, sorted({r.period for r in rows}))
    return sorted(asked, key=lambda r: (*releases.age(r.release_id, r.seq), r.programme, r.period))


@contextmanager
def _again(rows: list[Release], slices: int) -> Iterator[Computed]:
    """Compute the figures of a release and programme at what it rested on; nothing stays of it."""
    programme, known = load_all()[rows[0].programme], known_to(rows[0])
    # All its periods together, as then: a ranking compares with the period before.
    periods = sorted(r.period for r in releases.of(known.release) if r.programme == programme.id)
    with apart(known.release) as attempt:
        yield tables_at(programme, periods, known, attempt, How(slices))


def _lying(made: Computed) -> dict[str, Rows]:
    return {**made.rows, **made.files}


def _verdict(published: str | None, computed: str | None, same_rules: bool) -> str:
    if published == computed:
        return SAME
    return OTHER if same_rules else OTHER_RULES


def _compare(rows: list[Release], made: Computed) -> Iterator[Compared]:
    rules, code = digest(load_all()[rows[0].programme]), commit_id()
    hashes = period_hashes(_lying(made), [r.period for r in rows])
    for r in rows:
        same_rules = (r.versions["digest"], r.versions["commit"]) == (rules, code)
        now, published = hashes[r.period], r.hashes
        if published is None:
            tables = dict.fromkeys(sorted(now), NO_HASH)
        else:
            names = sorted({*now, *published})
            tables = {t: _verdict(published.get(t), now.get(t), same_rules) for t in names}
        yield Compared(r.release_id, r.programme, r.period, r.seq, tables, made.slices)


def _write_out(folder: Path, rows: list[Release], made: Computed, csv: bool) -> None:
    """Write the periods asked for, one file per release, programme and table, as they would be served."""
    folder.mkdir(parents=True, exist_ok=True)
    how, end = ("HEADER", "csv") if csv else ("FORMAT parquet", "parquet")
    with connection() as con:
        for name, table in _lying(made).items():
            known_as(con, name, table)
            target = folder / f"{rows[0].release_id}_{rows[0].programme}_{name}.{end}"
            columns = served_columns(load_table(name))
            quoted = str(target).replace("'", "''")
            wanted = ", ".join(f"'{r.period}'" for r in rows)
            con.execute(
                f"COPY (SELECT {columns} FROM {name} WHERE period IN ({wanted})) TO '{quoted}' ({how})"
            )


def replay(
    rows: list[Release],
    out: Path | None = None,
    csv: bool = False,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    slices: int = 1,
) -> list[Compared]:
    """Compute releases again, each at the state of knowledge it rested on, and compare the content hashes.

    Parameters
    ----------
    rows : list of Release
        As :func:`chosen` gives them; nothing is written to lake or ledger.
    out : Path, optional
        Folder for the tables, as Parquet or CSV.
    csv : bool
    progress : callable
        Told (what, how far, of how many).
    slices : int
        How many parts the enterprises are cut into, at least.

    Returns
    -------
    list of Compared
        One per release, programme and period.
    """
    compared: list[Compared] = []
    groups = [list(g) for _, g in groupby(rows, key=lambda r: (r.release_id, r.programme))]
    for done, group in enumerate(groups):
        progress("重算", done, len(groups))
        with _again(group, slices) as made:
            compared += _compare(group, made)
            if out is not None:
                _write_out(out, group, made, csv)
    progress("重算", len(groups), len(groups))
    return compared
