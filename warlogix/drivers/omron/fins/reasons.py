"""What the end codes of FINS mean to the people who can do something about them. Pure."""

from warlogix.drivers.omron.fins.wire import RELAY

_WAY = "check fins_network, fins_node and fins_unit, and the PLC's routing tables"
_ADDRESS = "check the address, and the length in data_type"
# In place of the end code of what was refused together with others, and not asked for alone yet.
POSTPONED = 0
_TEXTS = {
    0x0001: "the service was canceled",
    0x0101: f"the PLC's unit takes no part in the network; {_WAY}",
    0x0103: "the network did not take the command after several tries",
    0x0104: "too many commands wait for the network",
    0x0105: f"the node is out of range; {_WAY}",
    0x0106: "another node of the network has the same number",
    0x0201: f"there is no such node in the network; {_WAY}",
    0x0202: f"the node has no such unit; {_WAY}",
    0x0203: f"a node on the way is missing; {_WAY}",
    0x0204: "the node is busy",
    0x0205: "the node did not answer in time",
    0x0301: "the communications controller has an error",
    0x0302: "the CPU unit has an error",
    0x0303: "the controller on the way has an error",
    0x0304: "the unit number is wrong",
    0x0401: "the PLC does not know this command",
    0x0402: "the PLC's model or version does not know this command",
    0x0501: f"the routing tables do not have this destination; {_WAY}",
    0x0502: f"there are no routing tables; {_WAY}",
    0x0503: f"the routing tables have an error; {_WAY}",
    0x0504: f"there are too many relays on the way; {_WAY}",
    0x1001: "the command is too long for the PLC",
    0x1002: "the command is too short for the PLC",
    0x1003: "the number of values does not fit the command",
    0x1004: "the PLC does not know this form of the command",
    0x1005: "the header of the command is wrong",
    0x1101: "the PLC has no such memory area, or no such bank of it",
    0x1103: f"address out of range: it begins behind the end of its area; {_ADDRESS}",
    0x1104: f"address out of range: it ends behind the end of its area; {_ADDRESS}",
    0x110B: "the response would be too long for the PLC",
    0x110C: f"the PLC does not take this parameter; {_ADDRESS}",
    0x2002: "the memory area is protected",
    0x2101: "the memory area can only be read",
    0x2102: "the memory area is protected against writing",
    0x2108: "the PLC does not let this be changed",
    0x3001: "another device holds the access right",
    0x4001: "the service was aborted",
}
# The command may have been carried out: it was on its way, or begun.
_OPEN = frozenset({0x0001, 0x0103, 0x0205, 0x4001})
_UNSUPPORTED = frozenset({0x0401, 0x0402})
_NO_SUCH_AREA = 0x1101
# What the configuration calls the PLC is no address that leads there.
_MISDIRECTED = frozenset({0x0105, 0x0202, 0x0304, 0x0501, 0x0502, 0x0503, 0x0504})
# Main codes of errors on the way to the PLC, not of the command.
_ON_THE_WAY = frozenset({0x00, 0x01, 0x02, 0x03, 0x05})


def refused(code: int) -> str:
    """Why the PLC, or a relay, does not do what it is asked."""
    if code == POSTPONED:
        return "the PLC refuses it together with others; it is about to be asked for by itself"
    text = _TEXTS.get(code & ~RELAY, "the PLC refuses the command")
    relayed = "on the way to the PLC: " if code & RELAY else ""
    return f"{relayed}{text} (end code 16#{code:04X})"


def leaves_open(code: int) -> bool:
    """Whether a write that got this answer may have been carried out all the same."""
    return bool(code & RELAY) or code in _OPEN


def is_misdirected(code: int) -> bool:
    """Whether somebody must change the configuration, or the routing tables."""
    return code & ~RELAY in _MISDIRECTED


def is_on_the_way(code: int) -> bool:
    """Whether the command did not get to the PLC, or its answer not back."""
    return bool(code & RELAY) or code >> 8 in _ON_THE_WAY


def is_unsupported(code: int) -> bool:
    """Whether the PLC knows no such command."""
    return code in _UNSUPPORTED


def is_whole_area(code: int) -> bool:
    """Whether every address of the area gets the same answer."""
    return code == _NO_SUCH_AREA


_GREETING = {
    0x20: "all its FINS/TCP connections are in use",
    0x21: "this gateway's node is connected already",
    0x22: "it lets only protected IP addresses in; add this gateway's in the unit's setup",
    0x23: "the node it was asked for is out of range",
    0x24: "this gateway's node is the PLC's own",
    0x25: "all its nodes for FINS/TCP clients are in use",
}


def refused_greeting(error: int) -> str:
    """Why the PLC does not let a FINS/TCP client in."""
    text = _GREETING.get(error, "the greeting is refused")
    return f"the PLC refuses the FINS/TCP connection: {text} (error 16#{error:X})"
