"""Whose account a command works as."""

from __future__ import annotations

import os
import pwd

from jobs.settings import settings_file

PRIVATE = 0o077


def become_owner() -> None:
    """As root, become the account that the installation's settings belong to.

    Its services run as that account. What root writes would lock them out.
    """
    try:
        owner = settings_file().stat().st_uid
    except FileNotFoundError:
        return
    if os.geteuid() != 0 or owner == 0:
        return
    account = pwd.getpwuid(owner)
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.umask(PRIVATE)
    os.environ.update(USER=account.pw_name, LOGNAME=account.pw_name, HOME=account.pw_dir)
