"""HTTP interface of the sandbox's tax office: `python -m infra.sandbox.services.tax_api --store FILE --port N --token FILE ...`.

Loopback, bearer token, JSON pages behind a change number; a record exists from its publication by the business
clock on. Now and then a page fails at its first asking, the same pages for the same seed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.sandbox.services import tax_store
from infra.sandbox.services.sftp import LOOPBACK, ClockFile
from infra.sandbox.services.tax_rows import DEDUCTION, INCOME, INVOICES, VAT

RESOURCES = tuple(s.name for s in (VAT, INCOME, DEDUCTION, INVOICES))
LARGEST_PAGE = 5000
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
BUSY, DOWN, SLOW, CUT, HALF = "429", "503", "slow", "cut", "half"
KINDS = (BUSY, DOWN, SLOW, CUT, HALF)
"""Too many requests (wait in seconds), unavailable (wait as a date), late, connection cut, half a page."""


@dataclass
class Faults:
    """Which pages fail at their first asking, and how.

    Attributes
    ----------
    kinds : tuple of str
        Of :data:`KINDS`; none = never.
    rate : float
        Share of the pages.
    """

    kinds: tuple[str, ...]
    rate: float
    seed: int
    slow_seconds: float
    _asked: Counter[tuple[str, int]] = field(default_factory=Counter)

    def of(self, resource: str, after: int) -> str | None:
        """Return the fault of a request; asked again, the page is well."""
        self._asked[resource, after] += 1
        digest = hashlib.sha256(f"{self.seed}/{resource}/{after}".encode()).digest()
        chance = int.from_bytes(digest[:4], "big") / 2**32
        if not self.kinds or chance >= self.rate or self._asked[resource, after] > 1:
            return None
        return self.kinds[digest[4] % len(self.kinds)]


@dataclass(frozen=True)
class Office:
    """The interface: its records, who may read them, what time it is, and what goes wrong."""

    store: Path
    token: str
    clock: ClockFile
    faults: Faults

    def app(self) -> Starlette:
        """Return the application."""
        routes = [Route("/health", self.health), Route("/v1/{resource}", self.page)]
        return Starlette(routes=routes)

    async def health(self, request: Request) -> Response:
        """Tell that the server answers."""
        del request
        return JSONResponse({"status": "ok"})

    async def page(self, request: Request) -> Response:
        """Answer with one page."""
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _no(401, "令牌无效")
        resource = request.path_params["resource"]
        if resource not in RESOURCES:
            return _no(404, "没有这个资源")
        try:
            after, limit = (int(request.query_params[n]) for n in ("after", "limit"))
        except (KeyError, ValueError):
            return _no(400, "after 和 limit 应为整数")
        if after < 0 or not 1 <= limit <= LARGEST_PAGE:
            return _no(400, f"after 不小于 0，limit 为 1 到 {LARGEST_PAGE}")
        return await self._answer(resource, after, limit)

    async def _answer(self, resource: str, after: int, limit: int) -> Response:
        fault = self.faults.of(resource, after)
        if fault == BUSY:
            return _no(429, "请求过于频繁", "1")
        if fault == DOWN:
            moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
            return _no(503, "系统维护", format_datetime(moment, usegmt=True))
        if fault == SLOW:
            await asyncio.sleep(self.faults.slow_seconds)
        body = self._body(resource, after, limit)
        if fault == CUT:
            return StreamingResponse(_first_half(body), headers=_json(len(body)))
        return Response(body[: len(body) // 2] if fault == HALF else body, headers=_json())

    def _body(self, resource: str, after: int, limit: int) -> bytes:
        now = self.clock.now()
        # One record more than asked for tells whether there is a next page.
        records = tax_store.page(self.store, resource, after, limit + 1, now)
        shown = records[:limit]
        following = str(shown[-1][0]) if len(records) > limit else "null"
        at = dt.datetime.fromtimestamp(now, SHANGHAI).isoformat(timespec="seconds")
        data = ",".join(body for _, body in shown)
        return f'{{"data":[{data}],"next":{following},"as_of":"{at}"}}'.encode()


def _no(status: int, reason: str, retry_after: str | None = None) -> Response:
    headers = {"Retry-After": retry_after} if retry_after else None
    return JSONResponse({"error": reason}, status, headers=headers)


def _json(length: int | None = None) -> dict[str, str]:
    sized = {} if length is None else {"Content-Length": str(length)}
    return {"Content-Type": "application/json; charset=utf-8"} | sized


async def _first_half(body: bytes) -> AsyncIterator[bytes]:
    """Send half of what the header promises; the server then closes the connection."""
    yield body[: len(body) // 2]


def main(
    store: Annotated[Path, typer.Option(help="记录库（SQLite）；不存在则各资源为空")],
    token: Annotated[Path, typer.Option(help="令牌文件", exists=True)],
    port: Annotated[int, typer.Option(help="端口，仅监听本机")] = 25080,
    clock: Annotated[Path | None, typer.Option(help="业务时钟文件；不存在则用真实时间")] = None,
    faults: Annotated[str, typer.Option(help=f"故障种类，逗号分开，空为没有：{','.join(KINDS)}")] = ",".join(
        KINDS
    ),
    rate: Annotated[float, typer.Option(help="首次请求出故障的页所占比例")] = 0.04,
    seed: Annotated[int, typer.Option(help="决定哪些页出故障")] = 20260120,
    slow_seconds: Annotated[float, typer.Option(help="慢页耽搁的秒数")] = 3.0,
) -> None:
    """提供税务数据接口，按业务时钟公开记录。"""
    kinds = tuple(k for k in faults.split(",") if k)
    if unknown := set(kinds) - set(KINDS):
        raise typer.BadParameter(f"没有这种故障：{'、'.join(sorted(unknown))}")
    wrong = Faults(kinds, rate, seed, slow_seconds)
    office = Office(store, token.read_text(encoding="utf-8").strip(), ClockFile(clock), wrong)
    uvicorn.run(office.app(), host=LOOPBACK, port=port, log_level="info")


if __name__ == "__main__":
    typer.run(main)
