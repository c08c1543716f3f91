"""Pulling from an HTTP interface: page after page behind a change number, as received into landing.

``GET <connection>/v1/<resource>?after=<number>&limit=<records>`` with a bearer token answers
``{"data": [...], "next": <number or null>, "as_of": <time>}``, sorted by the change number. A pull is whole or
does not exist: nothing has a name in landing before the last page is there.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import structlog
from tenacity import RetryCallState, retry, retry_if_exception_type, wait_random_exponential

from jobs import clock
from jobs.definitions.contract import Contract
from jobs.definitions.feedspec import Request
from jobs.feeds.landing import arriving
from jobs.feeds.source import SourceRefused, SourceUnavailable
from jobs.ledger.batches import Found

log = structlog.get_logger()

TRIES = 5
LONGEST_WAIT = 60.0
"""Seconds; who asks for more is left for a later poll: the lake's writer must not wait."""
TIME_LIMIT = 30.0
"""Seconds for one page, unless the connection says ``timeout``."""

_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)
_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "接口不接受请求的参数",
    HTTPStatus.UNAUTHORIZED: "令牌无效或已过期，请更新连接中的令牌",
    HTTPStatus.FORBIDDEN: "令牌没有读取权限",
    HTTPStatus.NOT_FOUND: "接口没有该资源",
}
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Page:
    """One page: its bytes on one line, how many records, the last change number, and after which to go on."""

    line: bytes
    records: int
    last: int
    following: int | None


@dataclass(frozen=True)
class Asked:
    """An open interface and what is asked of it."""

    client: httpx.Client
    request: Request
    limit: float


def _wait(state: RetryCallState) -> float:
    """Wait as long as the source asks, else a little longer each time."""
    asked = _asked_wait(state)
    return _BACKOFF(state) if asked is None else asked


def _enough(state: RetryCallState) -> bool:
    return state.attempt_number >= TRIES or (_asked_wait(state) or 0.0) > LONGEST_WAIT


def _asked_wait(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, SourceUnavailable) else None


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    seconds = state.next_action.sleep if state.next_action else 0.0
    log.warning(
        "page failed, tried again", reason=str(error), attempt=state.attempt_number, wait=round(seconds, 1)
    )


def _retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of ``Retry-After``; a date is measured by the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])
    except (ValueError, TypeError, KeyError):
        return None
    return max(0.0, wait.total_seconds())


def _judge(answer: httpx.Response, resource: str) -> None:
    """Raise unless the answer is a page.

    The answer's text is not repeated: nobody knows what a server echoes.
    """
    status = answer.status_code
    if status == HTTPStatus.OK:
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        raise SourceUnavailable(f"接口暂时不能应答 {resource}（HTTP {status}）", _retry_after(answer.headers))
    reason = next((text for code, text in _REFUSALS.items() if code == status), "接口的应答不在约定之内")
    raise SourceRefused(f"{reason}：{resource}（HTTP {status}）")


def _body(answer: httpx.Response, limit: float) -> bytes:
    """Read an answer within the time limit; the client's own limits hold for single reads only."""
    begun, parts = time.monotonic(), []
    for part in answer.iter_bytes():
        parts.append(part)
        if time.monotonic() - begun > limit:
            raise SourceUnavailable(f"一页超过 {limit:g} 秒没有传完")
    return b"".join(parts)


def _numbers(page: dict[str, Any], mark: str, after: int) -> list[int]:
    """Return the change numbers of a page.

    Raises
    ------
    SourceRefused
        If one is missing or out of order: nobody could tell what a later pull would have to ask for.
    """
    numbers, last = [], after
    for place, record in enumerate(page["data"], start=1):
        number = record.get(mark) if isinstance(record, dict) else None
        if type(number) is not int or number < last or number == after:
            raise SourceRefused(
                f"变更号 {after} 之后的一页，第 {place} 条记录的 {mark} 缺失或次序不对：{number!r}"
            )
        numbers.append(last := number)
    return numbers


def _checked(body: bytes, mark: str, after: int) -> Page:
    try:
        page = json.loads(body.decode("utf-8"))
    except ValueError as error:
        raise SourceUnavailable(f"变更号 {after} 之后的一页不完整，不是 JSON（{len(body)} 字节）") from error
    if not (isinstance(page, dict) and isinstance(page.get("data"), list) and "next" in page):
        raise SourceRefused(f"变更号 {after} 之后的一页不合约定：应有 data 列表和 next")
    numbers, following = _numbers(page, mark, after), page["next"]
    last = numbers[-1] if numbers else after
    if following is not None and (type(following) is not int or not numbers or following < last):
        raise SourceRefused(f"变更号 {after} 之后的一页，next 不合约定：{following!r}")
    # A line break can stand only between the parts of a JSON text, never inside one.
    return Page(re.sub(rb"[\r\n]+", b" ", body), len(numbers), last, following)


@retry(
    retry=retry_if_exception_type(SourceUnavailable),
    stop=_enough,
    wait=_wait,
    before_sleep=_tell,
    reraise=True,
)
def _page(asked: Asked, after: int) -> Page:
    """Read one page, again where that may help."""
    request = asked.request
    query = {"after": after, "limit": request.page}
    try:
        with asked.client.stream("GET", f"v1/{request.resource}", params=query) as answer:
            _judge(answer, request.resource)
            body = _body(answer, asked.limit)
    except httpx.RequestError as error:
        said = str(error) or type(error).__name__
        raise SourceUnavailable(f"接口没有应答或中途断开：{request.resource}（{said}）") from error
    return _checked(body, request.mark, after)


def _open(uri: str, request: Request) -> Asked:
    """Open a connection; its password is the bearer token."""
    parts = urlsplit(uri)
    place = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    limit = float(parse_qs(parts.query).get("timeout", [TIME_LIMIT])[0])
    headers = {"Authorization": f"Bearer {unquote(parts.password or '')}"}
    # Airflow gives the path back in quotes.
    base = f"{parts.scheme}://{place}" + unquote(parts.path).rstrip("/") + "/"
    return Asked(httpx.Client(base_url=base, headers=headers, timeout=limit), request, limit)


def pull(contract: Contract, request: Request, uri: str, after: int) -> Found | None:
    """Pull everything that changed after a change number into one file of landing, a page a line.

    Parameters
    ----------
    contract : Contract
    request : Request
        The contract's own.
    uri : str
        ``http(s)://user:token@host:port/base?timeout=seconds``.
    after : int
        The highest change number that was taken in.

    Returns
    -------
    Found or None
        None when nothing has changed.

    Raises
    ------
    SourceRefused
        If the interface says no, or does not keep to the protocol.
    SourceUnavailable
        If it does not answer properly after several tries.
    """
    at, upto, number = clock.now(), after, 0
    following: int | None = after
    asked = _open(uri, request)
    with asked.client, arriving() as out:
        while following is not None:
            page = _page(asked, following)
            number += 1
            log.info("page", feed=contract.id, page=number, records=page.records)
            if page.records:
                out.write(page.line + b"\n")
            upto, following = max(upto, page.last), page.following
        if upto == after:
            return None
        return Found(f"{contract.feed.folder}{after}-{upto}.jsonl", at, out.size, out.keep(), upto)
