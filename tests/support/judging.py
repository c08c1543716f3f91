"""The classifier on small files, as a poll runs it, without a server: what becomes of every row and of every key.

A desk takes in polls one after the other and keeps what they leave, in the place of lake and ledger.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from jobs.definitions.contract import Contract
from jobs.feeds import classify
from jobs.feeds.balance import Tally
from jobs.feeds.load import describe, hold
from jobs.feeds.tally import tally
from jobs.lake.scan import latest
from jobs.ledger.models import File
from jobs.sheets.landed_rows import LandedRow, write_rows
from jobs.sheets.parse import Parsed, parse
from jobs.sqltext import name


@dataclass
class Judged:
    """What became of a poll.

    Attributes
    ----------
    typed : dict
        (File, row) -> the contract's columns of every row, also of a refused one.
    silver : dict
        (File, row) -> row of silver; keys that were withdrawn are none.
    refused : dict
        (File, row) -> row of the quarantine.
    tallies : dict
        File -> its counts.
    """

    typed: dict[tuple[str, int], dict[str, Any]]
    silver: dict[tuple[str, int], dict[str, Any]]
    refused: dict[tuple[str, int], dict[str, Any]]
    tallies: dict[str, Tally]

    def rules(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        """(File, row) -> column and rule of each reason."""
        return {at: [(x["column"], x["rule"]) for x in r["reasons"]] for at, r in self.refused.items()}


@dataclass
class Desk:
    """Where the polls of one feed are judged.

    Parameters
    ----------
    contract : Contract
    folder : Path
        Empty, for what is parsed.
    received : date
        Business date of receipt.
    """

    contract: Contract
    folder: Path
    received: date = date(2026, 3, 19)
    silver: list[pa.Table] = field(default_factory=list)
    files: int = 0

    def poll(self, *delivered: tuple[str, bytes]) -> Judged:
        """Take in files, path and content each, in their order."""
        files, parsed = [], {}
        for path, content in delivered:
            match = re.fullmatch(self.contract.feed.pattern, path)
            assert match, path
            named = {k: v for k, v in match.groupdict().items() if v is not None}
            file, table = self._parsed(path, content, named)
            files.append(file)
            parsed[file.file_id] = table
        return self._judged(files, parsed)

    def one(self, content: bytes, **attributes: str) -> Judged:
        """Take in one file of which the attributes are told, whatever its path."""
        file, table = self._parsed("file", content, attributes)
        return self._judged([file], {file.file_id: table})

    def rows(self, cells: list[Mapping[str, str]], attributes: list[Mapping[str, str]]) -> Judged:
        """Judge rows that no file has: each is one of its own, with its attributes."""
        files, parsed = [], {}
        for row, told in zip(cells, attributes, strict=True):
            file = self._file(str(self.files + 1), told)
            own = LandedRow("", 1, tuple(row), list(row.values()))
            write_rows([own], self.folder / f"{file.ordinal}.parquet")
            files.append(file)
            parsed[file.file_id] = Parsed("", dict(told), {}, {}, [], rows=1)
        return self._judged(files, parsed)

    def live(self) -> list[dict[str, Any]]:
        """Return the rows that stand after the polls so far."""
        with duckdb.connect() as con:
            self._lake(con)
            return con.execute(latest(self.contract)).to_arrow_table().to_pylist()

    def _file(self, path: str, attributes: Mapping[str, str]) -> File:
        self.files += 1
        scope = "/".join(f"{k}={attributes.get(k)}" for k in self.contract.feed.scope)
        return File(
            file_id=self.files,
            ordinal=self.files,
            path=path,
            scope=scope,
            reporter=attributes.get("reporter"),
        )

    def _parsed(self, path: str, content: bytes, attributes: dict[str, str]) -> tuple[File, Parsed]:
        source, target = self.folder / "source", self.folder / f"{self.files + 1}.parquet"
        source.write_bytes(content)
        table = parse(self.contract, source, attributes, target, self.received)
        return self._file(path, table.attributes), table

    def _lake(self, con: duckdb.DuckDBPyConnection) -> None:
        if self.silver:
            con.register("silver_rows", pa.concat_tables(self.silver))
        else:
            own = {c.name: c.type for c in self.contract.columns} | {"year": "INT", "deleted": "BOOLEAN"}
            own |= dict.fromkeys(("batch_id", "scope", "reporter"), "STRING")
            con.execute(
                f"CREATE TABLE silver_rows ({', '.join(f'{name(c)} {kind}' for c, kind in own.items())})"
            )
        known = {"batch_id": [str(n + 1) for n in range(self.files)], "seq": list(range(1, self.files + 1))}
        con.register("known", pa.table(known, pa.schema([("batch_id", pa.string()), ("seq", pa.int64())])))

    def _judged(self, files: list[File], parsed: dict[int, Parsed]) -> Judged:
        contract, withdraws = self.contract, self.contract.feed.mode == "replace"
        with duckdb.connect() as con:
            describe(con, contract, files, parsed, {f.file_id: str(f.file_id) for f in files}, self.folder)
            self._lake(con)
            hold(con, contract, latest(contract))
            classify.split(con, contract, withdraws)
            tallies = tally(con, contract, withdraws)
            own = ", ".join(name(c.name) for c in contract.columns)
            typed = con.execute(
                f"SELECT file_name, row_no, {own} FROM typed JOIN files ON _place = place"
            ).to_arrow_table()
            refused = con.execute(classify.quarantine(contract)).to_arrow_table()
            tables = [con.execute(classify.silver(contract)).to_arrow_table()]
            if withdraws:
                tables.append(con.execute(classify.withdrawn(contract)).to_arrow_table())
        self.silver += tables
        return Judged(
            _by_place(typed),
            _by_place(tables[0]),
            _by_place(refused),
            {f.path: tallies[str(f.file_id)] for f in files},
        )


def _by_place(rows: pa.Table) -> dict[tuple[str, int], dict[str, Any]]:
    return {(r["file_name"], r["row_no"]): r for r in rows.to_pylist(maps_as_pydicts="strict")}
