import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.ads import wire
from warlogix.drivers.ads.wire import AdsRefusal, AmsAddress, Head
from warlogix.drivers.exchanges import Nonsense

PLC = AmsAddress(bytes((5, 12, 82, 20, 1, 1)), 851)
OWN = AmsAddress(bytes((192, 168, 1, 7, 1, 1)), 32905)


def reply(size: int = 4, *, length: int | None = None, flags: int = 5, zero: int = 0) -> bytes:
    """The head of a reply to request 7."""
    addresses = OWN.net_id, OWN.port, PLC.net_id, PLC.port
    announced = 32 + size if length is None else length
    return struct.pack("<HI6sH6sHHHIII", zero, announced, *addresses, 2, flags, size, 0, 7)


def test_a_request_is_the_bytes_of_the_specification() -> None:
    """A read of four bytes by handle, byte by byte."""
    raw = wire.frame(PLC, OWN, 7, wire.read(0xF005, 0x2D000001, 4))
    assert raw == bytes.fromhex(
        "0000 2c000000"
        "050c52140101 5303 c0a801070101 8980"
        "0200 0400 0c000000 00000000 07000000"
        "05f00000 0100002d 04000000"
    )


def test_the_head_of_a_reply_says_whose_answer_it_is() -> None:
    """Both addresses, the command, the size, the router's error and the number."""
    assert wire.parse_head(reply()) == Head(OWN, PLC, 2, 4, 0, 7)


def test_a_notification_is_nobodys_answer() -> None:
    """What the PLC sends by itself never takes the number of a request."""
    assert wire.parse_head(reply(flags=4)).invoke == 0


@pytest.mark.parametrize(
    "raw",
    [
        reply(zero=1),
        reply(length=35),
        reply(size=0xFFFFFFF0, length=0x10),
        reply(size=wire.MOST_BYTES),
        reply(flags=0x85),
    ],
)
def test_a_head_that_no_router_sends_is_nonsense(raw: bytes) -> None:
    """Lengths that contradict each other or promise gigabytes are never waited for."""
    with pytest.raises(Nonsense):
        wire.parse_head(raw)


def test_a_read_brings_exactly_what_it_announces() -> None:
    """Data of another length than announced is never decoded."""
    assert wire.read_data(struct.pack("<II", 0, 2) + b"ab") == b"ab"
    for raw in (struct.pack("<II", 0, 3) + b"ab", struct.pack("<II", 0, 1) + b"ab", bytes(6)):
        with pytest.raises(Nonsense):
            wire.read_data(raw)


def test_a_refusal_is_its_code_whatever_follows() -> None:
    """A result that is not 0 is the reason, with or without a length behind it."""
    for behind in (b"", bytes(4)):
        with pytest.raises(AdsRefusal) as caught:
            wire.read_data(struct.pack("<I", 1808) + behind)
        assert caught.value.code == 1808


def test_a_write_is_carried_out_only_by_its_own_answer() -> None:
    """Four zero bytes and nothing else."""
    wire.check_written(bytes(4))
    for raw in (b"", bytes(3), bytes(8)):
        with pytest.raises(Nonsense):
            wire.check_written(raw)


@given(st.binary(max_size=40))
def test_any_bytes_are_data_a_refusal_or_nonsense(raw: bytes) -> None:
    """Nothing that a peer sends raises anything else."""
    with suppress(AdsRefusal, Nonsense):
        assert raw.endswith(wire.read_data(raw))
    if len(raw) >= wire.HEAD_SIZE:
        with suppress(Nonsense):
            assert wire.parse_head(raw[: wire.HEAD_SIZE]).size <= wire.MOST_BYTES


@pytest.mark.parametrize("text", ["", "1.2.3.4", "1.2.3.4.1.256", "1.2.3.4.1.x", "1.2.3.4.1.1.1"])
def test_what_is_no_net_id_is_told(text: str) -> None:
    """The text of the fault says how one is written."""
    with pytest.raises(ValueError, match="write six numbers"):
        wire.net_id(text)
