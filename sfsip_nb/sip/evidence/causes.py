"""What a final response means: its code, and what its headers say beyond it.

What is said is read in this order, and the first that is understood explains the refusal:
X-Twilio-Error, Warning, the phrase, Reason (Q.850 before SIP), X-Asterisk-HangupCause, X-Reason.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml
from sipmessage import Headers

from ..fields import name_addr, number, parameters, split_list, unquote, uri_parts
from ..shown import plain
from .calls import TracedMessage

_NEVER = "(?!)"


@functools.cache
def data() -> Mapping[str, Any]:
    """The tables of `causes.yaml`."""
    text = files(__package__).joinpath("causes.yaml").read_text(encoding="utf-8")
    tables: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tables


@dataclass(frozen=True)
class Reason:
    """One value of a Reason header (RFC 3326)."""

    protocol: str
    cause: int | None
    text: str

    @property
    def words(self) -> str:
        """As a person reads it: `Q.850 cause 16 Normal call clearing (“local”)`."""
        known = data()["q850"].get(self.cause, {}) if self.protocol == "Q.850" else {}
        parts = [self.protocol]
        if self.cause is not None:
            parts.append(f"cause {self.cause}")
        if known:
            parts.append(known["name"])
        said = f" (“{self.text}”)" if self.text else ""
        return " ".join(parts) + said


def reasons(headers: Headers) -> list[Reason]:
    """All Reason values of a message, Q.850 first, else in order."""
    found = []
    for line in headers.getlist("Reason"):
        for value in split_list(line)[:8]:
            protocol, _, rest = value.partition(";")
            given = parameters(";" + rest)
            cause = number(given.get("cause", ""))
            name = protocol.strip().upper()
            found.append(Reason(plain(name, 20), cause, plain(unquote(given.get("text", "")), 80)))
    return sorted(found, key=lambda reason: reason.protocol != "Q.850")


@dataclass(frozen=True)
class Cause:
    """Why a request was refused: what was said, what it means, and which kind of trouble it is."""

    said: str
    """Code and phrase with what the headers add, as text."""
    meaning: str
    rule: str
    source: str
    """Where the meaning is taken from."""


def cause(row: TracedMessage) -> Cause:
    """Read a final response."""
    return explained(row.code, row.phrase, row.message.headers, row.method)


def explained(code: int, phrase: str, headers: Headers, method: str = "INVITE") -> Cause:
    """Read a response's code and phrase, and what its headers say beyond them."""
    entry = (
        data()["methods"].get(method, {}).get(code)
        or data()["sip"].get(code)
        or {
            "rule": "peer.failed" if code >= 500 else "message.refused",
            "meaning": "the request was refused",
        }
    )
    best = Cause("", entry["meaning"], entry["rule"], f"status {code} (RFC 3261 §21)")
    said = [f"{code} {plain(phrase, 80)}".strip()]
    understood = False
    for text, found in _more(code, phrase, headers):
        if text:
            said.append(text)
        if found is not None and not understood:
            best, understood = found, True
    if values := headers.getlist(entry.get("header", "")):
        said.append(f"{entry['header']}: {plain(', '.join(values), 80)}")
    return Cause("; ".join(said), best.meaning, best.rule, best.source)


