"""What happens inside a call: routes, transfer, re-INVITE, joined legs."""

import asyncio

import pytest
from sipmessage import Request

from sfsip_nb.sip import Call, MapResolver, Referral, ResolveError, bridge
from sfsip_nb.sip.fields import name_addr, uri_parts, values
from sfsip_nb.sip.reading import read
from tests.sip.siptools import Agents, heard, until, uri


class Proxy(asyncio.DatagramProtocol):
    """A Record-Routing proxy in a few lines: stateless, UDP, one target (RFC 3261 §16.11)."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.seen: list[str] = []
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    @property
    def uri(self) -> str:
        return "sip:{}:{};lr".format(*self.transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = read(data).message
        assert message is not None
        vias = values(message.headers, "Via")
        if isinstance(message, Request):
            self.seen.append(message.method)
            routes = values(message.headers, "Route")
            target = self.target
            if routes:
                assert name_addr(routes[0]).uri == self.uri
                message.headers.setlist("Route", routes[1:])
                if not routes[1:]:
                    message.headers.remove("Route")
                    parts = uri_parts(str(message.uri))
                    target = (parts.host, parts.port or 5060)
            elif name_addr(message.headers["To"]).tag:
                return  # An in-dialog request that lost its route goes nowhere.
            branch = uri_parts(f"sip:x;{vias[0].partition(';')[2]}").params["branch"]
            own = "{}:{}".format(*self.transport.get_extra_info("sockname"))
            via = f"SIP/2.0/UDP {own};branch={branch}p"
            message.headers.setlist("Via", [via, *vias])
            if message.method == "INVITE" and not routes:
                message.headers.set("Record-Route", f"<{self.uri}>")
            self.transport.sendto(bytes(message), target)
        else:
            message.headers.setlist("Via", vias[1:])
            host, _, port = vias[1].split()[1].split(";")[0].partition(":")
            self.transport.sendto(bytes(message), (host, int(port)))


async def test_in_dialog_requests_go_through_the_record_routing_proxy(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.ring()
        await call.answer()
        result = await call.refer("sip:+15551230090@sip.test", timeout=0.2)
        assert result.accepted_code == 603

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    loop = asyncio.get_running_loop()
    sending, proxy = await loop.create_datagram_endpoint(
        lambda: Proxy(server.address()), local_addr=("127.0.0.1", 0)
    )
    address = sending.get_extra_info("sockname")
    call = await client.invite("sip:+15551230001@{}:{}".format(*address))
    assert await call.outcome(5) == 200
    await until(lambda: "REFER" in proxy.seen)
    assert await call.bye() == 200
    assert proxy.seen == ["INVITE", "ACK", "REFER", "BYE"]
    assert legs[0].retransmitted_200 == 0
    assert legs[0].ended_by == "remote"
    sending.close()


async def test_an_outbound_proxy_takes_the_request_and_the_uri_stays(agents: Agents) -> None:
    legs: list[Call] = []

    async def reject(call: Call) -> None:
        legs.append(call)
        await call.reject(404)

    server = await agents("server", on_invite=reject)
    client = await agents("client")
    proxy = "sip:{}:{}".format(*server.address())
    call = await client.invite("sip:+1555@unknown.test:32681", proxy=proxy)
    assert await call.outcome(5) == 404
    assert legs[0].request_uri == "sip:+1555@unknown.test:32681"
    assert legs[0].header("Route") == f"<{proxy};lr>"


async def test_a_cold_transfer_is_reported_by_notify(agents: Agents) -> None:
    async def edge(call: Call) -> None:
        async def transfer(referral: Referral) -> None:
            assert referral.target == "sip:+15551230090@edge.test"
            assert referral.headers == {"Replaces": "a@b;to-tag=1"}
            await referral.accept()
            assert await referral.notify(180) == 200
            assert await referral.notify(200) == 200

        call.on_refer = transfer
        await call.answer()
        await call.wait_ended(5)

    server = await agents("edge", on_invite=edge)
    client = await agents("agent")
    call = await client.invite(uri(server))
    assert await call.outcome(5) == 200
    result = await call.refer("sip:+15551230090@edge.test?Replaces=a%40b%3Bto-tag%3D1")
    assert result.accepted_code == 202
    assert [code for _, code, _ in result.notified] == [100, 180, 200]
    assert (result.final_code, result.terminated) == (200, True)
    assert await call.bye() == 200


async def test_a_peer_that_accepts_and_never_notifies_is_no_success(agents: Agents) -> None:
    async def edge(call: Call) -> None:
        async def transfer(referral: Referral) -> None:
            await referral.reject(202)  # A bare 202.

        call.on_refer = transfer
        await call.answer()

    server = await agents("edge", on_invite=edge)
    client = await agents("agent")
    call = await client.invite(uri(server))
    await call.outcome(5)
    result = await call.refer("sip:x@edge.test", timeout=0.1)
    assert (result.accepted_code, result.final_code, result.terminated) == (202, 0, False)
    await call.bye()


async def test_a_reinvite_is_answered_and_the_media_follows(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()
        assert call.audio is not None
        call.audio.play(440)

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    call = await client.invite(uri(server))
    await call.outcome(5)
    held = call.session.make_offer("sendonly").replace(b"127.0.0.1", b"127.0.0.2")
    response = await call.dialog.send("INVITE", {}, held, "application/sdp")
    assert response is not None
    assert response.code == 200
    assert b"a=recvonly" in response.body
    assert heard(legs[0], "INVITE") == 2
    assert legs[0].audio is not None
    assert legs[0].audio.sender.held
    assert legs[0].audio.destination[0] == "127.0.0.2"
    refused = await call.dialog.send("MESSAGE")
    assert refused is not None
    assert refused.code == 405
    assert await call.bye() == 200


async def test_a_request_of_no_known_dialog_gets_481(agents: Agents) -> None:
    server = await agents("server")
    client = await agents("client")
    got = await client.request("BYE", uri(server), to="<sip:x@y.test>;tag=1")
    assert got is not None
    assert got.code == 481


async def test_a_refusal_and_a_cancel_pass_through_joined_legs(agents: Agents) -> None:
    far: list[Call] = []

    async def decide(call: Call) -> None:
        far.append(call)
        if call.user == "busy":
            await call.reject(486)
        else:
            await call.ring()
            await call.wait_ended(5)

    server = await agents("server", on_invite=decide)

    async def edge(call: Call) -> None:
        await bridge(call, await middle.invite(uri(server, call.user)))

    middle = await agents("edge", on_invite=edge)
    client = await agents("client")
    busy = await client.invite(uri(middle, "busy"))
    assert await busy.outcome(5) == 486
    slow = await client.invite(uri(middle, "slow"))
    await slow.ringing.wait()
    await slow.cancel()
    assert await slow.outcome(2) == 487
    assert await far[1].wait_ended(2)
    assert far[1].code == 487


async def test_a_wildcard_name_gives_way_to_an_exact_one() -> None:
    names = MapResolver({"*.byoc.test/udp": "127.0.0.1:1", "a.byoc.test:5060/udp": "127.0.0.1:2"})
    assert (await names.candidates("b.byoc.test", None, "udp"))[0].port == 1
    assert (await names.candidates("A.byoc.test.", 5060, "udp"))[0].port == 2
    for name, port in (("b.byoc.test", 5061), ("x.b.byoc.test", 5060), ("byoc.test", 5060)):
        with pytest.raises(ResolveError):
            await names.candidates(name, port, "udp")


async def test_what_the_gate_denies_is_lost(agents: Agents) -> None:
    asked: list[tuple[tuple[str, int], str]] = []

    def gate(source: tuple[str, int], transport: str) -> bool:
        asked.append((source, transport))
        return transport == "tcp"

    server = await agents("server", gate=gate)
    client = await agents("client")
    assert await client.request("OPTIONS", uri(server), timeout=1.2) is None
    assert set(asked) == {(client.address(), "udp")}
    assert len(asked) == 2  # At 0 and T1.
    assert await client.request("OPTIONS", uri(server, transport="tcp")) is not None
    (connection,) = client.local_addresses("tcp") - {client.address("tcp")}
    assert asked[-1] == (connection, "tcp")
    assert "200 OK (OPTIONS)" not in [entry.summary for entry in server.trace][:-1]


async def test_many_agents_share_a_process_and_names_lead_to_them(agents: Agents) -> None:
    names = MapResolver()
    for index in range(5):
        agent = await agents(f"agent {index}", resolver=names)
        names.mapping[f"agent{index}.test/udp"] = "{}:{}".format(*agent.address())
    for index, agent in enumerate(agents.made):
        got = await agent.request("OPTIONS", f"sip:agent{(index + 1) % 5}.test")
        assert got is not None
        assert got.headers["Server"] == f"agent {(index + 1) % 5}"


class Lossy(Proxy):
    """A proxy that loses the first copy of every message."""

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(target)
        self.lost: set[bytes] = set()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data in self.lost:
            super().datagram_received(data, addr)
        self.lost.add(data)


async def test_timers_carry_a_call_over_a_network_that_loses_packets(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        assert await call.answer()

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    loop = asyncio.get_running_loop()
    sending, _ = await loop.create_datagram_endpoint(
        lambda: Lossy(server.address()), local_addr=("127.0.0.1", 0)
    )
    call = await client.invite("sip:x@{}:{}".format(*sending.get_extra_info("sockname")))
    assert await call.outcome(5) == 200
    await legs[0].ack.wait()
    assert await call.bye() == 200
    assert await legs[0].wait_ended(2)
    assert legs[0].ended_by == "remote"
    assert legs[0].retransmitted_200 >= 2  # The 200 was lost once and its ACK once.
    assert call.retransmitted_200 >= 1
    sending.close()


async def test_a_response_without_via_still_finds_its_request(agents: Agents) -> None:
    class Careless(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            lines = data.split(b"\r\n")
            kept = [line for line in lines[1:] if not line.startswith(b"Via")]
            answer = b"\r\n".join([b"SIP/2.0 200 OK", *kept])
            self.transport.sendto(answer, addr)  # type: ignore[attr-defined]

    client = await agents("client")
    loop = asyncio.get_running_loop()
    sending, _ = await loop.create_datagram_endpoint(Careless, local_addr=("127.0.0.1", 0))
    got = await client.request("OPTIONS", "sip:{}:{}".format(*sending.get_extra_info("sockname")))
    assert got is not None
    assert got.code == 200
    assert "The Via header field is missing." in [
        fault.text for entry in client.trace for fault in entry.faults
    ]
    sending.close()
