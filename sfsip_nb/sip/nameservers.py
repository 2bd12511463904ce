"""One question to the name servers."""

import asyncio
import socket
import time
from collections.abc import Sequence

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.resolver

from .answers import UNHEARD, DnsAnswer, DnsStep, Status

_MOST_SERVERS = 3
"""As the resolver of the C library (resolv.conf(5), MAXNS)."""
_ROUNDS = 2
_MOST_RECORDS = 32
"""More of them is no SIP domain but an attempt to keep us busy."""


class NameServers:
    """Name servers by IP address; none: those of this machine. Raises OSError if it has none."""

    def __init__(self, addresses: Sequence[str] = (), port: int = 53) -> None:
        if not addresses:
            try:
                addresses = [str(server) for server in dns.resolver.Resolver().nameservers]
            except (dns.exception.DNSException, OSError) as error:
                raise OSError(f"This machine has no usable DNS configuration: {error}") from None
        self.addresses, self.port = tuple(addresses)[:_MOST_SERVERS], port

    async def ask_all(
        self, questions: Sequence[tuple[str, str, str]], seconds: float
    ) -> list[DnsAnswer]:
        """Ask several (name, type, note) at the same time; the answers in the same order."""
        asked = (self.ask(name, kind, note, seconds=seconds) for name, kind, note in questions)
        return list(await asyncio.gather(*asked))

    async def ask(self, name: str, kind: str, note: str = "", *, seconds: float) -> DnsAnswer:
        """Ask every server in turn, twice at most, until one answers; never raises."""
        query = dns.message.make_query(name, kind)
        began = time.monotonic()
        failed: tuple[Status, str] = ("timeout", f"no answer in {seconds:.1f} s")
        waiting = list(self.addresses)
        tries = [server for _ in range(_ROUNDS) for server in waiting]
        for index, server in enumerate(tries):
            left = seconds - (time.monotonic() - began)
            if left <= 0:
                break
            if server not in waiting:
                continue
            try:
                async with asyncio.timeout(left / (len(tries) - index)):
                    response, by_tcp = await _exchange(query, server, self.port)
                answer = _read(response, name, kind)
            except TimeoutError:
                continue
            except (OSError, EOFError) as error:
                failed = ("error", f"{server} cannot be asked: {_words(error)}")
            except dns.exception.DNSException as error:
                failed = ("error", f"{server} answered nonsense: {_words(error)}")
            else:
                if answer.step.status not in UNHEARD:
                    step = answer.step
                    step.ms, step.server = _ms(began), server
                    notes = (note, step.note, "truncated, asked again by TCP" * by_tcp)
                    step.note = "; ".join(text for text in notes if text)
                    return answer
                failed = (answer.step.status, f"{answer.step.answer} from {server}")
            # It will say the same again; the others may know better.
            waiting.remove(server)
        return DnsAnswer((), DnsStep(name, kind, failed[1], note, failed[0], _ms(began)))


async def _exchange(
    query: dns.message.QueryMessage, server: str, port: int
) -> tuple[dns.message.Message, bool]:
    """Question and answer, by TCP where UDP cuts it off (RFC 7766 §5). Canceled by the caller."""
    response = await _by_udp(query, server, port)
    if not response.flags & dns.flags.TC:
        return response, False
    return await dns.asyncquery.tcp(query, server, port=port), True


async def _by_udp(query: dns.message.QueryMessage, server: str, port: int) -> dns.message.Message:
    """Over a connected socket: only that hears a closed port, and takes answers of this server."""
    running = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.setblocking(False)
        wire.connect((server, port))
        wire.send(query.to_wire())
        while True:
            data = await running.sock_recv(wire, 65535)
            response = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
            if query.is_response(response):
                return response


def _read(response: dns.message.Message, name: str, kind: str) -> DnsAnswer:
    """What an answer says. Raises DNSException for one that contradicts itself."""
    code = response.rcode()
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        text = dns.rcode.to_text(code)
        statuses: dict[str, Status] = {"SERVFAIL": "SERVFAIL", "REFUSED": "REFUSED"}
        return DnsAnswer((), DnsStep(name, kind, text, status=statuses.get(text, "error")))
    assert isinstance(response, dns.message.QueryMessage)
    chain = response.resolve_chaining()
    alias = str(chain.canonical_name).rstrip(".") if chain.cnames else ""
    aliased = f"an alias of {alias}" if alias else ""
    ttl = int(chain.minimum_ttl)
    if chain.answer is not None:
        text = ", ".join(str(record) for record in list(chain.answer)[:_MOST_RECORDS])
        # By priority, those of one priority drawn by weight (RFC 2782, "Weight").
        rows = chain.answer.processing_order() if kind == "SRV" else list(chain.answer)
        records = tuple(rows[:_MOST_RECORDS])
        return DnsAnswer(records, DnsStep(name, kind, text, aliased, ttl=ttl), alias)
    if code == dns.rcode.NXDOMAIN:
        missing = f"{aliased}, which does not exist" if aliased else ""
        return DnsAnswer((), DnsStep(name, kind, "NXDOMAIN", missing, "NXDOMAIN", ttl=ttl))
    return DnsAnswer((), DnsStep(name, kind, "no such record", aliased, "none", ttl=ttl))


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1e3, 1)


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)[:200] or type(error).__name__
