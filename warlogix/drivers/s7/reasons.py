"""What a CPU's codes mean to the people who can do something about them. Pure."""

from warlogix.addresses.s7 import S7Address, S7Area

PUT_GET_OFF = 0x8104

_PUT_GET = (
    "CPU properties > Protection & Security > Connection mechanisms > "
    "Permit access with PUT/GET communication"
)
_NOT_OPTIMIZED = "DB properties > Attributes > Optimized block access off"
_NAMES = {
    S7Area.INPUTS: "inputs",
    S7Area.OUTPUTS: "outputs",
    S7Area.FLAGS: "flags",
    S7Area.TIMERS: "timers",
    S7Area.COUNTERS: "counters",
}
_OTHERS = {
    0x01: "the CPU reports a hardware fault there",
    0x06: "the CPU does not know this kind of access there",
    0x07: "the CPU does not know this kind of access there",
}


def refused_item(code: int, address: S7Address) -> str:
    """Why the CPU gives no value for one address."""
    if code == 0x03:
        remedy = f"in TIA Portal: {_PUT_GET}"
        if address.area is S7Area.DB:
            remedy += f", and {_NOT_OPTIMIZED}"
        return f"access denied to {_where(address)}; {remedy}"
    if code == 0x05:
        return _out_of_range(address)
    if code == 0x0A:
        return _absent(address)
    return _OTHERS.get(code) or f"the CPU refuses {_where(address)} with code 16#{code:02X}"


def refused_request(code: int) -> str:
    """Why the CPU refuses whatever it is asked."""
    if code == PUT_GET_OFF:
        return (
            "the CPU does not permit PUT/GET communication; "
            f"in TIA Portal: {_PUT_GET}, then download the hardware configuration"
        )
    return f"the CPU refuses the request with error 16#{code:04X}"


def _where(address: S7Address) -> str:
    return f"DB{address.db}" if address.area is S7Area.DB else f"the {_NAMES[address.area]}"


def _out_of_range(address: S7Address) -> str:
    if address.area is S7Area.DB:
        return (
            f"address out of range: DB{address.db} ends before byte {address.byte + address.size}, "
            f"or it is optimized; in TIA Portal: {_NOT_OPTIMIZED}"
        )
    return f"address out of range: the CPU has no {address.text} among its {_NAMES[address.area]}"


def _absent(address: S7Address) -> str:
    if address.area is S7Area.DB:
        return f"DB{address.db} does not exist, or it is optimized; in TIA Portal: {_NOT_OPTIMIZED}"
    return f"the CPU has no {_NAMES[address.area]}"
