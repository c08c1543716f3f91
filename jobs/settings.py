"""Where things are: settings from the environment, else from the installation's settings file."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from threading import TIMEOUT_MAX

from pydantic import Field, computed_field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs import settingsfile

REPO = Path(__file__).resolve().parent.parent
"""Root of the checkout: contracts, policies and suites are read from it."""


class Settings(BaseSettings):
    """Settings of one installation; each is an environment variable ``ZJTX_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="ZJTX_", extra="ignore")

    home: Path = REPO / "var"
    ledger_url: str = ""
    spark_remote: str = "sc://127.0.0.1:25002"
    spark_deadline: float = Field(900.0, gt=0, le=TIMEOUT_MAX)
    lake: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_key: str = ""
    s3_secret: str = ""
    clock: Path | None = None
    real_data: Path = REPO.parent / "shared" / "data"
    auto_approve: bool = False
    notify: str = ""
    airflow_url: str = ""
    schemas: Path = REPO / "schemas"
    policies: Path = REPO / "policies"
    expectations: Path = REPO / "expectations"
    access: Path = REPO / "superset_dashboards" / "access.yaml"

    @field_validator("lake")
    @classmethod
    def _lake_of_a_known_kind(cls, value: str) -> str:
        """Take a folder or ``s3://``: any other scheme would become a folder of that name."""
        if "://" in value and not value.startswith("s3://"):
            raise ValueError("a folder, or s3://bucket/prefix")
        return value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lake_root(self) -> str:
        """Root of the Delta tables, without a trailing slash; may be ``s3://``, reached as ``s3_*`` say."""
        return (self.lake or str(self.home / "lake")).rstrip("/")

    @property
    def landing(self) -> Path:
        """Files as received, named by content hash, and their parsed rows."""
        return self.home / "landing"

    @property
    def served(self) -> Path:
        """Builds of the served DuckDB file; ``current`` points to the one Superset reads."""
        return self.home / "served"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' run-time files and its Data Docs."""
        return self.home / "quality"


def home() -> Path:
    """Return the folder of the installation that the environment names."""
    return Path(os.environ.get("ZJTX_HOME") or REPO / "var")


def settings_file() -> Path:
    """Return where the installation's settings are written."""
    return home() / settingsfile.NAME


def stored() -> dict[str, str]:
    """Return what the installation's settings file says."""
    return settingsfile.read(settings_file())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Read the settings once per process."""
    names = {f"ZJTX_{field.upper()}": field for field in Settings.model_fields}
    given = {names[n]: v for n, v in stored().items() if n in names and n not in os.environ}
    return Settings(**given | {"home": str(home())})  # type: ignore[arg-type]
