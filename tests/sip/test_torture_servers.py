"""The torture messages of RFC 4475 and RFC 5118, fired at a running agent."""

import asyncio
import os

import pytest
from sipmessage import Response

from sfsip_nb.sip import Call, Transport, UserAgent
from sfsip_nb.sip.reading import read
from tests.sip.siptools import Agents, uri
from tests.sip.test_reading import OPTIONS
from tests.sip.test_torture import APPLICATION, INVALID, VALID, data

TAKEN = 486
"""What the agent of these tests says to an INVITE that it has nothing against."""

ANSWERS: dict[str, tuple[int, ...]] = {
    # Nothing is answered to a response.
    **dict.fromkeys(("unreason", "noreason", "scalarlg", "bigcode", "bcast"), ()),
    # RFC 4475 §3.1.2: what cannot be understood without doubt.
    **dict.fromkeys(("badinv01", "clerr", "ncl", "scalar02", "quotbal", "lwsruri"), (400,)),
    **dict.fromkeys(("mismatch01", "mismatch02", "ipv6-bad"), (400,)),
    "badvers": (505,),
    # A liberal element goes on where only one meaning is possible.
    **dict.fromkeys(("ltgtruri", "lwsstart", "escruri", "baddate"), (TAKEN,)),
    **dict.fromkeys(("trws", "badaspec", "baddn", "badbranch"), (200,)),
    "ipv6-bug-abnf-3-colons": (200,),
    # RFC 4475 §3.3: what the application has to say.
    **dict.fromkeys(("insuf", "multi01", "mcl01"), (400,)),
    **dict.fromkeys(("unkscm", "novelsc"), (416,)),
    "bext01": (420,),
    "invut": (415,),
    "sdp01": (406,),
    "zeromf": (200,),  # 483 is for proxies; an end answers what is for it.
    "inv2543": (TAKEN,),
    # Methods that nobody knows, and one that is known and not served here.
    **dict.fromkeys(("intmeth", "esc02"), (501,)),
    **dict.fromkeys(("escnull", "mpart01", "regbadct", "unksm2", "regaut01"), (405,)),
    **dict.fromkeys(("cparam01", "cparam02", "regescrt", "dblreq"), (405,)),
    **dict.fromkeys(("ipv6-good", "port-ambiguous", "port-unambiguous"), (405,)),
    # A BYE and a re-INVITE of dialogs that do not exist.
    **dict.fromkeys(("mult-ip-in-header", "via-received-param-with-delim", "wsinv"), (481,)),
    # The rest is in order.
    **dict.fromkeys(("esc01", "longreq", "ipv6-in-sdp", "mult-ip-in-sdp"), (TAKEN,)),
    "ipv4-mapped-ipv6": (TAKEN,),
    **dict.fromkeys(("lwsdisp", "semiuri", "transports", "via-received-param-no-delim"), (200,)),
    "ipv6-correct-abnf-2-colons": (200,),
}

ON_A_STREAM = ANSWERS | {
    "clerr": (),  # The rest of its 9999 bytes is waited for.
    "dblreq": (405, TAKEN),  # What follows the first message is the next one.
}

HEADERS = {
    "bext01": ("Unsupported", "nothingSupportsThis, nothingSupportsThisEither"),
    "invut": ("Accept", "application/sdp"),
    "sdp01": ("Accept", "application/sdp"),
    "intmeth": ("Allow", "INVITE"),
    "regaut01": ("Allow", "INVITE"),
}


async def refusing(agents: Agents) -> UserAgent:
    async def busy(call: Call) -> None:
        await call.reject(TAKEN)

    return await agents("server", on_invite=busy)


async def shoot(agent: UserAgent, message: bytes, transport: Transport) -> list[Response]:
    """Final responses that the agent sent to `message`, in whatever direction their Via asked."""
    before = list(agent.trace)
    await fire(agent, message, transport)
    # An INVITE whose refusal nobody acknowledged is answered again and again.
    seen = {entry.data for entry in before}
    new = {entry.data: entry for entry in list(agent.trace)[len(before) :]}
    sent = [e.message for e in new.values() if e.data not in seen and e.direction == "sent"]
    found = [m for m in sent if isinstance(m, Response) and m.code >= 200]
    mine = [m for m in found if m.headers.get("Call-ID") != "ping"]
    assert len(mine) < len(found), "OPTIONS behind the message was not answered"
    return mine


async def fire(agent: UserAgent, message: bytes, transport: Transport) -> None:
    """Send `message`, then OPTIONS by UDP and wait for its answer."""
    ip, port = agent.address(transport)
    writer = None
    if transport == "tcp":
        _, writer = await asyncio.open_connection(ip, port)
        writer.write(message)
        await writer.drain()
        await asyncio.sleep(0.02)
    answered = asyncio.get_running_loop().create_future()
    link, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Listening(answered), remote_addr=agent.address("udp")
    )
    if transport == "udp":
        link.sendto(message)
    ping = OPTIONS.replace(b"Call-ID: x", b"Call-ID: ping").replace(b"c.test;", b"c.test;rport;")
    link.sendto(ping.replace(b"bK1", b"bK" + os.urandom(4).hex().encode()))
    async with asyncio.timeout(5):
        await answered
    link.close()
    if writer is not None:
        writer.close()


class Listening(asyncio.DatagramProtocol):
    def __init__(self, answered: asyncio.Future[None]) -> None:
        self._answered = answered

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = read(data).message
        if message is not None and message.headers.get("Call-ID") == "ping":
            self._answered.set_result(None)


def test_the_table_names_every_message() -> None:
    assert {*ANSWERS} == {*VALID, *INVALID, *APPLICATION}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_agent_answers_as_the_rfc_says_and_serves_on(
    agents: Agents, transport: Transport, name: str
) -> None:
    message = data(name)
    server = await refusing(agents)
    answers = await shoot(server, message, transport)
    expected = (ANSWERS if transport == "udp" else ON_A_STREAM)[name]
    assert tuple(answer.code for answer in answers) == expected
    if name in HEADERS:
        field, value = HEADERS[name]
        assert value.lower() in (answers[0].headers.get(field) or "").lower()
    caller = await agents("caller")
    call = await caller.invite(uri(server, transport=transport))
    assert await call.outcome(5) == TAKEN
