"""System packages the tests need: a browser, Chinese fonts, Java, npm. Installed by apt-get when we are root."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.machine import Problem, check_java

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Need:
    """Something on this machine, and the packages that bring it (the first one that exists is taken)."""

    zh: str
    en: str
    present: Callable[[], bool]
    packages: tuple[str, ...]


def browser() -> str | None:
    """Path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def has_chinese_fonts() -> bool:
    """Whether fontconfig knows a font that covers Chinese."""
    if shutil.which("fc-list") is None:
        return False
    done = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())


NEEDS = (
    Need("Java 17 以上", "Java 17 or newer", lambda: not check_java(), ("openjdk-17-jre-headless", "openjdk-21-jre-headless")),
    Need("Chromium 浏览器", "Chromium", lambda: browser() is not None, ("chromium",)),
    Need("npm（取无障碍检查）", "npm, which brings the accessibility check", lambda: shutil.which("npm") is not None, ("npm",)),
    Need("中文字体", "Chinese fonts", has_chinese_fonts, ("fonts-noto-cjk",)),
)  # fmt: skip


def _offered(package: str) -> bool:
    done = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False
    )
    return done.returncode == 0


def _install(needs: list[Need]) -> None:
    """Install with apt-get, showing its output; what is still missing is reported by the caller."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=env, check=False)
    names = [next(filter(_offered, need.packages), need.packages[0]) for need in needs]
    # fc-list belongs to fontconfig, which a bare font package does not bring.
    subprocess.run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", "fontconfig", *names],
        env=env,
        check=False,
    )


def ensure_test_packages() -> list[Problem]:
    """Install what the tests need as root on Debian or Ubuntu; else say which command does."""
    missing = [need for need in NEEDS if not need.present()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write(f"安装 / installing: {'、'.join(need.zh for need in missing)}\n")
        _install(missing)
        missing = [need for need in missing if not need.present()]
    names = " ".join(need.packages[0] for need in missing)
    cure = f"sudo apt-get update && sudo apt-get install -y fontconfig {names}"
    return [Problem(f"测试缺少{need.zh}", f"the tests need {need.en}", cure) for need in missing]
