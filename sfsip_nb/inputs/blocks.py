"""The groups of parameters that every guide has: `sip`, `synthflow` and the smaller ones.

A field with a sample but no default has to be given on a live run; on the testbed the sample
stands in. A field's description is its help text.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from sfsip_nb.inputs import facts, ranges, samples
from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs.redaction import MASK

_NO_DEFAULT: Any = ...

MOST_MS = 60_000
"""What a call has to do takes a minute at most."""


def ask(text: str, sample: Any, default: Any = _NO_DEFAULT, **limits: Any) -> Any:
    """A field: its help, the testbed customer's value, and what a live run may leave out.

    `secret`: it holds a secret's reference. `first`: what a person is asked before anything else,
    because with it the platforms can be asked what they have.
    """
    marks = {name: True for name in ("secret", "first") if limits.pop(name, False)}
    extra = {"sample": sample, **marks}
    if isinstance(default, type):  # a group, made when it is first left out
        limits["default_factory"] = default
    elif isinstance(default, list | dict):
        limits["default_factory"] = default.copy
    else:
        limits["default"] = default
    return Field(description=text, json_schema_extra=extra, **limits)


class Block(BaseModel):
    """A group of parameters. Unknown names are errors, and no value changes its type."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True
    )


class Sip(Block):
    """How both sides talk SIP to each other."""

    transport: Literal["udp", "tcp", "tls"] = ask(
        "udp, tcp or tls; tls uses port 32682 and needs SRTP on both sides", "udp"
    )
    authentication: Literal["digest", "ip"] = ask(
        "digest (user name and password) or ip (by address only)", "digest"
    )
    username: f.Line = ask("SIP user name of the trunk", samples.SIP_USERNAME, "")
    password: f.OptionalReference = ask(
        "where the SIP password is kept", "testbed:sip-password", "", secret=True
    )
    realm: f.Line = ask("digest realm; empty: read from a challenge", "", "")
    outbound_proxy: f.OptionalHostAndPort = ask(
        "host or host:port; empty unless the platform requires one, it overrides the domain", "", ""
    )
    register_: bool = ask(
        "whether Synthflow registers with the platform; Genesys BYOC accepts no registrations",
        False,
        False,
        alias="register",
    )


class SignallingAddresses(Block):
    """Synthflow's signaling addresses, and who confirmed them; empty: the published list."""

    addresses: f.Addresses = ask("Synthflow's signaling addresses", [], [])
    confirmed_on: f.Day | None = ask("the day on which Synthflow confirmed them", None, None)
    confirmed_by: f.Line = ask("who confirmed them", "", "")


class Transfer(Block):
    """How the AI agent hands a caller to a person."""

    number: f.Number = ask(
        "the number that reaches the live agents, E.164, in quotes", samples.TRANSFER_NUMBER
    )
    mode: Literal["cold", "warm"] = ask("cold (REFER) or warm (the agent announces)", "cold")


def _confirmed_sample() -> dict[str, Any]:
    published = facts.synthflow_addresses(samples.SYNTHFLOW_REGION)
    trusted = [entry.address for entry in published if not entry.doubt]
    return {
        "addresses": trusted,
        "confirmed_on": published[0].as_of,
        "confirmed_by": samples.ADMINISTRATOR,
    }


class Synthflow(Block):
    """The Synthflow workspace and its assistant."""

    region: Literal["us", "eu", "global"] = ask(
        "us or eu (global is being retired)", samples.SYNTHFLOW_REGION, first=True
    )
    workspace_id: f.Text = ask("id of the workspace", samples.SYNTHFLOW_WORKSPACE_ID)
    api_key: f.Reference = ask(
        "where the API key is kept", "testbed:synthflow-api-key", secret=True, first=True
    )
    assistant: f.Text = ask(
        "id or exact name of the inbound assistant, v2.0 or later", samples.SYNTHFLOW_ASSISTANT_NAME
    )
    signalling_addresses: SignallingAddresses = ask(
        "{addresses, confirmed_on, confirmed_by}; empty: the published list, unconfirmed",
        _confirmed_sample(),
        SignallingAddresses,
    )
    transfer: Transfer = ask("where the agent transfers callers to, and how", None)


class CallerAccount(Block):
    """A SIP account from which test calls are placed; without one, a person dials on live."""

    uri: f.OptionalSipServer = ask(
        "its registrar, proxy or SBC: sip:host or sip:host:port; empty: there is no account", "", ""
    )
    username: f.Line = ask("user name of the account", "", "")
    password: f.OptionalReference = ask("where its password is kept", "", "", secret=True)
    from_: f.OptionalNumber = ask(
        "caller number, owned or verified at the carrier, E.164, in quotes; empty: from above",
        "",
        "",
        alias="from",
    )
    transport: Literal["udp", "tcp", "tls"] = ask("udp, tcp or tls; tls takes SRTP", "udp", "udp")

    @property
    def server(self) -> str:
        """Host, and port if it is not the usual one."""
        return self.uri.removeprefix("sip:")

    @property
    def account(self) -> str:
        """User and host, as a person reads them; empty where there is no account."""
        return f"{self.username}@{self.server}" if self.uri else ""


