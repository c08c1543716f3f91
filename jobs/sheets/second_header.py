"""A second header inside a sheet: the same as the first, or the file is refused."""

from __future__ import annotations

from jobs.definitions.contract import Contract
from jobs.sheets.header import AmbiguousHeader, Header, Row
from jobs.sheets.header_names import CODE, NUMBER, is_unit, tidy
from jobs.sheets.headings import heading, name_key


class SecondHeader:
    """Knows a header again, also where merged cells stand otherwise than at the first.

    Parameters
    ----------
    contract : Contract
    header : Header
    own : list of list of str
        The cells of the header's rows.
    """

    def __init__(self, contract: Contract, header: Header, own: list[Row]) -> None:
        self.header = header
        self.taken = set(header.places.values())
        self.parts = _parts([*own, *_pieces(header.names)])
        self.known = {name_key(h) for c in contract.cells for h in c.headers} - {""}
        self.known |= {name for parts in self.parts for name in parts if name}

    def repeats(self, cells: Row, number: int, goes_on: bool) -> bool:
        """Return whether a line is a header once more.

        Parameters
        ----------
        cells : list of str
        number : int
            Of the line, as a person sees it.
        goes_on : bool
            Whether the line before it was one.

        Raises
        ------
        AmbiguousHeader
            If a column has another name, or another unit, than in the first header.
        """
        texts = [t for c in cells if (t := tidy(c))]
        # Nearly every row of data ends here: it has a code, or consists of figures.
        if any(CODE.fullmatch(t) for t in texts):
            return False
        if 2 * sum(bool(NUMBER.fullmatch(t)) for t in texts) > len(texts):
            return False
        named = {i for i, c in enumerate(cells) if c.strip() and self._name(c) in self.known}
        if len(named) < (1 if goes_on else 2) or 2 * len(named) < len(texts):
            return False
        for i, text in enumerate(map(tidy, cells)):
            told = i in self.taken or i in named or is_unit(text)
            if text and told and not self._same(i, text):
                raise AmbiguousHeader(
                    f"第{number}行又有一个表头，第{i + 1}列为“{text[:40]}”，与上面的表头“{self._own(i)}”不同，无法判断"
                )
        return True

    @staticmethod
    def _name(text: str) -> str:
        return name_key(heading(tidy(text)).name)

    def _same(self, place: int, text: str) -> bool:
        own = self.parts[place] if place < len(self.parts) else {}
        return own.get(self._name(text)) == heading(text).units

    def _own(self, place: int) -> str:
        return self.header.names[place] if place < len(self.header.names) else ""


def _pieces(names: list[str]) -> list[Row]:
    """Return the parts of joined names as rows: an upper name stands over each of its columns."""
    split = [name.split("_") for name in names]
    return [[p[k] if k < len(p) else "" for p in split] for k in range(max(map(len, split), default=0))]


def _parts(own: list[Row]) -> list[dict[str, tuple[str, ...]]]:
    """Return the names that stand in every column of a header, each with the units that its cell states."""
    parts: list[dict[str, tuple[str, ...]]] = [{} for _ in range(max((len(row) for row in own), default=0))]
    for row in own:
        for i, text in enumerate(row):
            if text:
                parts[i][name_key(heading(text).name)] = heading(text).units
    return parts
