"""What the probe commands are told: targets, ways to them, and a call with leave for it."""

import ipaddress
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.files import Unfit, read

if TYPE_CHECKING:
    from ssl import SSLContext

    from sfsip_nb.cli.allowance import Allowance
    from sfsip_nb.inputs.secrets import Secret
    from sfsip_nb.sip import Credentials, Recording, Transport
    from sfsip_nb.sip.fields import UriParts
    from sfsip_nb.sip.probes import CallPlan
    from sfsip_nb.sip.probes.clients import TlsClient

Target = Annotated[str, typer.Argument(help="host, host:port or SIP URI", metavar="TARGET")]
Timeout = Annotated[float, typer.Option(help="seconds for the whole probe", min=0.5, max=300)]
Rules = Annotated[Path, typer.Option(help="the file whose test_calls allow the call")]
Codec = Annotated[list[str] | None, typer.Option(help="PCMU or PCMA; may be repeated")]
Header = Annotated[
    list[str] | None, typer.Option(help="an extra header; may be repeated", metavar="NAME:VALUE")
]
Isolate = Annotated[
    bool, typer.Option("--isolate", help="if it fails, call again with one difference at a time")
]
Hears = Annotated[float | None, typer.Option(help="the tone to expect, in Hz")]
Digits = Annotated[str, typer.Option(help="press these keys")]

Word = TypeVar("Word", bound=str)

CODECS = ("PCMU", "PCMA")
CALLER = ("hello", "person", "again", "stop")
"""Names of the recordings that come with the package, for a help text that loads no sound."""

_LARGEST_WAV = 2 * 1024 * 1024
_LARGEST_CA = 4 * 1024 * 1024  # bytes, many times those of all public authorities
_WRITTEN = re.compile(
    r"sips?:(?:[^@\s]*@)?(\[[^\]\s]+\]|[^:;?/\s\[\]]+)(?::(\d{1,5}))?(?:[;?]\S*)?"
)
"""A target in full, with its host and its port: what is not understood is not left out."""


def uri(target: str) -> str:
    """A target as a SIP URI."""
    bare = target if target.startswith(("sip:", "sips:")) else f"sip:{target}"
    written = _WRITTEN.fullmatch(bare)
    if not written or len(written[1]) > 255 or not 0 < int(written[2] or 5060) < 65536:
        shown = target if len(target) < 80 else f"{target[:79]}…"
        raise InputError(
            "TARGET",
            f"{shown!r} is not a SIP target: write host, host:port or sip:user@host:port. Put an"
            " IPv6 address in brackets; a port is 1 to 65535.",
        )
    return bare


def address(target: str) -> "UriParts":
    """User, host and port of a target."""
    from sfsip_nb.sip.fields import uri_parts

    return uri_parts(uri(target))


def one_of(option: str, word: str, *known: Word) -> Word:
    """A word of a few that an option takes."""
    for each in known:
        if word.lower() == each:
            return each
    words = f"{', '.join(known[:-1])} or {known[-1]}" if known[1:] else "".join(known)
    raise InputError(option, f"{option} is {words}, not {word!r}.")


def ips(option: str, given: Sequence[str] | None, *, networks: bool = False) -> list[str]:
    """IP addresses, or networks too, as they were given."""
    for text in given or ():
        try:
            ipaddress.ip_address(text.partition("/")[0] if networks else text)
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise InputError(option, f"{option} wants an IP address, not {text!r}.") from None
    return list(given or ())


def platform(name: str) -> "TlsClient | None":
    """A platform as TLS client; none where no name is given."""
    from sfsip_nb.inputs import facts
    from sfsip_nb.inputs.platform import names
    from sfsip_nb.platforms.shared.network import client_of

    if not name:
        return None
    return client_of(one_of("--client", name, *filter(facts.tls_rules, names())))


def confirm(secrets: "Mapping[str, Secret]") -> None:
    """Ask about secrets that look like a slip of pasting; without a terminal, only say so.

    Raises InputError where the person at the terminal says no.
    """
    from sfsip_nb.inputs.secrets import doubts

    for key, question in doubts(secrets).items():
        typer.echo(question, err=True)
        if sys.stdin.isatty() and not typer.confirm("Use it as it is?", default=True, err=True):
            raise InputError(key, f"{key} has to be stored again, without the space.")


