"""The kinds of value that parameters have, each with its check.

A check raises ValueError with the end of a sentence that begins with the parameter's name; what
stands where a secret belongs is never repeated in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.meant import Normalizer
from sfsip_nb.inputs.numbers import dial_refusal, parse_e164
from sfsip_nb.inputs.numbers import meant as meant_number
from sfsip_nb.inputs.secrets import is_reference
from sfsip_nb.inputs.slips import near

LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
"""One label of a host name (RFC 1123, section 2.1)."""
_HOST_LENGTH = 253  # RFC 1035 without the root's dot
_HOST = re.compile(rf"(?=.{{1,{_HOST_LENGTH}}}\Z){LABEL}(?:\.{LABEL})+")
_SCHEME = re.compile(r"(?i)(?:sips?|tel|https?|udp|tcp|tls):(?://)?")
_IN_A_URI = re.compile(
    r"(?i)<?(?:(?:sips?|https?|udp|tcp|tls):(?://)?)?(?:[^@\s/?;<>]*@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/?;<>@\[\]]+?)\.?(?P<port>:\d{1,5})?(?:[/?;>]\S*)?"
)
"""A host as people paste it: in a SIP URI, or as a browser or a DNS tool shows it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or ""."""
    return next(iter(near(word, known, most=1)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean …?" with the nearest known word, or ""."""
    found = nearest(word, known)
    return f" Did you mean {found}?" if found else ""


def one_line(text: str) -> str:
    """`text` if a person can read all of it on one line."""
    if not text.isprintable():
        raise ValueError(
            "holds a line break or another character that cannot be displayed. Retype it."
        )
    return text


def _filled(text: str) -> str:
    if not text:
        raise PydanticCustomError("empty", "is empty")
    return text


def number(text: str) -> str:
    """A number that may be called. Raises ValueError with the end of a sentence."""
    if text:
        refusal = dial_refusal(text) or ""
        try:
            text = parse_e164(text)
        except ValueError as error:
            # Say first what matters more: 911 is an emergency number, not just badly written.
            if "E.164" not in refusal and refusal.startswith(text):
                raise ValueError(f"holds a number that is never called: {refusal}.") from None
            raise ValueError(f"is wrong: {error}.") from None
        if refusal:
            raise ValueError(f"holds a number that is never called: {refusal}.")
    return text


def _numbers(texts: list[str]) -> list[str]:
    numbers, problems = [], []
    for place, text in enumerate(texts, 1):
        try:
            numbers += [number(entry) for entry in ranges.expand(_filled(text.strip()))]
        except (ValueError, PydanticCustomError) as error:
            problems.append(f"entry {place} {str(error).rstrip('.')}")
    if problems:
        raise ValueError(f"has entries that cannot be used: {'; '.join(problems)}.")
    refuse_too_many(numbers)
    refuse_twice(numbers)
    return numbers


def refuse_too_many(numbers: list[str]) -> None:
    """Raise ValueError above what one run takes."""
    if len(numbers) > ranges.MOST:
        raise ValueError(f"holds {len(numbers):,} numbers, but one run takes {ranges.MOST:,}.")


def refuse_twice(numbers: list[str]) -> None:
    """Raise ValueError where a number stands more than once."""
    if twice := sorted(number for number, times in Counter(numbers).items() if times > 1):
        told = ", ".join(ranges.compact(twice))
        raise ValueError(f"names {told} more than once. Name each number once.")


def host_of(text: str) -> str:
    """The host that `text` plainly names: that of a URI, without its port; else `text`."""
    found = _IN_A_URI.fullmatch(text.strip())
    host = found["host"].strip("[]") if found else ""
    return host if _is_address(host) or _HOST.fullmatch(host) else text


def host_and_port_of(text: str) -> str:
    """The host that `text` plainly names, with its port if it names one; else `text`."""
    host, found = host_of(text), _IN_A_URI.fullmatch(text.strip())
    if host == text or found is None:
        return text
    return (found["host"] if found["port"] else host) + (found["port"] or "")


def _host(text: str) -> str:
    if text:
        _refuse_decoration(text, host_of(text))
        if re.search(r":[0-9]*\Z", text) and not _is_address(text):
            raise ValueError(
                f"is '{text}', with a port. Write the host alone, '{text.rpartition(':')[0]}': the"
                " port follows from the transport."
            )
        _refuse_no_host(text, text)
    return text


def _host_and_port(text: str) -> str:
    if text and not _is_address(text):
        _refuse_decoration(text, host_and_port_of(text))
        host, colon, port = text.rpartition(":")
        if colon and not (port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"is '{text}', whose port is not a number from 1 to 65535.")
        _refuse_no_host((host if colon else text).strip("[]"), text)
    return text