def _more(code: int, phrase: str, headers: Headers) -> Iterator[tuple[str, Cause | None]]:
    """What phrase and headers say, the most telling first, with its meaning where one is known."""
    tables = data()
    if error := headers.get("X-Twilio-Error"):
        known = tables["twilio"].get(number(error.strip()[:5]))
        yield f"X-Twilio-Error: {plain(error)}", _known(known, "X-Twilio-Error")
    for line in headers.getlist("Warning"):
        for value in split_list(line)[:4]:
            match = re.match(r'(\d{3})\s+\S+\s+"?(.*?)"?$', value, re.S)
            known = tables["warnings"].get(int(match[1])) if match else None
            text = plain(f"{match[1]} {match[2]}" if match else value)
            meant = _known(known, "Warning (RFC 3261 §27.2)")
            yield f"Warning: {text}", meant or _phrase(code, text, "the text of Warning")
    yield "", _phrase(code, phrase, f"the phrase of the {code}")
    for reason in reasons(headers):
        meant = _phrase(code, reason.text, "the text of Reason")
        if reason.protocol == "Q.850":
            meant = _q850(reason.cause, "Reason (ITU-T Q.850)") or meant
        elif reason.protocol == "SIP" and reason.cause != code:
            meant = meant or _known(tables["sip"].get(reason.cause), "Reason (RFC 3326)")
        yield f"Reason: {reason.words}", meant
    hangup = headers.get("X-Asterisk-HangupCauseCode") or ""
    if text := headers.get("X-Asterisk-HangupCause") or hangup:
        found = _q850(number(hangup), "X-Asterisk-HangupCauseCode (ITU-T Q.850)")
        yield f"X-Asterisk-HangupCause: {plain(text)}", found
    if own := headers.get("X-Reason"):
        yield f"X-Reason: {plain(own)}", _phrase(code, own, "X-Reason")


def _known(entry: Mapping[str, str] | None, source: str) -> Cause | None:
    return Cause("", entry["meaning"], entry["rule"], source) if entry else None


def _phrase(code: int, text: str, source: str) -> Cause | None:
    """What a free text means, where the code stands for many things."""
    if not text or code not in data()["phrased"]:
        return None
    return _known(_found(data()["phrases"], text), source)


def _found(rows: Iterable[Mapping[str, str]], text: str) -> Mapping[str, str] | None:
    """The first row whose expression is found in a text."""
    spaced = re.sub(r"[_-]", " ", plain(text))
    return next((row for row in rows if re.search(row["says"], spaced, re.I)), None)


def ending(reason: Reason) -> str:
    """The kind of trouble that a BYE names as the reason why the call ends; empty if it names none.

    A cause of 200, or one that a person gives, is none.
    """
    if row := _found(data()["endings"], reason.text):
        return row["rule"]
    table = {"Q.850": "q850", "SIP": "sip"}.get(reason.protocol)
    rule: str = data()[table].get(reason.cause, {}).get("rule", "") if table else ""
    return rule if rule.startswith(("peer.", "media.")) else ""


def _q850(number: int | None, source: str) -> Cause | None:
    """A cause that names a trouble; the normal ones explain no refusal."""
    entry = data()["q850"].get(number, {})
    rule = entry.get("rule")
    return Cause("", _lower(entry["name"]), rule, source) if rule else None


def _lower(name: str) -> str:
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


Fixes = Mapping[str, str]
"""What to do about each kind of trouble."""


def fixes_of(sent: Iterable[TracedMessage], received: Iterable[TracedMessage]) -> Fixes:
    """The fixes in the words of an end's own screens; none where nothing tells who is there.

    It is told by what it sent, and by the hosts that requests to it name.
    """
    hosts: set[str] = set()
    headers: set[str] = set()
    software = ""
    for row in sent:
        headers.update(name.lower() for name in row.message.headers.keys())  # noqa: SIM118 (no mapping)
        software += " " + row.header("Server") + " " + row.header("User-Agent")
        own = row.header("From") if row.is_request else row.header("To")
        hosts |= {uri_parts(name_addr(value).uri).host for value in (own, row.header("Contact"))}
    for row in received:
        if row.is_request:
            hosts |= {uri_parts(row.uri).host, uri_parts(name_addr(row.header("To")).uri).host}
    for entry in data()["sides"]:
        if (
            any(host and re.search(entry.get("hosts", _NEVER), host) for host in hosts)
            or headers & set(entry.get("headers", ()))
            or re.search(entry.get("software", _NEVER), software.strip(), re.I)
        ):
            fixes: Fixes = entry.get("fixes", {})
            return fixes
    return {}


def fix(rule: str, at: Fixes | None = None) -> str:
    """What to do about a kind of trouble, in the words of the end where it is to be done."""
    return (at or {}).get(rule) or data()["fixes"].get(rule, "")
