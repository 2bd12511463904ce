"""Where secrets may go: a live platform's own hosts, or this machine for a testbed run."""

from __future__ import annotations

import re

import httpx

from sfsip_nb.inputs import facts
from sfsip_nb.inputs import platform as platforms
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import on_this_machine

_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"


def own(name: str, url: str, *, live: bool) -> str:
    """`url`, if the secrets of the origin called `name` may be sent there.

    The name begins with the platform's: ``synthflow``, ``genesys.login``. On a live run the origin
    is one of the platform's own hosts, by https on the default port; on a testbed run it is on this
    machine. Raises InputError for any other, before anything is sent.
    """
    platform = name.partition(".")[0]
    try:
        parsed = httpx.URL(url)  # as the client that sends reads it
        host = parsed.raw_host.decode("ascii", "replace").lower()
        if live:
            fits = parsed.scheme == "https" and parsed.port is None and _owned(platform, host)
        else:
            fits = parsed.scheme in ("http", "https") and on_this_machine(parsed.host)
        if fits and not parsed.userinfo and not parsed.query and not parsed.fragment:
            return url
    except (httpx.InvalidURL, UnicodeError):
        host = ""
    place = f"the host {host[:80]}" if host and host.isprintable() else "what is no host"
    if live:
        known = platform in platforms.names()
        decides = platforms.platform(platform).decides if known else f"{platform}.region"
        raise InputError(
            platform,
            f"No secret of {platform} was sent: its address points to {place}, not to a host of"
            f" the platform's own. Correct {decides}.",
        )
    raise InputError(
        "testbed",
        f"No secret of {platform} was sent: the testbed's address for it points to {place}, but a"
        " testbed run stays on this machine. Start the run in a fresh folder, without testbed.url.",
    )


def is_own(name: str, host: str) -> bool:
    """Whether `host` is one of the platform's own to which the origin called `name` belongs."""
    return _owned(name.partition(".")[0], host)


def _owned(platform: str, host: str) -> bool:
    patterns = (
        re.escape(known).replace(re.escape("*"), _LABEL) for known in facts.own_hosts(platform)
    )
    return any(re.fullmatch(pattern, host) for pattern in patterns)
