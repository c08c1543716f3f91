import configparser
import json
import os
import stat
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from infra.local import environment, supervision
from infra.local.service import Program, Service, ServiceError
from infra.local.services import ORDER, Platform
from infra.local.site import MAX_SOCKET_PATH, Ports, Site
from infra.local.stamps import once
from jobs import settingsfile

PORTS = Ports(1001, 1002, 1003, 1004, 1005, 1006)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path / "运行 数据", PORTS)


def render(platform: Platform) -> str:
    return supervision.render(platform.site, list(platform.services.values()))


def test_the_process_manager_accepts_its_configuration(platform: Platform) -> None:
    platform.site.make_directories()
    services = list(platform.services.values())
    for program in (p for s in services for p in s.programs):
        platform.site.workdir(program.name).mkdir(parents=True)
    config = platform.site.run / "supervisord.conf"
    text = render(platform).replace("user=pgserver\n", "")
    config.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(config)], doc="")
    groups = {group.name: group for group in options.process_group_configs}
    assert [g.name for g in sorted(groups.values(), key=lambda g: g.priority)] == list(ORDER)
    airflow = {p.name: p for p in groups["airflow"].process_configs}
    assert set(airflow) == {"airflow-api", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"}
    assert airflow["airflow-api"].directory == str(platform.site.workdir("airflow-api"))
    given = airflow["airflow-scheduler"].environment
    assert given["AIRFLOW_HOME"] == str(platform.site.airflow)
    assert given["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_every_program_is_restarted_and_stopped_with_its_children(platform: Platform) -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(render(platform))
    programs = {name: parser[name] for name in parser.sections() if name.startswith("program:")}
    assert len(programs) == 13
    for name, options in programs.items():
        assert options["autorestart"] == "true", name
        assert options["killasgroup"] == "true", name
        assert options["stopasgroup"] == ("false" if name == "program:postgres" else "true"), name


def test_values_that_cannot_be_written_are_refused(platform: Platform) -> None:
    bad = Service("x", [Program("x", ["true"], {"KEY": "a'b\"c"})], health=lambda: None)
    with pytest.raises(ServiceError, match="KEY"):
        supervision.render(platform.site, [bad])


def test_secrets_are_private_and_kept(platform: Platform) -> None:
    platform.site.make_directories()
    environment.write_settings(platform.site)
    first = environment.settings(platform.site)
    assert environment.settings(platform.site) == first
    files = [*platform.site.secrets.iterdir(), platform.site.settings_file]
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert settingsfile.read(platform.site.settings_file) == first


def test_servers_of_the_user_are_used_and_not_started(tmp_path: Path) -> None:
    own = dict.fromkeys(environment.DATABASES, "postgresql://u:p@db.example:5432/x")
    platform = Platform(tmp_path, PORTS, given=own | {"ZJTX_SPARK_REMOTE": "sc://spark.example:15002"})
    assert platform.external() == {"postgres", "spark", "s3", "workers"}
    assert platform.env()["ZJTX_SPARK_REMOTE"] == "sc://spark.example:15002"
    assert Platform(tmp_path, PORTS).external() == {"s3", "workers"}


def test_a_cluster_and_a_store_are_started_where_settings_name_their_ports(tmp_path: Path) -> None:
    given = {
        "ZJTX_LAKE": "s3://lake/zjtx",
        "ZJTX_S3_ENDPOINT": f"http://127.0.0.1:{PORTS.s3}",
        "ZJTX_SPARK_MASTER": f"spark://127.0.0.1:{PORTS.workers}",
        "ZJTX_SPARK_WORKERS": "3",
    }
    platform = Platform(tmp_path, PORTS, given)
    assert platform.external() == set()
    workers, spark = platform.services["workers"], platform.services["spark"]
    assert [p.name for p in workers.programs] == ["spark-master", *(f"spark-worker-{n}" for n in (1, 2, 3))]
    secret = environment.settings(platform.site)["ZJTX_S3_SECRET"]
    for program in (*workers.programs, *spark.programs):
        # Workers reach the lake; a command line would show the secret to everybody.
        assert program.env["ZJTX_S3_SECRET"] == secret
        assert secret not in " ".join(program.command)
    assert given["ZJTX_SPARK_MASTER"] in spark.programs[0].command


def test_a_store_elsewhere_is_reached_by_its_own_keys(tmp_path: Path) -> None:
    given = {
        "ZJTX_LAKE": "s3://lake",
        "ZJTX_S3_ENDPOINT": "https://store.example",
        "ZJTX_S3_SECRET": "theirs",
    }
    platform = Platform(tmp_path, PORTS, given)
    assert "s3" in platform.external()
    assert environment.lake_settings(platform.site)["ZJTX_S3_SECRET"] == "theirs"
    assert environment.lake_settings(Platform(tmp_path, PORTS).site) == {}


def test_environment_of_the_caller_is_cleaned(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "Other")
    monkeypatch.setenv("ZJTX_LAKE", "/elsewhere")
    monkeypatch.setenv("no_proxy", "intranet")
    env = platform.env()
    assert not {"PYTHONDONTWRITEBYTECODE", "AIRFLOW__CORE__EXECUTOR"} & set(env)
    assert env["ZJTX_LAKE"] == str(platform.site.home / "lake")
    assert env["NO_PROXY"] == "127.0.0.1,localhost,intranet"


def test_site_and_ports_come_from_the_environment(tmp_path: Path) -> None:
    site = Site.from_environment({"ZJTX_HOME": str(tmp_path), "ZJTX_PORT_SPARK": "7", "ZJTX_NOTIFY": "x"})
    assert (site.home, site.ports.spark, site.ports.postgres) == (tmp_path, 7, 25432)
    assert site.given == {"ZJTX_NOTIFY": "x"}


def test_ports_once_chosen_are_remembered(platform: Platform) -> None:
    platform.site.make_directories()
    environment.write_settings(platform.site)
    later = {"ZJTX_HOME": str(platform.site.home)}
    assert Site.from_environment(later).ports == PORTS
    assert Site.from_environment(later | {"ZJTX_PORT_SPARK": "7"}).ports.spark == 7


def test_socket_path_fits_however_deep_the_home_is(tmp_path: Path) -> None:
    deep = Site(tmp_path / ("x" * 120))
    assert len(os.fsencode(deep.socket)) <= MAX_SOCKET_PATH


def test_work_is_done_once_per_content(tmp_path: Path) -> None:
    done: list[int] = []
    source, stamp = tmp_path / "source", tmp_path / "run" / "stamp"
    source.mkdir()
    for text in ("a", "a", "b"):
        (source / "file").write_text(text)
        once(stamp, ["url", source], lambda: done.append(1))
    assert len(done) == 2


def test_failed_work_is_done_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise ServiceError("no")

    with pytest.raises(ServiceError):
        once(tmp_path / "stamp", ["x"], fail)
    assert not (tmp_path / "stamp").exists()


def test_airflow_users_have_generated_passwords(platform: Platform) -> None:
    from infra.local.credentials import airflow_passwords

    passwords = json.loads(airflow_passwords(platform.site).read_text())
    assert set(passwords) == {"admin", "operator", "analyst"}
    assert len(set(passwords.values())) == 3


def test_the_command_for_services_refuses_in_a_sentence(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from infra.local.__main__ import app
    from tests.support.installation import environment

    with environment({"ZJTX_HOME": str(tmp_path / "new")}):
        for wrong in (["up", "postgre"], ["upp"], ["stop", "--all"]):
            done = CliRunner().invoke(app, wrong)
            assert done.exit_code == 2 and "Traceback" not in done.output and "Usage" not in done.output
            assert any("\u4e00" <= c <= "\u9fff" for c in done.stderr.splitlines()[0]), done.stderr
    assert not (tmp_path / "new").exists()
