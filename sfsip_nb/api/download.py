"""Files at signed addresses that a platform names: fetched from another host, with no secret.

Such an address is itself a key to the file, so that none of it but its host is ever shown.
"""

from __future__ import annotations

import ipaddress
import time
from datetime import UTC, datetime

import httpx

from sfsip_nb.api import exchanges
from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.exchanges import Exchange
from sfsip_nb.api.silence import silence
from sfsip_nb.api.transport import client, stamp
from sfsip_nb.inputs.fields import on_this_machine

LARGEST = 20 * 1024 * 1024
"""Bytes of a file that is taken."""

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_MOST_SECONDS = 60.0


def fetch(platform: str, address: str, *, here: bool) -> bytes:
    """The file at an address that `platform` named, without a token, a cookie, or a redirect.

    With `here`, as on a testbed run, it lies on this machine; else it is on an outside host, by
    HTTPS. Raises ApiError: for any other address before anything is sent, for a refusal, and for
    more than `LARGEST`.
    """
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, TypeError):
        url = httpx.URL("")
    place = f"the file at {url.host or 'no host'}"
    if not _fits(url, here):
        problem = Problem("address", "it is not where such a file may lie")
        raise ApiError(platform, "GET", place, 0, problem)
    started, at, status = time.monotonic(), datetime.now(UTC), 0
    try:
        with client(url.host, _TIMEOUT) as http, http.stream("GET", url) as answer:
            status = answer.status_code
            if status != httpx.codes.OK:
                raise ApiError(platform, "GET", place, status, Problem("", answer.reason_phrase))
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > LARGEST or time.monotonic() - started > _MOST_SECONDS:
                    problem = Problem("unreadable", "the file is too large, or takes too long")
                    raise ApiError(platform, "GET", place, status, problem)
            return bytes(content)
    except httpx.HTTPError as error:
        raise ApiError(platform, "GET", place, 0, silence(error)) from None
    finally:
        took = round((time.monotonic() - started) * 1000)
        exchanges.note(Exchange(stamp(at), platform, "GET", place, status, took, personal=True))


def _fits(url: httpx.URL, here: bool) -> bool:
    if url.userinfo or not url.host:
        return False
    if here:
        return url.scheme in ("http", "https") and on_this_machine(url.host)
    return url.scheme == "https" and url.port is None and _outside(url.host)


def _outside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return host != "localhost"
