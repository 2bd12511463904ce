"""A stand-in for Talkdesk: its OAuth server and API, and the person who works on its screens."""

from __future__ import annotations

from . import customer

__all__ = ["api_path", "customer", "login_path"]


def api_path(region: str) -> str:
    """Path of a region's API on the testbed's origin."""
    return f"/talkdesk/{region}"


def login_path(region: str, account: str) -> str:
    """Path of an account's OAuth server, which elsewhere has a host name of its own."""
    return f"/talkdesk-id/{region}/{account}"
