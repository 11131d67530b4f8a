import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.messages import (
    PARTLY,
    Reply,
    Request,
    multiple,
    parse_multiple,
    parse_reply,
)
from warlogix.drivers.cip.paths import symbol_path
from warlogix.drivers.exchanges import Nonsense

REQUESTS = [Request(0x4C, symbol_path("A"), b"\x01\x00"), Request(0x4C, symbol_path("Bee"), b"")]


def packet(*replies: bytes, count: int | None = None) -> Reply:
    """A reply to a Multiple Service Packet."""
    start, offsets = 2 + 2 * len(replies), []
    for reply in replies:
        offsets.append(start)
        start += len(reply)
    head = struct.pack(f"<{1 + len(offsets)}H", len(replies) if count is None else count, *offsets)
    return Reply(0x0A, PARTLY, (), head + b"".join(replies))


def test_a_request_counts_its_path_in_words() -> None:
    """Service, words of path, path, data."""
    assert REQUESTS[0].encode() == bytes.fromhex("4c 02 91 01 41 00 01 00")


def test_a_reply_has_its_status_and_its_data() -> None:
    """The words of an extended status stand between status and data."""
    assert parse_reply(b"\xcc\x00\x00\x00\xc4\x00", 0x4C) == Reply(0x4C, 0, (), b"\xc4\x00")
    raw = b"\xcc\x00\xff\x02\x05\x21\x00\x00rest"
    assert parse_reply(raw, 0x4C) == Reply(0x4C, 0xFF, (0x2105, 0), b"rest")


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xcc\x00\x00", b"\xcd\x00\x00\x00", b"\x4c\x00\x00\x00", b"\xcc\x01\x00\x00",
     b"\xcc\x00\xff\x02\x05\x21\x00"],
)  # fmt: skip
def test_what_answers_another_service_is_no_reply(raw: bytes) -> None:
    """Cut short, another service's, or a request: none is taken for the answer."""
    with pytest.raises(Nonsense):
        parse_reply(raw, 0x4C)


def test_requests_travel_together() -> None:
    """A packet's offsets count from its own count on."""
    raw = multiple(REQUESTS).encode()
    assert raw[:6] == bytes.fromhex("0a 02 20 02 24 01")
    count, first, second = struct.unpack_from("<3H", raw, 6)
    assert (count, first, second) == (2, 6, 14)
    assert raw[6 + first : 6 + second] == REQUESTS[0].encode()
    assert raw[6 + second :] == REQUESTS[1].encode()


def test_replies_come_back_in_the_order_of_their_requests() -> None:
    """Each with its own status, whatever the packet's is."""
    reply = packet(b"\xcc\x00\x00\x00\xc3\x00\x05\x00", b"\xcc\x00\x05\x00")
    first, second = parse_multiple(reply, REQUESTS)
    assert (first.status, first.data) == (0, b"\xc3\x00\x05\x00")
    assert (second.status, second.data) == (5, b"")


@pytest.mark.parametrize(
    "reply",
    [
        packet(b"\xcc\x00\x00\x00"),
        packet(b"\xcc\x00\x00\x00", b"\xcc\x00\x00\x00", count=3),
        packet(b"\xcc\x00\x00\x00", b"\xcc\x00\x00"),
        packet(b"\xcc\x00\x00\x00", b"\xcd\x00\x00\x00"),
        Reply(0x0A, 0, (), b""),
        Reply(0x0A, 0, (), b"\x02\x00\x06\x00"),
        Reply(0x0A, 0, (), b"\x02\x00\x0a\x00\x06\x00\xcc\x00\x00\x00\xcc\x00\x00\x00"),
        Reply(0x0A, 0, (), b"\x02\x00\x06\x00\xff\xff\xcc\x00\x00\x00\xcc\x00\x00\x00"),
        Reply(0x0A, 0, (), b"\x02\x00\x08\x00\x0c\x00\xcc\x00\x00\x00\xcc\x00\x00\x00\x00\x00"),
    ],
)
def test_a_packet_that_contradicts_itself_is_nonsense(reply: Reply) -> None:
    """Counts, offsets and services that do not add up give no value at all."""
    with pytest.raises(Nonsense):
        parse_multiple(reply, REQUESTS)


@given(st.binary(max_size=40))
def test_any_bytes_are_replies_or_nonsense(raw: bytes) -> None:
    """No bytes make the parser fail in another way."""
    try:
        reply = parse_reply(raw, 0x0A)
        assert len(parse_multiple(reply, REQUESTS)) == 2
    except Nonsense:
        pass
