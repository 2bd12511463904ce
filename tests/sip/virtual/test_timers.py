"""The timers of transactions, each at its exact time, with T1 = 0.5 s, T2 = 4 s and T4 = 5 s.

RFC 3261 §17.1.1.2, §17.1.2.2, §17.2.1 and §17.2.2, as changed by RFC 6026 §7 and §8. The classes
are driven by the clock alone: messages and times in; messages, times and the end out.
"""

import asyncio
from typing import Any

import pytest
from sipmessage import Request, Response

from sfsip_nb.sip import Transport
from sfsip_nb.sip.messages import new_request
from sfsip_nb.sip.serving import Servers, ServerTransaction
from sfsip_nb.sip.transaction import ClientTransaction
from sfsip_nb.sip.wire import Peer
from tests.sip.virtual.calling import CAPPED, DOUBLING
from tests.sip.virtual.world import T1, here

AT = ("192.0.2.1", 5060)


def request(method: str) -> Request:
    made = new_request(method, "sip:x@192.0.2.2")
    for name, value in {
        "Via": "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
        "From": "<sip:a@192.0.2.1>;tag=1",
        "To": "<sip:x@192.0.2.2>",
        "Call-ID": "c",
        "CSeq": f"1 {method}",
    }.items():
        made.headers.set(name, value)
    return made


def response(asked: Request, code: int) -> Response:
    made = Response(code, "")
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        made.headers.set(name, asked.headers[name])
    return made


Told = dict[float, list[int | None]]

CLIENTS: list[tuple[str, str, Transport, dict[float, int], dict[str, list[float]], Told]] = [
    ("A and B", "INVITE", "udp", {}, {"INVITE": DOUBLING}, {32: [None]}),
    ("B", "INVITE", "tcp", {}, {"INVITE": [0]}, {32: [None]}),
    # A stops with a 1xx, and B too: a phone may ring for minutes.
    (
        "D",
        "INVITE",
        "udp",
        {1: 180, 200: 486, 201: 486, 231: 486, 233: 486},
        {"INVITE": [0, 0.5], "ACK": [200, 201, 231]},
        {1: [180], 200: [486], 232: [None]},
    ),
    (
        "D of a stream",
        "INVITE",
        "tcp",
        {1: 180, 200: 486, 201: 486},
        {"INVITE": [0], "ACK": [200]},
        {1: [180], 200: [486, None]},
    ),
    # Each copy of a 2xx goes up, as its ACK is the user's affair.
    (
        "M",
        "INVITE",
        "udp",
        {1: 200, 1.5: 200, 2: 486, 32.5: 200, 33.5: 200},
        {"INVITE": [0, 0.5]},
        {1: [200], 1.5: [200], 32.5: [200], 33: [None]},
    ),
    ("M of a stream", "INVITE", "tcp", {1: 200}, {"INVITE": [0]}, {1: [200], 33: [None]}),
    ("E and F", "OPTIONS", "udp", {}, {"OPTIONS": CAPPED}, {32: [None]}),
    ("F", "OPTIONS", "tcp", {}, {"OPTIONS": [0]}, {32: [None]}),
    # After a 1xx, E goes on with T2, and F is not put off.
    (
        "E and F after a 1xx",
        "OPTIONS",
        "udp",
        {1: 100},
        {"OPTIONS": [0, 0.5, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5]},
        {1: [100], 32: [None]},
    ),
    # Timer K has nothing to do: without a transaction a copy is dropped as well.
    ("K", "OPTIONS", "udp", {1: 200, 2: 200}, {"OPTIONS": [0, 0.5]}, {1: [200, None]}),
    ("K of a stream", "OPTIONS", "tcp", {1: 404}, {"OPTIONS": [0]}, {1: [404, None]}),
]


@pytest.mark.parametrize(
    ("method", "transport", "heard", "sent", "told"),
    [pytest.param(*row, id=name) for name, *row in CLIENTS],
)
async def test_a_client_transaction_sends_and_ends_at_its_times(
    method: str,
    transport: Transport,
    heard: dict[float, int],
    sent: dict[str, list[float]],
    told: Told,
) -> None:
    """`heard` is what comes when, `told` what its user gets when; None is the end."""
    loop, asked, out = here(), request(method), {}
    transaction = ClientTransaction(
        ("z9hG4bKx", method),
        asked,
        Peer(transport, AT, ("192.0.2.2", 5060)),
        send=lambda message: out.setdefault(message.method, []).append(loop.time()),
        clients=(alive := {}),
        t1=T1,
    )
    transaction.start()

    def hear(code: int) -> None:
        for each in list(alive.values()):
            each.receive(response(asked, code))

    for at, code in heard.items():
        loop.call_at(at, hear, code)
    got: Told = {}
    while alive or not transaction.responses.empty():
        answer = await transaction.responses.get()
        got.setdefault(loop.time(), []).append(answer and answer.code)
    await asyncio.sleep(100)
    assert (out, got) == (sent, told)


SERVERS: list[tuple[str, str, Transport, dict[float, Any], dict[int, list[float]], float]] = [
    ("G and H", "INVITE", "udp", {0: 486}, {486: CAPPED}, 32),
    ("H", "INVITE", "tcp", {0: 486}, {486: [0]}, 32),
    # The ACK ends G; in the time of I copies are absorbed.
    (
        "I",
        "INVITE",
        "udp",
        {0: 486, 1: "copy", 2: "ACK", 3: "copy", 4: "ACK"},
        {486: [0, 0.5, 1, 1.5]},
        7,
    ),
    ("I of a stream", "INVITE", "tcp", {0: 486, 2: "ACK"}, {486: [0]}, 2),
    # A 2xx is sent again by the user alone; until L ends, a copy makes no second call.
    ("L", "INVITE", "udp", {1: 180, 2: "copy", 3: 200, 4: "copy"}, {180: [1, 2], 200: [3]}, 35),
    ("L of a stream", "INVITE", "tcp", {3: 200}, {200: [3]}, 35),
    ("J", "OPTIONS", "udp", {0.5: "copy", 1: 200, 2: "copy", 32: "copy"}, {200: [1, 2, 32]}, 33),
    ("J of a stream", "OPTIONS", "tcp", {1: 200}, {200: [1]}, 1),
]


@pytest.mark.parametrize(
    ("method", "transport", "happens", "sent", "forgotten"),
    [pytest.param(*row, id=name) for name, *row in SERVERS],
)
async def test_a_server_transaction_sends_and_ends_at_its_times(
    method: str,
    transport: Transport,
    happens: dict[float, Any],
    sent: dict[int, list[float]],
    forgotten: float,
) -> None:
    """`happens`: the code that its user sends, a copy of the request, the ACK."""
    loop, asked, out = here(), request(method), {}
    ended: list[float] = []

    class Noted(Servers):
        def forget(self, transaction: ServerTransaction) -> None:
            super().forget(transaction)
            ended.append(loop.time())

    servers = Noted()
    transaction = ServerTransaction(
        ("z9hG4bKx", "192.0.2.1", "None", method),
        asked,
        send=lambda answer: out.setdefault(answer.code, []).append(loop.time()),
        servers=servers,
        reliable=transport != "udp",
        t1=T1,
        origin=("c", "1", "1", method),
    )
    servers.add(transaction)
    acts = {"copy": transaction.repeated, "ACK": transaction.acknowledged}
    for at, what in happens.items():
        if what in acts:
            loop.call_at(at, acts[what])
        else:
            loop.call_at(at, transaction.respond, response(asked, what))
    await asyncio.sleep(100)
    assert (out, ended, len(servers)) == (sent, [forgotten], 0)
