"""Spark Connect before somebody of the machine who has no token, a wrong one, or another server's."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from pyspark.errors.exceptions.connect import SparkConnectGrpcException
from pyspark.sql.connect import proto
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession

from infra.local.credentials import secret
from infra.local.environment import settings
from infra.local.services import Platform
from infra.local.site import SPARK_TOKEN_VARIABLE, Site
from jobs import lake

pytestmark = pytest.mark.spark
OTHER = "另一账户"
CALLS = {
    "ExecutePlan": proto.ExecutePlanRequest,
    "AnalyzePlan": proto.AnalyzePlanRequest,
    "Config": proto.ConfigRequest,
    "ArtifactStatus": proto.ArtifactStatusesRequest,
    "Interrupt": proto.InterruptRequest,
    "ReattachExecute": proto.ReattachExecuteRequest,
    "ReleaseExecute": proto.ReleaseExecuteRequest,
    "ReleaseSession": proto.ReleaseSessionRequest,
    "FetchErrorDetails": proto.FetchErrorDetailsRequest,
    "CloneSession": proto.CloneSessionRequest,
}
"""All that a client can ask, each with its message."""


@pytest.fixture
def stub(platform: Platform) -> Iterator[Any]:
    direct = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{platform.site.ports.spark}", options=direct) as channel:
        yield proto.SparkConnectServiceStub(channel)


def ask(stub: Any, call: str, metadata: Mapping[str, str]) -> grpc.StatusCode:
    """Return the status that a call ends with."""
    request = CALLS[call](session_id=str(uuid.uuid4()), user_context=proto.UserContext(user_id="x"))
    try:
        answer = getattr(stub, call)(request, metadata=list(metadata.items()), timeout=30)
        if isinstance(answer, grpc.Call):
            list(answer)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.person(OTHER)
@pytest.mark.parametrize("call", CALLS)
def test_without_a_token_nothing_is_answered(stub: Any, call: str) -> None:
    assert ask(stub, call, {}) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.person(OTHER)
def test_without_a_token_no_code_is_taken(stub: Any) -> None:
    parts = iter([proto.AddArtifactsRequest(session_id=str(uuid.uuid4()))])
    with pytest.raises(grpc.RpcError) as refused:
        stub.AddArtifacts(parts, timeout=30)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.person(OTHER)
@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer {half}", "Basic {token}", "{token}", "Bearer {ledger}"],
)
def test_a_wrong_token_is_refused(platform: Platform, stub: Any, header: str) -> None:
    token, ledger = ((platform.site.secrets / n).read_text().strip() for n in ("spark_token", "db_ledger"))
    value = header.format(token=token, half=token[: len(token) // 2], ledger=ledger)
    assert ask(stub, "Config", {"authorization": value}) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.person(OTHER)
@pytest.mark.parametrize("name", ["settings.env", "secrets/db_postgres", "clock"])
def test_spark_reads_no_file_for_a_client_without_a_token(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", raising=False)
    url = f"sc://127.0.0.1:{platform.site.ports.spark}"
    with pytest.raises(SparkConnectGrpcException, match=r"UNAUTHENTICATED|[Aa]uthenticat"):
        session = SparkSession.builder.channelBuilder(DefaultChannelBuilder(url)).create()
        try:
            session.read.text(str(platform.site.home / name)).collect()
        finally:
            # Else it stays the active one, which pyspark asks on behalf of those that come later.
            session.stop()


@pytest.mark.control("有令牌的作业")
def test_a_job_reads_a_file(platform: Platform, env: dict[str, str]) -> None:
    del env
    with lake.connect() as spark:
        rows = spark.read.text(str(platform.site.home / "settings.env")).collect()
    assert any("ZJTX_LEDGER_URL" in row.value for row in rows)


@pytest.mark.control("有令牌的作业")
@pytest.mark.parametrize("call", ["Config", "Interrupt", "ReleaseSession"])
def test_with_the_token_it_is_answered(platform: Platform, stub: Any, call: str) -> None:
    token = (platform.site.secrets / "spark_token").read_text().strip()
    assert ask(stub, call, {"authorization": f"Bearer {token}"}) is not grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.person(OTHER)
def test_the_token_goes_to_the_address_of_the_server_alone(platform: Platform, env: dict[str, str]) -> None:
    """The name localhost may lead to another address, where another account listens."""
    remote = env["ZJTX_SPARK_REMOTE"]
    assert remote.startswith(f"sc://127.0.0.1:{platform.site.ports.spark}/;token=")
    with socket.socket(socket.AF_INET6) as listener:
        try:
            listener.bind(("::1", platform.site.ports.spark))
        except OSError:
            pytest.skip("没有 IPv6 回环地址 / no IPv6 loopback")
        listener.listen()
        with lake.connect() as spark:
            assert spark.range(3).count() == 3
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_server_of_ones_own_gets_its_own_token_only(tmp_path: Path) -> None:
    own = {
        "ZJTX_HOME": str(tmp_path),
        "ZJTX_SPARK_REMOTE": "sc://spark.example:15002",
        SPARK_TOKEN_VARIABLE: "theirs",
    }
    values = settings(Site.from_environment(own))
    assert values["ZJTX_SPARK_REMOTE"] == "sc://spark.example:15002"
    assert values[SPARK_TOKEN_VARIABLE] == "theirs"
    assert (tmp_path / "secrets" / "spark_token").read_text().strip() not in str(values)


def test_an_address_of_the_own_server_without_a_token_is_completed(tmp_path: Path) -> None:
    site = Site(tmp_path, given={"ZJTX_SPARK_REMOTE": "sc://localhost:25002"})
    token = secret(site, "spark_token")
    assert settings(site)["ZJTX_SPARK_REMOTE"] == f"sc://127.0.0.1:25002/;token={token}"
