import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.connecting import (
    Offer,
    backplane,
    forward_close,
    forward_open,
    parse_forward_open,
    unconnected_send,
)
from warlogix.drivers.cip.encapsulation import (
    HEADER_SIZE,
    connected,
    connected_reply,
    parse_header,
    unconnected,
    unconnected_reply,
)
from warlogix.drivers.cip.identity import parse_identity
from warlogix.drivers.cip.messages import Reply, Request
from warlogix.drivers.exchanges import Nonsense

OFFER = Offer(504, ours=0x11223344, serial=7, originator=0x55667788)


def test_a_connection_waits_a_quarter_of_an_hour() -> None:
    """A PLC that is polled every ten minutes keeps its connection."""
    data = forward_open(OFFER, b"").data
    multiplier, interval = data[18], struct.unpack_from("<I", data, 22)[0]
    assert interval * 4 * 2**multiplier / 1e6 > 900


def test_a_connection_of_more_than_511_bytes_is_asked_for_by_the_large_request() -> None:
    """Its size has 16 bits there, and 9 in the ordinary one."""
    small, large = forward_open(OFFER, b""), forward_open(Offer(4002, 1, 2, 3), b"")
    assert (small.service, large.service) == (0x54, 0x5B)
    assert struct.unpack_from("<H", small.data, 26)[0] & 0x1FF == 504
    assert struct.unpack_from("<I", large.data, 26)[0] & 0xFFFF == 4002


def test_the_way_through_the_backplane_stands_in_front_of_the_router() -> None:
    """Port 1, then the slot, when it is opened and when it is closed."""
    path = backplane(3) + bytes.fromhex("20 02 24 01")
    assert forward_open(OFFER, backplane(3)).data.endswith(b"\x03" + path)
    closing = forward_close(OFFER, backplane(3)).data
    assert closing.endswith(b"\x03\x00" + path)
    assert OFFER.triad in closing


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_a_passed_on_message_of_odd_length_is_padded(data: bytes) -> None:
    """The route begins at an even place, and the length does not count the padding."""
    request = Request(0x4C, b"\x91\x01A\x00", data)
    sent = unconnected_send(request, backplane(1)).data
    length = struct.unpack_from("<H", sent, 2)[0]
    assert sent[4 : 4 + length] == request.encode()
    assert sent[4 + length + length % 2 :] == b"\x01\x00\x01\x01"


def test_an_opened_connection_is_the_one_that_was_asked_for() -> None:
    """The PLC's own number for it, if all other numbers are ours."""
    good = struct.pack("<II", 99, OFFER.ours) + OFFER.triad + bytes(10)
    assert parse_forward_open(Reply(0x54, 0, (), good), OFFER) == 99
    for wrong in (good[:15], b"\x00" * 26, good[:8] + b"\x09" + good[9:]):
        with pytest.raises(Nonsense):
            parse_forward_open(Reply(0x54, 0, (), wrong), OFFER)


@given(st.binary(max_size=50))
def test_any_bytes_are_a_message_or_nonsense(data: bytes) -> None:
    """No frame makes the parsers fail in another way."""
    for parse in (unconnected_reply, parse_identity, lambda raw: connected_reply(raw, 1, 2)):
        with suppress(Nonsense):
            parse(data)


def test_frames_carry_messages_unchanged() -> None:
    """What is in a frame is what was put into it, and its header counts it."""
    raw = unconnected(5, bytes(8), b"hello")
    head = parse_header(raw[:HEADER_SIZE])
    assert (head.session, head.length) == (5, len(raw) - HEADER_SIZE)
    assert unconnected_reply(raw[HEADER_SIZE:]) == b"hello"
    assert connected_reply(connected(5, 1, 2, b"hi")[HEADER_SIZE:], 1, 2) == b"hi"
    for connection, sequence in ((2, 2), (1, 3)):
        with pytest.raises(Nonsense):
            connected_reply(connected(5, 1, 2, b"hi")[HEADER_SIZE:], connection, sequence)
