"""Name servers for tests: BIND with zone files of our own, and one that answers oddly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.sip.peers.lab import free_port, running

CONFIG = """
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  allow-transfer {{ none; }};
}};
controls {{ }};
"""


@contextmanager
def bind(folder: Path, zones: dict[str, str]) -> Iterator[int]:
    """A BIND that is authoritative for zones, given as the text after the SOA and NS; its port.

    A text without an SOA is a zone that fails to load: BIND answers SERVFAIL for it.
    """
    port = free_port()
    config = CONFIG.format(folder=folder, port=port)
    for name, text in zones.items():
        file = f"{name.rstrip('.') or 'root'}.zone"
        (folder / file).write_text(text)
        config += f'zone "{name}" {{ type primary; file "{file}"; }};\n'
    (folder / "named.conf").write_text(config)
    with running("named", ["named", "-g", "-n", "1", "-c", "named.conf"], folder) as program:
        program.opened(port)
        yield port


Answering = Callable[[dns.message.QueryMessage], dns.message.Message | bytes | None]


@asynccontextmanager
async def answering(how: Answering, ip: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """A name server on loopback that answers as told, None with silence; its port."""

    def wire(data: bytes) -> bytes | None:
        query = dns.message.from_wire(data)
        assert isinstance(query, dns.message.QueryMessage)
        answer = how(query)
        return answer.to_wire() if isinstance(answer, dns.message.Message) else answer

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            answer = wire(data)
            if answer is not None:
                self.transport.sendto(answer, addr)  # type: ignore[attr-defined]

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        answer = wire(await reader.readexactly(length))
        if answer is not None:
            writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    port = port or free_port()
    transport, _ = await loop.create_datagram_endpoint(Server, local_addr=(ip, port))
    server = await asyncio.start_server(stream, ip, port)
    try:
        yield port
    finally:
        transport.close()
        server.close()


def reply(
    query: dns.message.QueryMessage, *records: str, code: int = dns.rcode.NOERROR
) -> dns.message.Message:
    """An answer with records as in a zone file: `name ttl IN type data`."""
    made = dns.message.make_response(query)
    made.flags |= dns.flags.AA
    made.set_rcode(dns.rcode.Rcode(code))
    for record in records:
        name, ttl, cls, kind, data = record.split(maxsplit=4)
        made.answer.append(dns.rrset.from_text(name, int(ttl), cls, kind, data))
    return made
