"""DuckDB connections for work within a bound of memory, whatever the size of what is worked on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "512MB"
"""What is more goes to the temporary folder."""


@contextmanager
def scratch(folder: Path, prefix: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database in memory; what does not fit is laid down in a folder that goes with it.

    Parameters
    ----------
    folder : Path
        Where that folder is made: a disk with room.
    prefix : str
        Begins its name, by which a successor knows what somebody who was killed left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as own:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": own,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
        }
        with duckdb.connect(config=config) as con:
            con.execute("SET TimeZone = 'Asia/Shanghai'")
            yield con
