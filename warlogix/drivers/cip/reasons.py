"""What a PLC means by a status, in an operator's words. Pure."""

from collections.abc import Sequence

from pycomm3.cip.status_info import EXTEND_CODES, SERVICE_STATUS

_CONNECTION = 0x01
_WORDS = {
    0x02: "the PLC has no resources left for it",
    0x04: "the PLC has no such tag",
    0x05: "the PLC has no such tag",
    0x08: "the PLC does not have this service",
    0x0C: "the PLC does not allow it in its present state",
    0x0E: "the PLC allows no writing here",
    0x0F: "the PLC gives no permission: check the tag's external access",
    0x10: "the PLC does not allow it in its present mode",
    0x11: "the answer is too long for the PLC",
    0x13: "the PLC finds the request too short",
    0x15: "the PLC finds the request too long",
    0x16: "the PLC has no such object",
    0x1F: "the PLC refuses for a reason of its own",
    0x20: "the PLC finds a parameter of the request wrong",
    0x26: "the PLC finds the tag's path wrong",
}
_EXTENDED = {
    (0x01, 0x0113): "the PLC has no connection left",
    (0x01, 0x0204): "no PLC answers in this slot: check the slot",
    (0x01, 0x0311): "there is no module in this slot: check the slot",
    (0x01, 0x0312): "there is no module in this slot: check the slot",
    (0x01, 0x0318): "there is no module in this slot: check the slot",
    (0x0C, 0x8010): "the PLC is starting or being downloaded to",
    (0x0C, 0x8011): "the PLC has an error in its tag memory",
    (0x1F, 0x1103): "outside of the variable: check the index",
    (0x1F, 0x8007): "the PLC gives no access to the variable",
    (0x1F, 0x8029): "the PLC does not give this array as a whole",
    (0x20, 0x8022): "the tag has another type in the PLC",
    (0xFF, 0x2104): "outside of the tag: check the index",
    (0xFF, 0x2105): "outside of the tag: check the index",
    (0xFF, 0x2107): "the tag has another type in the PLC",
}
# What may have become of a request that a module between here and the PLC gave up, or whose answer
# was too long for it: nobody knows.
_OPEN = frozenset({0x07, 0x1B, 0x22, 0xFE})
_OPEN_CONNECTION = frozenset({0x0203, 0x0204, 0x0205})


def reason(status: int, extended: Sequence[int] = ()) -> str:
    """Why the PLC did not do what was asked, with the codes as its manuals have them."""
    code = f"16#{status:02X}" + "".join(f" 16#{number:04X}" for number in extended)
    return f"{_words(status, extended)} (status {code})"


def _words(status: int, extended: Sequence[int]) -> str:
    for number in extended:
        if (status, number) in _EXTENDED:
            return _EXTENDED[status, number]
    if status in _WORDS:
        return _WORDS[status]
    for number in extended:
        if number in EXTEND_CODES.get(status, {}):
            return str(EXTEND_CODES[status][number])
    return str(SERVICE_STATUS.get(status, "the PLC refuses"))


def is_away(status: int) -> bool:
    """Whether the status means the way to the PLC, and not what was asked of it."""
    return status in (_CONNECTION, 0x07)


def leaves_open(status: int, extended: Sequence[int] = ()) -> bool:
    """Whether the request may have been carried out all the same."""
    if status in (_CONNECTION, 0x1F):
        return not _OPEN_CONNECTION.isdisjoint(extended)
    return status in _OPEN
