"""People at the pages, for Locust: each logs in, opens a page of theirs, reads it, and opens another one.

What a page asks for is not guessed: ``benchmarks.load`` has watched a browser open it and names the file with its requests in
``ZJTX_LOAD``. What a browser asks for at once is asked for at once here, as many at a time as a browser has connections.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
from pathlib import Path
from typing import Any

from gevent.pool import Pool
from locust import FastHttpUser, constant, task

_WATCHED: dict[str, Any] = json.loads(Path(os.environ["ZJTX_LOAD"]).read_text(encoding="utf-8"))
_TURN = itertools.cycle(_WATCHED["people"])
_CONNECTIONS = 6
"""Of a browser to one server."""
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitor(FastHttpUser):
    """One person; the people of the file take turns."""

    host = _WATCHED["url"]
    wait_time = constant(_WATCHED["thought"])

    def on_start(self) -> None:
        """Log in by the form."""
        self.person = next(_TURN)
        page = self.client.get("/login/", name="登录 login")
        token = _TOKEN.search(page.text or "")
        form = {
            "username": self.person["username"],
            "password": self.person["password"],
            "csrf_token": token[1] if token else "",
        }
        with self.client.post("/login/", data=form, name="登录 login", catch_response=True) as answer:
            if "/login/" in (answer.url or ""):
                answer.failure("登录未成 / not let in")

    @task
    def read(self) -> None:
        """Open a page: its own text first, then what it asks for."""
        opened, *asked = random.choice(self.person["pages"])
        self._ask(opened)
        pool = Pool(_CONNECTIONS)
        for request in asked:
            pool.spawn(self._ask, request)
        pool.join()

    def _ask(self, request: dict[str, Any]) -> None:
        self.client.request(
            request["method"],
            request["path"],
            data=request["body"],
            headers=request["headers"],
            name=request["kind"],
        )
