"""The platforms' hosts are reached before anything else is asked of them, or nothing is.

Once for each time that connections are opened. What needs a host that cannot be reached does not
begin, and names it.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sfsip_nb.api.origins import own
from sfsip_nb.api.reach import Reached, reach
from sfsip_nb.api.silence import silence
from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.sip import ResolveError, loop
from sfsip_nb.sip.locating import candidates_within

STEP = "access.network"
"""The step of every guide that tells what this machine sees of the network."""


_SIP = "sip"

SECONDS = 4.0
"""For all hosts together."""


class Unreachable(SfsipError):
    """Hosts that cannot be reached, in a sentence; `hosts` are all that were tried."""

    def __init__(self, hosts: Sequence[Reached]) -> None:
        self.hosts = tuple(hosts)
        lost = [host for host in hosts if not host.ok]
        self.advice = " ".join(dict.fromkeys(host.advice for host in lost))
        alike = {host.said: [h.host for h in lost if h.said == host.said] for host in lost}
        told = "; ".join(f"{', '.join(names)}: {said}" for said, names in alike.items())
        super().__init__(f"Cannot reach {told}.")


def look(ctx: Context, names: Collection[str] = ()) -> list[Reached]:
    """Reach every host of the run, all at once; of its SIP host only the name, which comes last.

    A platform with a foreign origin is not asked. Raises InputError where it is the one of `names`.
    """
    foreign, origins = set[str](), ctx.surroundings.origins
    needed = {_platform(name) for name in names}
    for name, url in origins.items():
        try:
            own(name, url, live=ctx.live)
        except InputError:
            if _platform(name) in needed:
                raise
            foreign.add(_platform(name))
    asked = {name: url for name, url in origins.items() if _platform(name) not in foreign}
    with waiting("an answer of each host", SECONDS), ThreadPoolExecutor() as pool:
        named = pool.submit(_named, ctx)
        return [*reach(asked, SECONDS), *named.result()]


def _platform(origin: str) -> str:
    return origin.partition(".")[0]


def _named(ctx: Context) -> list[Reached]:
    """Whether the SIP host has an address. Its port says nothing from this machine."""
    if ctx.guide.sip is None:
        return []
    host, port = ctx.guide.sip(ctx.parameters)
    resolver, transport = ctx.surroundings.resolver, ctx.parameters.sip.transport
    try:
        looked = candidates_within(resolver, host, port, transport, SECONDS)
        ips = tuple(hop.ip for hop in loop.run(looked, SECONDS))
    except (ResolveError, TimeoutError) as error:
        unheard = isinstance(error, TimeoutError) or error.unheard
        problem = silence(socket.gaierror(socket.EAI_AGAIN if unheard else socket.EAI_NONAME, ""))
        return [Reached((_SIP,), host, port, (), problem.code, problem.message, problem.advice)]
    return [Reached((_SIP,), host, port, ips, "", "the name resolves; SIP is not tried yet", "")]


def require(ctx: Context, names: Collection[str] = ()) -> None:
    """Go on only if the hosts of these origins can be reached; of all origins by default.

    Raises `Unreachable` where not, after the attempt has kept how each host was found.
    """
    reached: set[str] = ctx.once("hosts", set)
    names = names or ctx.surroundings.origins
    if reached.issuperset(names):
        return
    hosts = look(ctx, names)
    reached.update(name for host in hosts if host.ok for name in host.names)
    if any(not host.ok and set(names) & set(host.names) for host in hosts):
        _keep(ctx, hosts)
        raise Unreachable(hosts)
    reached.update(names)


def checks(hosts: Iterable[Reached]) -> list[Check]:
    """One row a host: name, address, port, how it was reached, what to try.

    Not of the SIP host, of which the step itself tells more.
    """
    return [
        Check(
            id=f"{STEP}/host/{host.names[0]}",
            title=f"{host.host} can be reached",
            expected=f"an answer on port {host.port}",
            seen=f"{host.said}{_at(host)}",
            verdict=Verdict.PASS if host.ok else Verdict.INCONCLUSIVE,
            vantage=Vantage.HERE,
            reason=host.advice,
            basis=(Basis.PROBE,),
        )
        for host in hosts
        if _SIP not in host.names
    ]


def _at(host: Reached) -> str:
    return f" (port {host.port} of {', '.join(host.addresses)})" if host.addresses else ""


def _keep(ctx: Context, hosts: Iterable[Reached]) -> None:
    if not ctx.attempt:  # it only reads for a form
        return
    row = ctx.journal.step_begins(ctx.attempt, STEP)
    found = map(CheckRow.of, checks(hosts))
    ctx.journal.step_ends(row, Verdict.INCONCLUSIVE, "none", found, "")
