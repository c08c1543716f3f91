"""The Delta jars: resolved once at set-up by the Ivy that pyspark carries, checked by SHA-256."""

import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from infra.local.service import ServiceError
from infra.local.site import REPO

HERE = Path(__file__).parent
CACHE = REPO / ".jars"


def spark_home() -> Path:
    """Directory of the installed pyspark."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ServiceError("未安装 pyspark，请运行 make env / pyspark missing: run make env")
    return Path(spec.origin).parent


def wanted() -> dict[str, str]:
    """File name -> SHA-256 of the jars the server needs."""
    rows = (line.split() for line in (HERE / "jars.sha256").read_text().splitlines())
    return {name: digest for digest, name in rows}


def bad_jars(directory: Path = CACHE) -> list[str]:
    """Names of the jars that are missing or not what the checksum file says."""
    files = {name: directory / name for name in wanted()}
    return [
        name
        for name, digest in wanted().items()
        if not files[name].exists() or sha256(files[name].read_bytes()).hexdigest() != digest
    ]


def _resolve(target: Path) -> None:
    """Fetch the jars with Ivy into `target`."""
    ivy = next((spark_home() / "jars").glob("ivy-*.jar"))
    cache = target / "ivy"
    command = ["java", "-jar", str(ivy), "-ivy", str(HERE / "ivy.xml"), "-cache", str(cache)]
    command += ["-types", "jar", "bundle", "-retrieve", f"{target}/[artifact]-[revision].[ext]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise ServiceError(
            f"取 Delta 的 jar 包失败，请检查网络，或把 {', '.join(wanted())} 放入 {CACHE}\n"
            f"Fetching the Delta jars failed: check the network, or put these files into {CACHE}\n{done.stdout[-2000:]}"
        )


def ensure_jars() -> list[Path]:
    """Return the checked jars, fetching those that are missing."""
    if bad_jars():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as download:
            _resolve(Path(download))
            wrong = bad_jars(Path(download))
            if wrong:
                raise ServiceError(
                    f"jar 包校验和不符，未采用 / checksum mismatch, refused: {', '.join(wrong)}"
                )
            for name in wanted():
                shutil.move(Path(download) / name, CACHE / name)
    return [CACHE / name for name in wanted()]


if __name__ == "__main__":
    sys.stdout.write("\n".join(str(path) for path in ensure_jars()) + "\n")