def sip_server_of(text: str) -> str:
    """The SIP server that `text` plainly names, as `sip:host` or `sip:host:port`; else `text`."""
    bare = host_and_port_of(text)
    _, _, found = bare.rpartition("sip:")
    return f"sip:{found}" if found == bare and _is_host_and_port(bare) else text


def _is_host_and_port(text: str) -> bool:
    try:
        return bool(_host_and_port(text))
    except ValueError:
        return False


def _sip_server(text: str) -> str:
    if text:
        scheme, colon, rest = text.partition(":")
        if scheme.lower() == "sips":
            raise ValueError(f"is '{text}': write 'sip:{rest}', and transport: tls beside it.")
        if scheme != "sip" or not colon:
            raise ValueError(
                f"is '{text}': write the server as sip:host or sip:host:port, such as"
                " sip:sip.example.com:5060."
            )
        _host_and_port(rest)
        if not rest:
            raise ValueError(f"is '{text}', without a host.")
    return text


def _refuse_decoration(text: str, meant: str) -> None:
    if match := _SCHEME.match(text):
        rest = text[match.end() :] if meant == text else meant
        raise ValueError(f"is '{text}': leave out '{match[0]}' and write '{rest}' alone.")
    if any(character.isspace() for character in text):
        raise ValueError(f"is '{text}', with a space inside. A host name has none.")
    if bad := re.search(r"[;@/?<>]", text):
        raise ValueError(f"is '{text}': '{bad[0]}' does not belong in a host name.")


def _refuse_no_host(host: str, text: str) -> None:
    if not (_is_address(host) or _HOST.fullmatch(host)):
        raise ValueError(f"is '{text}', which is not a full host name (such as sip.example.com).")


def on_this_machine(host: str) -> bool:
    """Whether `host` is a loopback address or ``localhost``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _addresses(texts: list[str]) -> list[str]:
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            raise ValueError(f"holds '{text}', which is not an IP address or network.") from None
        if network.prefixlen < 8:
            raise ValueError(f"holds '{text}': that lets in almost anybody. List single addresses.")
    return [text.strip() for text in texts]


def _reference(text: str) -> str:
    if text and not is_reference(text):
        raise PydanticCustomError("secret", "holds something other than a reference")
    return text


def _run(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", text):
        raise ValueError(
            f"is '{text}': it names a folder, so write letters, digits, dots, hyphens and"
            " underscores only, at most 80."
        )
    return text


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"is '{value[:40]}': write a day as 2026-11-20.") from None
    return value


def _moment(value: Any) -> Any:
    """A day or a time as text in ISO 8601 form; "" is none."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.strip():
        try:
            datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                f"is '{value[:40]}': write a day as 2026-11-20 or a time as 2026-11-20T14:30:00Z."
            ) from None
    return value


NAME, LONG, PROSE = 200, 1000, 4000
"""The most characters of a name, of a sentence or what leads to a secret or a file, of a note."""


def text_of(most: int) -> StringConstraints:
    """Trimmed, of at most `most` characters."""
    return StringConstraints(strip_whitespace=True, max_length=most)


Item = Annotated[str, StringConstraints(max_length=NAME)]
LongItem = Annotated[str, StringConstraints(max_length=LONG)]
Prose = Annotated[str, StringConstraints(max_length=PROSE)]
Line = Annotated[str, text_of(NAME), AfterValidator(one_line)]
Text = Annotated[Line, AfterValidator(_filled)]
OptionalSentence = Annotated[str, text_of(LONG), AfterValidator(one_line)]
Sentence = Annotated[OptionalSentence, AfterValidator(_filled)]
Number = Annotated[Text, AfterValidator(number), Normalizer(meant_number)]
OptionalNumber = Annotated[Line, AfterValidator(number), Normalizer(meant_number)]
Numbers = Annotated[
    list[Item], Field(max_length=ranges.MOST), AfterValidator(_numbers), Normalizer(ranges.meant)
]
OptionalHost = Annotated[
    str, text_of(_HOST_LENGTH), AfterValidator(one_line), AfterValidator(_host), Normalizer(host_of)
]
Host = Annotated[OptionalHost, AfterValidator(_filled)]
OptionalHostAndPort = Annotated[
    str,
    text_of(_HOST_LENGTH + 10),
    AfterValidator(one_line),
    AfterValidator(_host_and_port),
    Normalizer(host_and_port_of),
]
OptionalSipServer = Annotated[
    str,
    text_of(_HOST_LENGTH + 14),
    AfterValidator(one_line),
    AfterValidator(_sip_server),
    Normalizer(sip_server_of),
]
Addresses = Annotated[list[Item], Field(max_length=200), AfterValidator(_addresses)]
OptionalReference = Annotated[OptionalSentence, AfterValidator(_reference)]
Reference = Annotated[Sentence, AfterValidator(_reference)]
RunName = Annotated[Line, AfterValidator(_run)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[Line, BeforeValidator(_moment)]
