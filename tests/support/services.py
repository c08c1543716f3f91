"""Services that give changes, as real servers of a test: the sandbox's tax interface, or an application of one's own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.sandbox.services.sftp import ClockFile
from infra.sandbox.services.tax_api import Faults, Office
from infra.sandbox.services.tax_store import write_records
from tests.support.files import COUNTY, code

TOKEN = "s3cret-token-of-the-test"
DAY = "2026-03-16T06:00:00+08:00"


@dataclass
class Counted:
    """An application that remembers what it was asked."""

    app: ASGIApp
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await self.app(scope, receive, send)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on loopback; yields host and port."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline
        time.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


def vat(
    change: int, firm: int, sales: object = 100.5, period: str = "202602", **more: object
) -> dict[str, Any]:
    """Return one VAT return as the interface gives it; a Decimal text becomes a JSON number digit by digit."""
    record = {
        "change_no": change, "updated_at": DAY, "period": period, "taxpayer_id": code(firm),
        "taxpayer_name": f"测试企业{firm}", "region_code": COUNTY, "general_sales_month": sales,
        "general_sales_year": 205.25, "tax_due_month": 3,
    }  # fmt: skip
    return record | more


@dataclass
class TaxOffice:
    """The sandbox's tax interface over records of a test's own.

    Attributes
    ----------
    store : Path
        Its records.
    clock : Path
        Its business clock.
    """

    store: Path
    clock: Path
    faults: Faults = field(default_factory=lambda: Faults((), 0.0, 1, 0.0))
    counted: Counted = field(init=False)

    def __post_init__(self) -> None:
        self.counted = Counted(Office(self.store, TOKEN, ClockFile(self.clock), self.faults).app())

    def holds(
        self, records: Iterable[dict[str, Any]], published: str = DAY, until: str | None = None
    ) -> None:
        """Hold these VAT returns, all published at one moment, instead of any before."""
        self.rows = []
        self.adds(records, published, until)

    def adds(self, records: Iterable[dict[str, Any]], published: str = DAY, until: str | None = None) -> None:
        """Hold these VAT returns as well."""
        begin = int(datetime.fromisoformat(published).timestamp())
        end = int(datetime.fromisoformat(until).timestamp()) if until else None
        self.rows += [("vat", r["change_no"], begin, end, json.dumps(r, ensure_ascii=False)) for r in records]
        write_records(self.store, self.rows)

    @contextmanager
    def open(self, options: str = "") -> Iterator[str]:
        """Serve; yields the connection's URI."""
        with served(self.counted) as place:
            yield f"http://tax:{TOKEN}@{place}{options}"
