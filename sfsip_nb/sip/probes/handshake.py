"""One TLS handshake, driven by hand so that a failed one still tells what was shown."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_DER = 2  # _ssl.ENCODING_DER
_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13
"""Record and message type (RFC 8446 §5.1, §4; the same in RFC 5246)."""
_ALERT_SECONDS = 1.0
"""In TLS 1.3 the refusal of a client without certificate comes after the handshake."""


class NoHandshake(TimeoutError):
    """The connection stood, and the TLS greeting stayed without an answer."""


@dataclass(frozen=True)
class Handshake:
    """What a handshake showed, as far as it came.

    `chain` are the certificates as sent (DER). `asked`: the server asked for a client
    certificate. `first`: the first bytes of the peer, at most 64. `failure` is None where it
    succeeded.
    """

    protocol: str = ""
    cipher: str = ""
    chain: tuple[bytes, ...] = ()
    asked: bool = False
    first: bytes = b""
    failure: ssl.SSLError | None = None

    @property
    def reason(self) -> str:
        """OpenSSL's word for why it failed; empty where it succeeded, or where there is none."""
        return self.failure.reason or "" if self.failure else ""

    @property
    def speaks_tls(self) -> bool:
        """Whether the peer's first byte is a TLS record: alert or handshake (RFC 8446 §5.1)."""
        return self.first[:1] in (b"\x15", b"\x16")


async def shake(ip: str, port: int, name: str, context: ssl.SSLContext, until: float) -> Handshake:
    """Connect and shake hands until the loop's time `until`.

    Raises OSError and TimeoutError where no connection is made, NoHandshake where one is and
    nothing follows.
    """
    asked: list[bool] = []
    # A hook for debugging; without it a demand for a client certificate shows by its alert only.
    with contextlib.suppress(AttributeError):
        setattr(context, "_msg_callback", _listener(asked))  # noqa: B010 - not in typeshed
    async with asyncio.timeout_at(until):
        reader, writer = await asyncio.open_connection(ip, port)
    try:
        async with asyncio.timeout_at(until):
            return await _drive(reader, writer, name, context, asked)
    except TimeoutError:
        raise NoHandshake(f"{ip}:{port} did not answer the TLS greeting") from None
    finally:
        writer.transport.abort()


async def _drive(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    name: str,
    context: ssl.SSLContext,
    asked: list[bool],
) -> Handshake:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname=name or None)
    first = b""
    failure: ssl.SSLError | None = None
    done = False
    while not done:
        try:
            connection.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            failure, done = error, True
        with contextlib.suppress(ConnectionError):
            writer.write(outgoing.read())
            await writer.drain()
        if not done:
            data = await _feed(incoming, reader)
            first = first or data[:64]
    if failure is None and asked and connection.version() == "TLSv1.3":
        failure = await _late_refusal(connection, reader, incoming)
    cipher = connection.cipher()
    return Handshake(
        protocol=connection.version() or "",
        cipher=cipher[0] if cipher else "",
        chain=_chain(connection),
        asked=bool(asked),
        first=first,
        failure=failure,
    )


async def _late_refusal(
    connection: ssl.SSLObject, reader: asyncio.StreamReader, incoming: ssl.MemoryBIO
) -> ssl.SSLError | None:
    """The alert that a TLS 1.3 server sends once it has seen that no certificate came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_ALERT_SECONDS):
            while True:
                await _feed(incoming, reader)
                try:
                    connection.read(1)
                except ssl.SSLWantReadError:
                    continue
                except ssl.SSLError as error:
                    return error
                return None
    return None


async def _feed(incoming: ssl.MemoryBIO, reader: asyncio.StreamReader) -> bytes:
    """Hand over the next bytes; there are none where the peer hung up, politely or not."""
    data = b""
    with contextlib.suppress(ConnectionError):
        data = await reader.read(65536)
    if data:
        incoming.write(data)
    else:
        incoming.write_eof()
    return data


def _listener(asked: list[bool]) -> Callable[..., None]:
    def listen(
        _connection: Any, direction: str, _version: Any, kind: Any, message: Any, _data: bytes
    ) -> None:
        handshake = int(kind) == _HANDSHAKE
        if direction == "read" and handshake and int(message) == _CERTIFICATE_REQUEST:
            asked.append(True)

    return listen


def _chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain as sent: public from Python 3.13 on, before that one level down."""
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    inner: Any = connection._sslobj  # type: ignore[attr-defined]  # not in typeshed
    return tuple(cert.public_bytes(_DER) for cert in inner.get_unverified_chain() or ())
