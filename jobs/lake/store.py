"""Files of the lake, in folders of this machine or in an object store: their paths say which, and nobody else asks.

Arrow handles single files, delta-rs tables, DuckDB rows; each is told here how to reach the store. Arrow is loaded by
who handles a file: it brings numpy along, and what only looks something up needs neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files as resources
from typing import TYPE_CHECKING

import duckdb

from jobs.refusals import Refusal, shown
from jobs.settings import settings
from jobs.sqltext import text

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import fs

SCHEME = "s3://"
_PLAIN = "http://"


def is_remote(path: str) -> bool:
    """Whether a path names something in the object store."""
    return path.startswith(SCHEME)


def _account() -> tuple[str, str]:
    """Return key and secret of the object store.

    Raises
    ------
    Refusal
        If one is missing or empty: it would be refused far from here, in a library's words, or be let in as nobody.
    """
    own = {"ZJTX_S3_KEY": settings().s3_key.strip(), "ZJTX_S3_SECRET": settings().s3_secret.strip()}
    if missing := [name for name, value in own.items() if not value]:
        raise Refusal(
            f"湖仓在对象存储里（{shown(settings().lake_root)}），但 {'、'.join(missing)} 没有写或是空的：请写上"
            " / key or secret of the object store is missing"
        )
    return own["ZJTX_S3_KEY"], own["ZJTX_S3_SECRET"]


def options(path: str) -> dict[str, str] | None:
    """Return how delta-rs reaches a table; None for one on this machine."""
    if not is_remote(path):
        return None
    own, (key, secret) = settings(), _account()
    keys = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": own.s3_region,
        "AWS_ALLOW_HTTP": str(own.s3_endpoint.startswith(_PLAIN)).lower(),
        # A commit is a file that must not be there yet: of two at once the store refuses one.
        "AWS_CONDITIONAL_PUT": "etag",
    }
    return keys | ({"AWS_ENDPOINT_URL": own.s3_endpoint} if own.s3_endpoint else {})


@lru_cache(maxsize=2)
def _object_store(endpoint: str, region: str, key: str, secret: str) -> fs.S3FileSystem:
    from pyarrow import fs

    scheme, _, host = endpoint.rpartition("://")
    return fs.S3FileSystem(
        access_key=key, secret_key=secret, region=region, endpoint_override=host or None, scheme=scheme or "https"
    )  # fmt: skip


def place(path: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a path, and the path as it is called there."""
    from pyarrow import fs

    if not is_remote(path):
        return fs.LocalFileSystem(), path
    own = settings()
    system = _object_store(own.s3_endpoint, own.s3_region, *_account())
    return system, path.removeprefix(SCHEME)


def metadata(path: str) -> pq.FileMetaData:
    """Return what a Parquet file says of itself."""
    import pyarrow.parquet as pq

    system, inside = place(path)
    return pq.read_metadata(inside, filesystem=system)


def rows_in(path: str) -> int:
    """Return how many rows a Parquet file says that it has."""
    return int(metadata(path).num_rows)


def read(path: str) -> pa.Table:
    """Return the rows of a Parquet file, without anything that its path says."""
    import pyarrow.parquet as pq

    system, inside = place(path)
    return pq.read_table(inside, partitioning=None, filesystem=system)


def size_and_time(path: str) -> tuple[int, int]:
    """Return the bytes of a file and when it was written, in ms, by the clock of where it lies."""
    system, inside = place(path)
    info = system.get_file_info(inside)
    return int(info.size), int(info.mtime_ns // 1_000_000)


def names_in(folder: str) -> list[str]:
    """Return the names of what lies in a folder, sorted; of a folder that is not there, none."""
    from pyarrow import fs

    system, inside = place(folder)
    return sorted(i.base_name for i in system.get_file_info(fs.FileSelector(inside, allow_not_found=True)))


def make_folder(folder: str) -> None:
    """Make a folder, and those above it."""
    system, inside = place(folder)
    system.create_dir(inside, recursive=True)


def make_way(path: str) -> None:
    """Make the folder that a file is to be written into; an object store needs none."""
    if not is_remote(path):
        make_folder(path.rpartition("/")[0])


def remove(path: str) -> None:
    """Remove a file, which may be gone already."""
    from pyarrow import fs

    system, inside = place(path)
    if system.get_file_info(inside).type == fs.FileType.File:
        system.delete_file(inside)


def remove_folder(folder: str) -> None:
    """Remove a folder with all that is in it; it may be gone already."""
    from pyarrow import fs

    system, inside = place(folder)
    if system.get_file_info(inside).type == fs.FileType.Directory:
        system.delete_dir(inside)


def attach(con: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> None:
    """Let a connection reach paths; those of this machine it reaches by itself."""
    if not any(map(is_remote, paths)):
        return
    own, (key, secret) = settings(), _account()
    scheme, _, host = own.s3_endpoint.rpartition("://")
    how = {"KEY_ID": text(key), "SECRET": text(secret), "REGION": text(own.s3_region)}
    if host:
        how |= {"ENDPOINT": text(host), "URL_STYLE": "'path'", "USE_SSL": str(scheme != "http").lower()}
    # Carried by a package of the lock: nothing is fetched at run time.
    carried = resources("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
    con.execute(f"LOAD {text(str(carried / 'httpfs.duckdb_extension'))}")
    said = ", ".join(f"{n} {v}" for n, v in how.items())
    con.execute(f"CREATE OR REPLACE SECRET lake (TYPE s3, SCOPE '{SCHEME}', {said})")


def parquet(con: duckdb.DuckDBPyConnection, paths: Iterable[str], how: str) -> str:
    """Return the SQL of the rows of Parquet files, which the connection can reach from then on.

    Parameters
    ----------
    con : DuckDBPyConnection
    paths : iterable of str
    how : str
        Further arguments of DuckDB's ``read_parquet``.
    """
    listed = list(paths)
    attach(con, listed)
    return f"read_parquet([{', '.join(map(text, listed))}], {how})"
