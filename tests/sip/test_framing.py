"""Cutting a stream into messages: however it arrives, and whatever it says of its length."""

import time

import pytest

from sfsip_nb.sip.reading import MAX_MESSAGE, Framer, TooLong, read
from tests.sip.test_reading import OPTIONS

LENGTH = b"Content-Length: 0"
BODY = OPTIONS.replace(LENGTH, b"l :\r\n 4") + b"\r\n\r\n"


@pytest.mark.parametrize("cut", range(1, len(OPTIONS + BODY)))
def test_two_messages_are_found_wherever_the_stream_is_cut(cut: int) -> None:
    stream, framer = OPTIONS + BODY, Framer()
    found = [*framer.feed(stream[:cut]), *framer.feed(stream[cut:])]
    assert found == [OPTIONS, BODY]
    assert framer.idle


def test_messages_are_found_byte_by_byte_with_keep_alives_between() -> None:
    stream, framer = b"\r\n\r\n" + OPTIONS + b"\r\n\r\n\0\0" + BODY + b"\r\n" + OPTIONS, Framer()
    found = [message for byte in stream for message in framer.feed(bytes([byte]))]
    assert found == [OPTIONS, BODY, OPTIONS]


def test_a_header_that_ends_in_bare_lf_ends() -> None:
    assert list(Framer().feed(OPTIONS.replace(b"\r\n", b"\n"))) == [OPTIONS.replace(b"\r\n", b"\n")]


def test_without_content_length_the_next_message_is_found_behind_the_body() -> None:
    framer, bare = Framer(), OPTIONS.replace(LENGTH + b"\r\n", b"")
    first, second = framer.feed(bare + b"v=0\r\n" + OPTIONS)
    assert "Content-Length is required" in read(first, stream=True).faults[0].text
    reading = read(second, stream=True)
    assert reading.message is not None
    assert "Something else comes before the message: 'v=0'" in reading.faults[0].text


@pytest.mark.parametrize(
    "lie",
    [
        b"Content-Length: -1",
        b"Content-Length: x",
        b"l: 1\r\nl: 2",
        b"l: " + b"9" * 5000,
        b"l: 1, 1",
    ],
)
def test_a_length_in_doubt_ends_the_stream_after_its_message_was_handed_over(lie: bytes) -> None:
    stream = Framer().feed(OPTIONS + OPTIONS.replace(LENGTH, lie) + OPTIONS)
    assert next(stream) == OPTIONS
    doubtful = read(next(stream), stream=True)
    assert doubtful.refused is not None
    assert doubtful.refused.code == 400
    with pytest.raises(ValueError, match="Content-Length is in doubt"):
        next(stream)


def test_the_same_length_twice_is_no_doubt() -> None:
    twice = OPTIONS.replace(LENGTH, LENGTH + b"\r\n" + LENGTH)
    assert list(Framer().feed(twice + OPTIONS)) == [twice, OPTIONS]


def test_a_message_that_is_too_long_is_refused_by_its_header() -> None:
    stream = Framer().feed(OPTIONS + OPTIONS.replace(LENGTH, b"Content-Length: 1000000"))
    assert next(stream) == OPTIONS
    with pytest.raises(TooLong) as caught:
        next(stream)
    assert caught.value.head.startswith(b"OPTIONS")


def test_a_header_without_end_is_given_up() -> None:
    framer = Framer()
    assert list(framer.feed(b"x" * MAX_MESSAGE)) == []
    with pytest.raises(ValueError, match="no end of the header"):
        list(framer.feed(b"x"))


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"x" * MAX_MESSAGE, 1),
        (OPTIONS.replace(LENGTH, b"l: 60000") + b"x" * 60_000, 1),
        (b"\r\n" * 500_000, 65_536),
        (OPTIONS * 3_000, 65_536),
        (OPTIONS * 3_000, 1_000_000),
    ],
    ids=["header", "body", "keep-alives", "pipelined", "pipelined at once"],
)
def test_no_stream_takes_longer_than_its_length(data: bytes, size: int) -> None:
    """Time of this process only; to look at each byte again for each byte takes minutes."""
    framer, began = Framer(), time.process_time()
    for start in range(0, len(data), size):
        list(framer.feed(data[start : start + size]))
    assert time.process_time() - began < 2
