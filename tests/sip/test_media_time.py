"""Our own lateness is not the network's jitter."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sfsip_nb.sip import Address, Audio
from sfsip_nb.sip.media import recordings
from sfsip_nb.sip.media.pacing import Pacer
from sfsip_nb.sip.media.sockets import open_pair, watch
from sfsip_nb.sip.sdp import Agreed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps packets in the kernel")
async def test_a_packet_that_we_read_late_came_in_time() -> None:
    own, spare = open_pair("127.0.0.1")
    arrived: asyncio.Queue[float] = asyncio.Queue()
    stop = await watch(own, lambda data, source, at: arrived.put_nowait(at))

    async def late(seconds: float) -> float:
        spare.sendto(b"x", own.getsockname())
        sent = time.time()
        time.sleep(seconds)  # noqa: ASYNC251 - the loop is meant to be late
        return await arrived.get() - sent

    for _ in range(100):  # the kernel switches its stamps on in the background
        if await late(0.02) < 0.01:
            break
    assert await late(0.2) < 0.1
    stop()
    spare.close()


@pytest.fixture
def echo() -> Iterator[Address]:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    bound.settimeout(5)

    def back() -> None:
        while True:
            data, source = bound.recvfrom(2048)
            if data == b"end":
                return
            bound.sendto(data, source)

    thread = threading.Thread(target=back, daemon=True)
    thread.start()
    yield bound.getsockname()
    bound.sendto(b"end", bound.getsockname())
    thread.join(5)
    bound.close()


async def echoed(echo: Address, stall: float, until: Callable[[Audio], bool]) -> Audio:
    """Sound that came back while this machine stalled now and then for so many seconds."""
    audio = await Audio.open("127.0.0.1")
    audio.start(echo, Agreed("PCMU"), 0, None)
    for _ in range(20):  # a stall between two packets' ticks makes none late
        await asyncio.sleep(0.105)
        time.sleep(stall)  # noqa: ASYNC251 - the loop is meant to be late
        await asyncio.sleep(0.1)
        if until(audio):
            break
    audio.close()
    assert audio.arrivals.loss_percent == 0
    assert audio.arrivals.gaps == 0
    return audio


async def test_what_our_own_stall_does_to_an_echo_is_not_counted_as_jitter(echo: Address) -> None:
    audio = await echoed(echo, 0.055, lambda audio: audio.sender.jitter_ms > 2)
    assert audio.sender.jitter_ms > 1
    assert audio.arrivals.jitter_ms < audio.sender.jitter_ms


async def test_after_a_long_stall_the_stream_goes_on_in_time(echo: Address) -> None:
    audio = await echoed(echo, 0.3, lambda audio: audio.sender.left_out > 0)
    assert audio.sender.lateness.read().max > 200
    assert audio.sender.left_out >= 10
    assert audio.arrivals.jitter_ms < 5


async def test_what_is_said_over_a_stall_begins_where_it_is_heard(echo: Address) -> None:
    audio = await Audio.open("127.0.0.1")
    audio.start(echo, Agreed("PCMU"), 0, None)
    audio.find_speech()
    await asyncio.sleep(0.2)
    saying = audio.say(recordings.caller("hello"))
    time.sleep(0.3)  # noqa: ASYNC251 - its first packet is due while the loop is late
    spoken = await saying
    await asyncio.sleep(0.3)
    audio.close()
    assert spoken
    heard = audio.speech_heard()
    assert heard[0].start == pytest.approx(spoken.start, abs=0.03)
    assert heard[-1].end == pytest.approx(spoken.end, abs=0.03)


async def test_one_clock_serves_all_streams_and_survives_one_that_breaks() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    pacer, counts = Pacer.of(loop), [0, 0, 0]
    assert Pacer.of(loop) is pacer

    def bad(due: float) -> None:
        raise RuntimeError("broken")

    def count(index: int) -> None:
        counts[index] += 1

    frames = [lambda due, index=index: count(index) for index in range(3)]
    pacer.join(bad)
    for frame, every in zip(frames, (10, 20, 40), strict=True):
        pacer.join(frame, every)
    await asyncio.sleep(0.5)
    for frame in frames:
        pacer.leave(frame)
    seen = list(counts)
    await asyncio.sleep(0.05)
    assert counts == seen
    fast, usual, slow = counts
    assert fast > 20
    assert fast == pytest.approx(2 * usual, abs=3)
    assert usual == pytest.approx(2 * slow, abs=3)
