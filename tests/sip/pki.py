"""Certificates of every sort of wrong, and bare TLS servers that show them."""

import asyncio
import datetime
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DNS, URI = x509.DNSName, x509.UniformResourceIdentifier
DAY = datetime.timedelta(days=1)


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One for all: making them is what is slow."""
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(
    common: str,
    names: Sequence[x509.GeneralName] = (),
    *,
    by: Issued | None = None,
    days: tuple[float, float] = (-1, 100),
    ca: bool = False,
    key: Key | None = None,
) -> Issued:
    """A certificate valid from and until so many days from now; by itself if by nobody."""
    key = key or (ec.generate_private_key(ec.SECP256R1()) if ca else ec_key())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign((by or Issued(None, key)).key, hashes.SHA256()), key)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Pki:
    """A root, an intermediate, and a folder for files."""

    folder: Path
    root: Issued
    middle: Issued

    @property
    def ca_file(self) -> str:
        return str(self.folder / "root.pem")

    def server(self, leaf: Issued, *chain: Issued) -> ssl.SSLContext:
        """A context that shows a leaf and the chain given, nothing more."""
        file = self.folder / "server.pem"
        pem = leaf.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(pem + leaf.pem() + b"".join(one.pem() for one in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def good(self, *names: x509.GeneralName, key: Key | None = None) -> ssl.SSLContext:
        """A context with a good chain for names, `sip.test` unless given."""
        return self.server(
            issue("sip.test", names or [DNS("sip.test")], by=self.middle, key=key), self.middle
        )


def make(folder: Path) -> Pki:
    """A fresh authority whose root is in `ca_file`."""
    root = issue("Test Root", ca=True)
    (folder / "root.pem").write_bytes(root.pem())
    return Pki(folder, root, issue("Test Intermediate", by=root, ca=True))


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(
    context: ssl.SSLContext | None, handler: Handler | None = None
) -> AsyncIterator[int]:
    """A server on a free loopback port that shakes hands and waits; its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if handler is not None:
                await handler(reader, writer)
            else:
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    running = asyncio.get_running_loop()
    running.set_exception_handler(lambda *_: None)  # failed handshakes are what is tested
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