def trusting(ca: str) -> "SSLContext | None":
    """What TLS trusts: the system's authorities, and this one too."""
    if not ca:
        return None
    from ssl import create_default_context

    context = create_default_context()
    try:
        context.load_verify_locations(cadata=read(Path(ca), _LARGEST_CA).decode("ascii", "ignore"))
    except Unfit as unfit:
        raise InputError(
            "--ca", f"{ca} cannot be read: it {unfit}. Name a file of PEM certificates."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError("--ca", f"{ca} cannot be read as PEM certificates ({error}).") from None
    return context


@dataclass(frozen=True)
class Way:
    """How the target is reached: options of all probes that speak SIP, or some of them."""

    transport: Annotated[str, typer.Option(help="udp, tcp or tls, unless TARGET says so")] = ""
    srtp: Annotated[
        str, typer.Option(help="off, optional or required; default with TLS: required")
    ] = ""
    proxy: Annotated[str, typer.Option(help="outbound proxy", metavar="URI")] = ""
    user: Annotated[str, typer.Option(help="digest user name", metavar="NAME")] = ""
    password: Annotated[
        str, typer.Option(help="where it is kept: env:, file: or keyring:", metavar="REFERENCE")
    ] = ""
    ca: Annotated[str, typer.Option(help="also trust this CA", metavar="PEM")] = ""
    approve: Annotated[
        str, typer.Option(help="a live customer's file: who approves the calls", metavar="NAME")
    ] = ""

    @property
    def over(self) -> "Transport | None":
        """The transport by name."""
        kinds: Sequence[Transport] = ("udp", "tcp", "tls")
        return one_of("--transport", self.transport, *kinds) if self.transport else None

    @property
    def login(self) -> "Sequence[Credentials]":
        """Digest credentials; the password comes from where its reference points."""
        from sfsip_nb.inputs.secrets import resolve
        from sfsip_nb.sip import Credentials

        if bool(self.user) != bool(self.password):
            raise InputError("--user", "--user and --password go together.")
        if not self.user:
            return []
        secret = resolve(self.password, "--password")
        confirm({"--password": secret})
        return [Credentials(self.user, secret.reveal)]

    def request(self, target: str) -> "CallPlan":
        """A request to the target. Raises InputError."""
        from sfsip_nb.sip.probes import CallPlan

        return CallPlan(
            uri(target),
            transport=self.over,
            proxy=uri(self.proxy) if self.proxy else "",
            credentials=self.login,
            tls_client=trusting(self.ca),
        )

    def call(
        self,
        target: str,
        parameters: Path,
        *,
        keep: bool = False,
        codecs: Sequence[str] = CODECS,
        headers: Sequence[str] = (),
    ) -> "tuple[CallPlan, Allowance]":
        """A call, with leave for it. Raises InputError, before anything is sent."""
        from sfsip_nb.cli.allowance import Allowance

        plan = self.request(target)
        if unknown := [name for name in codecs if name not in CODECS]:
            raise InputError("--codec", f"--codec is PCMU or PCMA, not {', '.join(unknown)}.")
        allowance = Allowance(parameters, self.approve.strip())
        srtp = self.srtp or ("required" if plan.kind == "tls" else "off")
        plan = replace(
            plan,
            from_=allowance.caller,
            srtp=one_of("--srtp", srtp, "off", "optional", "required"),
            codecs=codecs,
            headers=_headers(headers),
            keep=keep,
            marks=allowance.first(address(target).user),
        )
        return plan, allowance


Dialing = Annotated[Way, "transport", "srtp", "proxy", "user", "password", "ca", "approve"]
"""The options of every probe that calls."""


def keys(digits: str) -> str:
    """Keys of a telephone."""
    if wrong := set(digits.upper()) - set("0123456789*#ABCD"):
        raise InputError(
            "--digits", f"--digits holds {''.join(sorted(wrong))!r}, which are not keys."
        )
    return digits.upper()


def recording(named: str) -> "Recording":
    """What to say: one of the package's own, or a file."""
    from sfsip_nb.sip.media.recordings import Recording, caller

    if named in CALLER:
        return caller(named)
    path = Path(named)
    try:
        return Recording.parse(read(path, _LARGEST_WAV), path.stem)
    except OSError as error:
        why = f"{path} cannot be read ({error.strerror})"
    except Unfit as unfit:
        why = f"{path} cannot be read: it {unfit}"
    except ValueError as wrong:
        why = f"{path} {wrong}"
    raise InputError("--say", f"{why}. Name {', '.join(CALLER)}, or a WAV file with speech.")


def _headers(lines: Sequence[str]) -> Mapping[str, str]:
    pairs = [line.partition(":") for line in lines]
    for line, (name, colon, value) in zip(lines, pairs, strict=True):
        plain = colon and name.isascii() and name.replace("-", "").isalnum() and value.isprintable()
        if not plain or not name.lower().startswith(("x-", "user-to-user")):
            raise InputError(
                "--header", f"--header takes X-NAME:VALUE or User-to-User:VALUE, not {line!r}."
            )
    return {name: value.strip() for name, _, value in pairs}
