"""What a run took in, as its note tells it: from the ledger, so that a try that died is counted as well."""

from __future__ import annotations

import pytest

from tests.support.files import csv_file, finance_path, line
from tests.support.installation import Installation

pytestmark = pytest.mark.spark

RUN = "ingest_stat_sftp/scheduled__1"
SENT = "2026-03-18T09:00:00+08:00"


def test_an_account_names_every_refused_file_with_its_reason_and_counts_files_and_rows(
    fresh_installation: Installation,
) -> None:
    from jobs.feeds.account import account
    from jobs.feeds.ingest import poll

    fresh_installation.at("2026-03-20T09:00:00+08:00")
    assert account(RUN, [poll("stat_finance", run_id=RUN)]).nothing
    fresh_installation.deliver(finance_path("220100"), csv_file([line(1, 500), line(2, 600)]), SENT)
    fresh_installation.deliver(finance_path("220200"), "<html><body>404</body></html>", SENT)
    first = poll("stat_finance", run_id=RUN)
    lines = account(RUN, [first]).lines()
    path = finance_path("220200")
    assert lines[0] == "接收 1 个文件，采用 2 行，拒收 1 个文件"
    assert len(lines) == 3 and path in lines[1] and lines[1].startswith("拒收 ") and "网页" in lines[1]
    assert lines[2] == "财务状况（103/203表）：接收 1 个文件，采用 2 行，拒收 1 个文件"

    # The same run's next try finds nothing new, and still tells of both.
    again = account(RUN, [poll("stat_finance", run_id=RUN)])
    assert again.lines() == lines
    assert again.refusals() == lines[1:2]
    # Another run is not told of them.
    assert account("ingest_stat_sftp/scheduled__2", []).nothing