class StandingApproval(Block):
    """A person's yes to test calls, for as long as they name; empty: each attempt asks."""

    by: f.Line = ask("who approves", "", "")
    until: f.Day | None = ask("last day of the approval", None, None)


class TestCalls(Block):
    """Which calls the runbook may place. Nothing is dialed outside of this."""

    __test__ = False

    allowed: bool = ask("whether test calls are allowed at all", True, False)
    destinations: f.Numbers = ask(
        "the only numbers that may be called, E.164, in quotes",
        [samples.DID, samples.CALLEE],
        [],
    )
    from_: f.OptionalNumber = ask(
        "caller number of test calls, E.164, in quotes", samples.CALLER, "", alias="from"
    )
    ai_caller: f.Line = ask(
        "id or exact name of an outbound assistant that calls one of the numbers too; empty: none",
        "",
        "",
    )
    max: int = ask("most calls per attempt", 100, 3, ge=0, le=100)
    per_minute: int = ask("most calls per minute", 30, 2, ge=1, le=60)
    sample: int = ask(
        "how many of the numbers test calls ring, and are traced; 0: all",
        0,
        0,
        ge=0,
        le=ranges.MOST,
    )
    caller: CallerAccount = ask("the SIP account that places them on live", None, CallerAccount)
    approved: StandingApproval = ask(
        "{by, until}: who approves the test calls, and until when; empty: each attempt asks",
        {},
        StandingApproval,
    )

    @property
    def caller_number(self) -> str:
        """The number that test calls come from, E.164."""
        return self.caller.from_ or self.from_


class Expect(Block):
    """What the AI agent should say, and how fast. What is left out is measured, and not judged."""

    greeting: f.Prose = ask("what the agent says first, word for word; empty: not checked", "", "")
    greeting_ms: int = ask("how long that takes it, in ms; 0: not checked", 0, 0, ge=0, le=MOST_MS)
    contains: list[f.LongItem] = ask(
        "what the agent says at some point of a call", [], [], max_length=20
    )
    first_word_ms: int = ask(
        "most ms from the answer to the agent's first word; 0: not checked", 0, 0, ge=0, le=MOST_MS
    )
    response_ms: int = ask(
        "most ms from the caller's last word to the reply, in 95 of 100 replies; 0: not checked",
        0,
        0,
        ge=0,
        le=MOST_MS,
    )
    recognizer: f.OptionalSentence = ask(
        "folder with a Whisper model (CTranslate2) that listens for these words in the sound of the"
        " call; empty: no speech is recognized",
        "",
        "",
    )


class Answer(Block):
    """A person's answer to a card."""

    done_by: f.Text = ask("who did it", "")
    done_at: f.Moment = ask("when, ISO 8601", "", "")
    note: f.Prose = ask("a note", "", "")
    evidence: list[f.LongItem] = ask("files that prove it", [], [], max_length=50)
    values: dict[str, Any] = ask("values that the card asked for", {}, {}, max_length=50)

    @property
    def simulated(self) -> bool:
        """Whether the testbed's simulated administrator answers, and no person."""
        return self.done_by == samples.ADMINISTRATOR


class Waiver(Block):
    """A check that somebody takes upon themselves until a day."""

    check: f.Text = ask("id of the check", "")
    reason: f.Sentence = ask("why", "")
    by: f.Text = ask("who decided", "")
    until: f.Day = ask("last day of the waiver", "")


def _loopback(url: str) -> str:
    if url and not re.fullmatch(
        r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:/\S*)?", url
    ):
        raise ValueError("is not on this machine: a testbed's URL begins with http://127.0.0.1:")
    return url


def without_token(url: str) -> str:
    """A testbed's control URL as it may be kept and shown: whoever has the whole may change all."""
    return re.sub(r"(?<=[^/:])/.+", f"/{MASK}", url, count=1, flags=re.S)


class ByHand(Block):
    """What you do yourself in a rehearsal, as on a live run; else it is done for you."""

    cards: bool = ask("whether you answer the cards yourself", False, False)
    plan: bool = ask("whether you approve the plan yourself, by name", False, False)
    calls: bool = ask(
        "whether you dial yourself, on the rehearsal's phone, or approve the caller's calls",
        False,
        False,
    )


class Testbed(Block):
    """The stand-ins on this machine that a testbed run talks to."""

    __test__ = False

    url: Annotated[
        f.Line, AfterValidator(_loopback), PlainSerializer(without_token, when_used="json")
    ] = ask("control URL of a running testbed; empty: starts its own", "", "")
    time_scale: int = ask("how many times faster waits run", 60, 60, ge=1, le=1000)
    seed: int = ask("seed of everything random", 1, 1, ge=0)
    faults: list[f.Item] = ask("faults to turn on, to practice with", [], [], max_length=50)
    by_hand: ByHand = ask("what you do yourself in a rehearsal", None, ByHand)
