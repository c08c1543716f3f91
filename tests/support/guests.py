"""Accounts of Superset that are made for a test."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.support.superset_users import Client


@dataclass
class Guest:
    """An account made for one test, so that what happens to it does not disturb others."""

    admin: Client
    role: str
    name: str = field(default_factory=lambda: f"guest{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: f"Tmp-{secrets.token_urlsafe(16)}7")
    id: int = 0

    def __post_init__(self) -> None:
        """Make the account."""
        response = self.admin.http.get("/api/v1/security/roles/?q=(page_size:100)").raise_for_status().json()
        roles = [item["id"] for item in response["result"] if item["name"] == self.role]
        user = {"username": self.name, "first_name": self.name, "last_name": self.name, "active": True}
        body = {**user, "email": f"{self.name}@localhost.invalid", "roles": roles, "password": self.password}
        made = self.admin.http.post("/api/v1/security/users/", json=body)
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]

    def change(self, **values: Any) -> None:
        """Let the administrator change the account."""
        self.admin.http.put(f"/api/v1/security/users/{self.id}", json=values).raise_for_status()

    def remove(self) -> None:
        """Delete the account; one that changed something stays on record, switched off."""
        if self.admin.http.delete(f"/api/v1/security/users/{self.id}").status_code != 200:
            self.change(active=False)
