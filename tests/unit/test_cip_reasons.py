import pytest

from warlogix.drivers.cip.reasons import is_away, leaves_open, reason


@pytest.mark.parametrize(
    ("status", "extended", "words"),
    [
        (0x05, (), "the PLC has no such tag (status 16#05)"),
        (0x04, (0,), "the PLC has no such tag (status 16#04 16#0000)"),
        (0xFF, (0x2105,), "outside of the tag: check the index (status 16#FF 16#2105)"),
        (0xFF, (0x2107,), "the tag has another type in the PLC (status 16#FF 16#2107)"),
        (0x0F, (), "the PLC gives no permission: check the tag's external access (status 16#0F)"),
        (0xEE, (1,), "the PLC refuses (status 16#EE 16#0001)"),
    ],
)
def test_a_status_is_told_in_words(status: int, extended: tuple[int, ...], words: str) -> None:
    """What it means for the operator, then the codes as manuals have them."""
    assert reason(status, extended).startswith(words)


@pytest.mark.parametrize("status", range(1, 256))
def test_every_status_has_words(status: int) -> None:
    """No code is told by its number alone."""
    assert not reason(status).startswith("16#")


@pytest.mark.parametrize(
    ("status", "extended", "is_open"),
    [
        (0x01, (0x0204,), True),
        (0x01, (0x0205,), True),
        (0x01, (0x0312,), False),
        (0x1B, (), True),
        (0x05, (), False),
        (0x0F, (), False),
        (0xFF, (0x2107,), False),
    ],
)
def test_a_time_out_on_the_way_leaves_a_write_open(
    status: int, extended: tuple[int, ...], is_open: bool
) -> None:
    """A module that gave up waiting for the PLC does not know what became of the write."""
    assert leaves_open(status, extended) is is_open


def test_a_failed_connection_is_no_bad_tag() -> None:
    """Only the statuses of the way there mean that the PLC is away."""
    assert [status for status in range(256) if is_away(status)] == [1, 7]
