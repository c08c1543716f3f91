"""Commands that look something up load no library of the engine: it takes longer to load than they may take."""

from __future__ import annotations

import json
import subprocess
import sys

from jobs.settings import REPO

MODULES = (
    "jobs.cli", "jobs.cli.matrices", "jobs.operate.status", "jobs.operate.advice",
    "jobs.operate.targets", "jobs.definitions.policy.home", "jobs.serve.show",
    "jobs.cli.file_story", "jobs.operate.files", "jobs.feeds.quarantine",
    "jobs.cli.trace_story", "jobs.operate.trace", "jobs.operate.rules", "jobs.notify",
    "jobs.operate.summary", "jobs.serve.publish",
)  # fmt: skip
"""What status, targets, ranking, file, quarantine list, trace, rule list and notices import; and what the tasks do that
lay a candidate before a person and publish it."""
HEAVY = ("pyspark", "great_expectations", "pandas", "apprise", "alembic", "airflow")


def test_what_looks_things_up_loads_neither_spark_nor_great_expectations() -> None:
    text = (
        "import importlib, json, sys\n"
        f"for name in {MODULES}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=REPO, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_help_of_every_command_loads_no_database() -> None:
    text = (
        "import sys\nfrom jobs.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print('loaded', [n for n in ('sqlalchemy', 'duckdb', 'pyarrow', 'deltalake') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
