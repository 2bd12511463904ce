"""Probes: one question on the wire each, answered with a verdict and a sentence.

`pass` and `fail` rest on something heard; silence is `inconclusive`, because a firewall, an
allow list and a dead host all sound the same.
"""

import ssl
import time
from collections.abc import Sequence
from typing import Any, Literal

from sipmessage import Response

from . import tlsprobe
from .call import Call
from .digest import Credentials
from .dns import DnsResolver, ResolveError, Resolver
from .fields import ExtraHeaders, header
from .reach import ProbeResult, Reach, Verdict, clean
from .sdp import Srtp
from .trace import Transport


async def options(
    uri: str,
    *,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    timeout: float = 4.0,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Whether SIP is spoken there: any answer to OPTIONS says so (RFC 3261 §11)."""
    reach = Reach("options", uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        began = time.monotonic()
        try:
            response = await agent.options(uri, transport=transport, timeout=timeout)
        except OSError as error:
            return reach.refused(error, agent)
        if response is None:
            return await reach.silence(agent, timeout)
        seen = reach.seen | _response(response) | {"ms": round((time.monotonic() - began) * 1e3, 1)}
        sentence = f"{reach.where} answered OPTIONS with {seen['code']} {seen['phrase']}.".strip()
        return ProbeResult("options", "pass", sentence, seen, list(agent.trace))


async def register(
    uri: str,
    *,
    aor: str,
    credentials: Sequence[Credentials] = (),
    expect: Literal["accepted", "refused"] = "accepted",
    expires: int = 60,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    timeout: float = 6.0,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Whether a registrar accepts (or, to prove that it guards its door, refuses) credentials.

    No Contact is sent, so nothing is bound: the registrar only shows its bindings (RFC 3261
    §10.2.3).
    """
    reach = Reach("register", uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        try:
            response = await agent.request(
                "REGISTER",
                uri,
                from_=aor,
                to=aor,
                headers={"Expires": str(expires)},
                credentials=credentials,
                transport=transport,
                timeout=timeout,
            )
        except OSError as error:
            return reach.refused(error, agent)
        if response is None:
            return await reach.silence(agent, timeout)
        seen = reach.seen | _response(response)
        code = response.code
        challenged = any(entry.summary[:3] in ("401", "407") for entry in agent.trace)
        seen["challenged"] = challenged
        verdict: Verdict = "inconclusive"
        if 200 <= code < 300:
            verdict = "pass" if expect == "accepted" else "fail"
            sentence = f"{reach.where} accepted the registration of {aor}."
        elif code in (401, 403, 404, 407):
            verdict = "pass" if expect == "refused" else "fail"
            sentence = f"{reach.where} refused the registration of {aor}: {_said(seen)}."
        else:
            sentence = f"{reach.where} answered {_said(seen)}, which is no verdict on credentials."
        return ProbeResult("register", verdict, sentence, seen, list(agent.trace))


async def call(
    uri: str,
    *,
    from_: str,
    credentials: Sequence[Credentials] = (),
    send_hz: float | None = 1004.0,
    expect_hz: float | None = None,
    seconds: float = 3.0,
    codecs: Sequence[str] = ("PCMU", "PCMA"),
    srtp: Srtp = "off",
    headers: ExtraHeaders | None = None,
    proxy: str = "",
    answer_within: float = 30.0,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Call, send a tone, listen, hang up. Signalling and audio are judged apart.

    Passes if the call is answered, the audio expected is heard (any RTP where `expect_hz` is
    None), BYE gets 200 and no 200 was repeated, which would say that our ACK got lost.
    """
    reach = Reach("call", proxy or uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        leg = await agent.invite(
            uri,
            from_=from_,
            headers=headers,
            codecs=codecs,
            srtp=srtp,
            credentials=credentials,
            transport=transport,
            proxy=proxy,
        )
        await leg.outcome(answer_within)
        heard: bool | None = None
        if leg.state == "answered" and leg.audio is not None:
            leg.audio.play(send_hz)
            heard = await _listen(leg, expect_hz, seconds)
            await leg.bye()
        seen = reach.seen | _call_facts(leg)
        if expect_hz is not None:
            seen["expected_hz"], seen["heard"] = expect_hz, heard
        verdict, sentence = _judge(leg, heard, expect_hz, reach.where)
        return ProbeResult("call", verdict, sentence, seen, list(agent.trace))


async def tls(
    host: str,
    port: int = 5061,
    *,
    name: str = "",
    ca_file: str | None = None,
    resolver: Resolver | None = None,
    timeout: float = 5.0,
) -> ProbeResult:
    """Certificate chain, expiry and name of a SIP server over TLS (RFC 5922)."""
    name = name or host
    where = f"{host}:{port}"
    seen: dict[str, Any] = {"host": host, "port": port, "name": name}
    try:
        hop = await (resolver or DnsResolver()).resolve(host, port, "tls")
        facts = await tlsprobe.inspect(hop.ip, hop.port, name, ca_file=ca_file, timeout=timeout)
    except ResolveError as error:
        return ProbeResult("tls", "fail", str(error), seen)
    except TimeoutError:
        return ProbeResult("tls", "inconclusive", f"{where} did not finish a handshake.", seen)
    except (ssl.SSLError, ConnectionError) as error:
        return ProbeResult("tls", "fail", f"{where} refused TLS: {clean(str(error))}.", seen)
    except OSError as error:
        return ProbeResult("tls", "inconclusive", f"{where}: {clean(str(error))}.", seen)
    seen |= {
        "protocol": facts.protocol,
        "cipher": facts.cipher,
        "trust": facts.trust or "ok",
        "matched": facts.name,
        "chain": [
            {
                "subject": clean(item.subject),
                "issuer": clean(item.issuer),
                "not_after": item.not_after.isoformat(),
                "days_left": item.days_left,
                "names": [clean(text) for text in item.names],
            }
            for item in facts.chain
        ],
    }
    if facts.trust:
        return ProbeResult("tls", "fail", f"The chain of {where} fails: {facts.trust}.", seen)
    if not facts.name:
        note = clean(facts.name_note)
        return ProbeResult("tls", "fail", f"The certificate does not fit {name}: {note}.", seen)
    days = facts.chain[0].days_left
    sentence = f"{where}: {facts.protocol}, trusted chain for {facts.name}, {days} days left."
    return ProbeResult("tls", "pass", sentence, seen)


async def dns(
    host: str,
    *,
    port: int | None = None,
    transport: Transport | None = None,
    resolver: DnsResolver | None = None,
) -> ProbeResult:
    """Where a SIP domain leads (RFC 3263), with every step in `seen`."""
    try:
        found = await (resolver or DnsResolver()).lookup(host, port, transport)
    except ResolveError as error:
        return ProbeResult("dns", "inconclusive", str(error))
    hops = [f"{hop.ip}:{hop.port}/{hop.transport}" for hop in found.hops]
    seen = {"hops": hops, "steps": [vars(step) for step in found.steps]}
    if hops:
        return ProbeResult("dns", "pass", f"{host} leads to {', '.join(hops)}.", seen)
    unheard = any(step.answer == "no answer in time" for step in found.steps)
    sentence = f"{host} leads to no address."
    return ProbeResult("dns", "inconclusive" if unheard else "fail", sentence, seen)


async def _listen(leg: Call, expect_hz: float | None, seconds: float) -> bool:
    assert leg.audio is not None
    if expect_hz is None:
        await leg.wait_ended(seconds)
        return leg.audio.packets_received > 0
    began = time.monotonic()
    heard = await leg.audio.heard(expect_hz, seconds)
    # The peer has to hear us for the whole time, however soon we heard it.
    await leg.wait_ended(max(0.0, seconds - (time.monotonic() - began)))
    return heard


def _judge(
    leg: Call, heard: bool | None, expect_hz: float | None, where: str
) -> tuple[Verdict, str]:
    said = f"{leg.code} {clean(leg.phrase)}".strip()
    if not leg.ok:
        if not leg.codes:
            return "inconclusive", f"{where}: the INVITE was not answered ({said})."
        if leg.ended_by == "timeout":
            return "inconclusive", f"{where} took the INVITE but the call was not answered in time."
        return "fail", f"{where} refused the call with {said}."
    if not heard:
        tone = "audio" if expect_hz is None else f"{expect_hz:g} Hz"
        packets = leg.audio.packets_received if leg.audio else 0
        return "fail", f"The call was answered, but no {tone} was heard ({packets} RTP packets)."
    if leg.bye_code != 200:
        return "fail", f"Audio is good, but BYE was answered with {leg.bye_code or 'silence'}."
    if leg.retransmitted_200:
        count = leg.retransmitted_200
        return "fail", f"Audio is good, but the 200 came {count} times again: the ACK is lost."
    return "pass", "The call was answered, audio came, and BYE ended it with 200."


def _call_facts(leg: Call) -> dict[str, Any]:
    return {
        "call_id": leg.call_id,
        "codes": list(leg.codes),
        "code": leg.code,
        "phrase": clean(leg.phrase),
        "challenges": leg.challenges,
        "warning": clean(leg.header("Warning")),
        "reason": clean(leg.header("Reason") or leg.end_reason),
        "bye": leg.bye_code,
        "ended_by": leg.ended_by,
        "retransmitted_200": leg.retransmitted_200,
        "audio": leg.audio.stats() if leg.audio else None,
    }


def _response(response: Response) -> dict[str, Any]:
    return {
        "code": response.code,
        "phrase": clean(response.phrase),
        "server": clean(header(response, "Server") or header(response, "User-Agent")),
        "allow": clean(header(response, "Allow")),
        "warning": clean(header(response, "Warning")),
    }


def _said(seen: dict[str, Any]) -> str:
    return f"{seen['code']} {seen['phrase']}".strip()
