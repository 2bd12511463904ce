"""Whether another party's TLS client gets through to a server: versions and ciphers, tried."""

import asyncio
import ssl
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..shown import counted
from .handshake import shake
from .tlsprobe import lenient

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_AT_ONCE = 3
"""Handshakes at the same time: a border controller takes more of them for an attack."""
_OWN_LIMITS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
"""OpenSSL's reasons for not even sending a greeting: this machine's policy forbids the trial."""

Taken = Literal["taken", "refused", "not tried here"]


@dataclass(frozen=True)
class TlsClient:
    """What another party's TLS client is known to offer, each empty if anything goes.

    Versions, ciphers by OpenSSL's names, the one elliptic curve; `leaving` are those of the
    ciphers that it has announced to drop.
    """

    name: str
    versions: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    curve: str = ""
    leaving: tuple[str, ...] = ()


async def versions(ip: str, port: int, name: str, until: float) -> dict[str, Taken]:
    """Which versions of TLS the server takes. Raises OSError, TimeoutError."""
    trials = {version: as_client(TlsClient(version, (version,))) for version in VERSIONS}
    return await _try_all(ip, port, name, trials, until)


async def ciphers(
    ip: str, port: int, name: str, client: TlsClient, until: float
) -> dict[str, Taken]:
    """Which ciphers of a client the server takes, one offered at a time."""
    trials = {cipher: as_client(client, (cipher,)) for cipher in client.ciphers}
    return await _try_all(ip, port, name, trials, until)


def as_client(client: TlsClient, ciphers: Sequence[str] | None = None) -> ssl.SSLContext | None:
    """A context that offers what a client offers; None where this machine cannot."""
    context = lenient()
    try:
        with warnings.catch_warnings():
            # Old versions are tried to tell that they are taken, not to be used.
            warnings.simplefilter("ignore", DeprecationWarning)
            if client.versions:
                context.minimum_version = _version(client.versions[0])
                context.maximum_version = _version(client.versions[-1])
        if offered := client.ciphers if ciphers is None else ciphers:
            context.set_ciphers(":".join(offered) + ":@SECLEVEL=0")
        if client.curve:
            context.set_ecdh_curve(client.curve)
    except (ssl.SSLError, ValueError):
        return None
    return context


async def _try_all(
    ip: str, port: int, name: str, trials: dict[str, ssl.SSLContext | None], until: float
) -> dict[str, Taken]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(context: ssl.SSLContext | None) -> Taken:
        if context is None:
            return "not tried here"
        async with gate:
            tried = await shake(ip, port, name, context, until)
        if tried.reason in _OWN_LIMITS:
            return "not tried here"
        # A client certificate is refused after version and cipher were agreed.
        return "taken" if tried.failure is None or tried.chain else "refused"

    taken = await asyncio.gather(*(one(context) for context in trials.values()))
    return dict(zip(trials, taken, strict=True))


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]


def refusal(
    client: TlsClient,
    where: str,
    key: str,
    versions: Mapping[str, Taken],
    ciphers: Mapping[str, Taken],
) -> str:
    """Why the client does not get through; empty if it does, or if that cannot be told.

    `key` is the kind of the server's key, as "EC 256".
    """
    spoken, wanted = _taken(versions), " or ".join(client.versions)
    if spoken and not set(spoken) & set(client.versions):
        return (
            f"{where} takes {', '.join(spoken)}, and {client.name} speaks {wanted} only: "
            f"switch {wanted} on there."
        )
    if set(ciphers.values()) != {"refused"}:
        return ""
    curve = f", with the curve {client.curve} alone" if client.curve else ""
    why = (
        f"Its key is {key}, and all of these want an RSA certificate."
        if key and not key.startswith("RSA")
        else "Enable one of them there."
    )
    return (
        f"{where} takes none of the ciphers that {client.name} lists{curve}: "
        f"{', '.join(ciphers)}. {why}"
    )


def suits(client: TlsClient, ciphers: Mapping[str, Taken]) -> str:
    """What the client gets through with; empty where this machine could not try."""
    taken = _taken(ciphers)
    if not taken:
        return ""
    listed = counted(len(client.ciphers), "cipher")
    words = f"{client.name} gets through with {len(taken)} of the {listed}"
    if set(taken) <= set(client.leaving):
        return (
            f"{words} that it lists, but has announced that it will drop exactly these"
            f" ({', '.join(taken)}): enable another one there."
        )
    return f"{words} that it lists ({taken[0]})."


def _taken(tried: Mapping[str, Taken]) -> list[str]:
    return [name for name, word in tried.items() if word == "taken"]
