"""The boiler, in the memory of an Omron CJ: values of two words lie with the low word first."""

import struct
from array import array
from collections.abc import Mapping
from random import Random
from typing import Any

from warlogix.simulators.fins import FinsSimulator
from warlogix.simulators.scene.machine import Access, Machine, SceneTag, near

# Where each value lies: its area, its first word and how `struct` packs it.
_PLACES = {
    "Burner": ("CIO", 0, "H"),
    "Pressure": ("D", 100, "f"),
    "PressureSetpoint": ("D", 102, "f"),
    "Hours": ("D", 104, "I"),
    "Temperatures": ("D", 110, "4h"),
    "Grade": ("D", 120, "12s"),
}


class BoilerPanel:
    """The boiler's values by name, in the simulated CPU."""

    def __init__(self, plc: FinsSimulator) -> None:
        self._plc = plc
        self.put("PressureSetpoint", 8.0)
        self.put("Grade", b"STEAM 8 BAR")

    def get(self, name: str) -> Any:
        """What lies at the place of a name."""
        area, word, form = _PLACES[name]
        start = 2 * word
        raw = self._plc.words(area)[start : start + struct.calcsize(form)]
        return struct.unpack(f"<{form}", _ordered(bytes(raw), form))[0]

    def put(self, name: str, value: Any) -> None:
        """Put a value, or a list of them, to the place of its name."""
        area, word, form = _PLACES[name]
        values = value if isinstance(value, list) else [value]
        self._plc.poke(area, word, _ordered(struct.pack(f"<{form}", *values), form))


def _ordered(raw: bytes, form: str) -> bytes:
    """Little-endian bytes as words with their high byte first, or back; texts are as they are."""
    if form.endswith("s"):
        return raw
    words = array("H", raw)
    words.byteswap()
    return words.tobytes()


def _boiler(tick: int, chance: Random, setpoint: float) -> Mapping[str, Any]:
    burning = tick % 20 < 14
    return {
        # Bit 5 of the word is the burner's contactor.
        "Burner": burning << 5,
        "Pressure": near(setpoint, chance, highest=16, spread=0.1),
        "Hours": 41_200 + tick // 60,
        "Temperatures": [round(chance.gauss(mean, 1)) for mean in (171, 168, 240, 95)],
    }


BOILER = Machine(
    tags=(
        SceneTag("CIO0.05", "Burner"),
        SceneTag("D100", "Pressure", "REAL"),
        SceneTag("D102", "PressureSetpoint", "REAL", Access.WRITABLE),
        SceneTag("D104", "Hours", "UDINT"),
        SceneTag("D110", "Temperatures", "INT[4]"),
        SceneTag("D120", "Grade", "STRING[12]"),
    ),
    asked="PressureSetpoint",
    shown=_boiler,
)
