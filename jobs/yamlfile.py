"""Reading the files of definitions: contracts, dictionary, policies, rules, lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read(path: Path) -> Any:
    """Return what a YAML file says.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML.
    UnicodeDecodeError
        If it is no UTF-8.
    """
    # The library's own parser takes ten times as long; most commands read some forty files.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
