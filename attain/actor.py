"""Who runs Attain, for the audit log."""

from __future__ import annotations

import getpass


def login() -> str:
    """The name this process runs under; empty where the machine gives it none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
