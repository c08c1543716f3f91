"""Which feeds have something new between two business times: when the demo's operators would look."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def news(truth: Path, since: str | None, until: str) -> set[str]:
    """Return the feeds whose source shows something at ``until`` that it did not show at ``since``.

    Parameters
    ----------
    truth : Path
        Folder of the truth.
    since, until : str
        Business times with offset; no ``since``: everything up to ``until``.
    """
    files = pd.read_parquet(truth / "files.parquet", columns=["feed", "delivered"])
    moments = [files.assign(at=pd.to_datetime(files["delivered"], utc=True))[["feed", "at"]]]
    for path in [*truth.glob("tax_*.parquet"), *truth.glob("fin_*.parquet")]:
        published = pd.read_parquet(path, columns=["published"])["published"]
        at = pd.to_datetime(published.drop_duplicates(), unit="s", utc=True)
        moments.append(pd.DataFrame({"feed": path.stem, "at": at}))
    known = pd.concat(moments)
    new = known["at"] <= pd.Timestamp(until)
    if since is not None:
        new &= known["at"] > pd.Timestamp(since)
    return set(known.loc[new, "feed"])
