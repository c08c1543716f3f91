"""Files as sheets of text cells, whatever their format: which reader a file's first bytes ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jobs.sheets.grid import Sheet

_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def sheets(path: Path) -> Iterator[Sheet]:
    """Yield the sheets of a file; a text file is one sheet without a name for each delimiter it may have.

    Raises
    ------
    Unreadable
        If the file is neither a workbook nor a text table.
    """
    with path.open("rb") as f:
        magic = f.read(4)
    if magic in _EXCEL:
        from jobs.sheets.workbook import workbook

        return workbook(path)
    if magic.startswith(b"{"):
        from jobs.sheets.pages import records

        return iter([Sheet("", records(path))])
    from jobs.sheets.delimited import delimited

    return delimited(path)
