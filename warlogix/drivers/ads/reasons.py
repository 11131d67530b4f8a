"""What the codes of a router and a PLC mean to the people who can do something about them. Pure."""

from pyads.errorcodes import ERROR_CODES

SYMBOL_NOT_FOUND, VERSION_INVALID, INVALID_SIZE = 0x710, 0x711, 0x705
_DEVICE_TIMEOUT, _TIMEOUT, _SOCKET_TIMEOUT = 0x719, 0x745, 0x274C
_SEND_ERROR, _HOST_UNREACHABLE, _SYNC_TIMEOUT = 0x1A, 0x1B, 0x15
# The router answers, and what is behind it does not: nobody must act yet.
_AWAY = {_DEVICE_TIMEOUT, _TIMEOUT, _SOCKET_TIMEOUT, _SEND_ERROR, _HOST_UNREACHABLE, _SYNC_TIMEOUT}
# Of these, what was asked may have been carried out all the same.
_OPEN = _AWAY - {_HOST_UNREACHABLE}
# What is said so now may be given a moment later.
NOT_NOW = {0x707, 0x708, _DEVICE_TIMEOUT}
_TEXTS = {
    0x06: "nothing serves at AMS port {port}: the PLC program is not loaded or not started, "
    "or ams_port is another",
    0x07: "the router knows no way to {net_id}: ams_net_id is another, "
    "or the PLC has no route to this computer",
    0x0D: "nothing is connected to AMS port {port}",
    0x12: "AMS port {port} is disabled",
    0x1E: "the router denies access: allow this computer a route without secure ADS",
    0x701: "the PLC does not know this service",
    0x702: "the PLC knows no such place",
    0x703: "the PLC knows no such place",
    0x704: "the PLC does not permit it: the symbol is read-only, or write access is off",
    INVALID_SIZE: "the size does not fit what the PLC has there",
    0x707: "the PLC is not ready",
    0x708: "the PLC is busy",
    SYMBOL_NOT_FOUND: "the PLC has no such symbol",
    VERSION_INVALID: "the PLC's program was changed meanwhile",
    0x712: "the PLC is in a state in which it does not permit it",
    0x722: "the symbol is not active in the PLC's program",
    0x723: "the PLC denies access",
}


def reason(code: int, port: int = 0, net_id: str = "") -> str:
    """Why the router, or what serves at an AMS port, refuses."""
    if known := _TEXTS.get(code):
        said = known.format(port=port, net_id=net_id)
    else:
        told = ERROR_CODES.get(code)
        said = f"the PLC refuses: {told}" if told else "the PLC refuses"
    return f"{said} (ADS error {code}, 16#{code:X})"


def is_away(code: int) -> bool:
    """Whether the code says that what was asked is away, and not that it says no."""
    return code in _AWAY


def leaves_open(code: int) -> bool:
    """Whether a write that is answered so may have been carried out."""
    return code in _OPEN
