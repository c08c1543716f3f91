"""A gateway of S3 on this machine, for a lake that is to be tried in an object store: it keeps nothing when it ends."""

import httpx
from pyarrow import fs

from infra.local.environment import settings
from infra.local.service import Program, Service
from infra.local.site import HOST, REPO, Site

PROGRAM = REPO / ".venv-s3" / "bin" / "moto_server"


def health(site: Site) -> str | None:
    """None when the gateway answers."""
    try:
        answer = httpx.get(f"http://{HOST}:{site.ports.s3}/", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return str(error)
    return None if answer.status_code == httpx.codes.OK else f"HTTP {answer.status_code}"


def _make_bucket(site: Site) -> None:
    """Make the bucket that the lake lies in."""
    own = settings(site)
    store = fs.S3FileSystem(
        access_key=own["ZJTX_S3_KEY"],
        secret_key=own["ZJTX_S3_SECRET"],
        endpoint_override=f"{HOST}:{site.ports.s3}",
        scheme="http",
        allow_bucket_creation=True,
    )
    store.create_dir(own["ZJTX_LAKE"].removeprefix("s3://").partition("/")[0])


def service(site: Site) -> Service:
    """The gateway; started where ``ZJTX_S3_ENDPOINT`` names its port."""
    command = [str(PROGRAM), "--host", HOST, "--port", str(site.ports.s3)]
    # What is large lies in files of its own folder.
    env = {"TMPDIR": str(site.workdir("s3"))}
    return Service(
        name="s3",
        programs=[Program("s3", command, env, site.service_account, stop_seconds=5)],
        health=lambda: health(site),
        settle=lambda: _make_bucket(site),
        slow=False,
        start_seconds=60,
    )
