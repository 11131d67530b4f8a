"""A PLC of each family with two tags for each row of its table: one that holds it, one that waits.

async with open_value_plants() as plants:
    plants["Logix"].configuration("Logix")
    plants["Logix"].held(4)
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from tests.end_to_end.value_tables import ADS, FINS, LOGIX, MICRO800, OMRON_EIP, Row
from warlogix.simulators import ads, cip, fins

_CIP_TYPES = (
    cip.Record("Motor", (cip.Member("On", "BOOL"), cip.Member("Torque", "REAL"))),
    cip.Record("Line", (cip.Member("Step", "INT"), cip.Member("Motors", "Motor[2]"))),
)
_ADS_TYPES = (
    ads.Enumeration("E_Mode", {"Idle": 0, "Run": 1}),
    ads.Struct("ST_Motor", (ads.Field("On", "BOOL"), ads.Field("Torque", "REAL"))),
    ads.Struct(
        "ST_Line", (ads.Field("Step", "INT"), ads.Field("Motors", "ARRAY [1..2] OF ST_Motor"))
    ),
)
_PLC = """
[[plcs]]
name = "{name}"
family = "{family}"
address = "127.0.0.1:{port}"
{more}
tags = [
{tags}]
"""


class ValuePlant(ABC):
    """A PLC with its rows; `tag` and `waiting` name the tags of a row by its number."""

    family: str
    more = ""

    def __init__(self, rows: Sequence[Row], port: int) -> None:
        self.rows = rows
        self._port = port

    def tag(self, number: int) -> str:
        """The tag that holds the row's value."""
        return f"Held{number}"

    def waiting(self, number: int) -> str:
        """The tag that holds zeros, until it is written."""
        return f"Waiting{number}"

    def data_type(self, _row: Row) -> str:
        """What the configuration says of the type: nothing where the PLC knows it."""
        return ""

    @abstractmethod
    def held(self, number: int) -> Any:
        """What the waiting tag of a row holds now, in the row's form."""

    def configuration(self, name: str) -> str:
        """The PLC's table with both tags of each row."""
        tags = [
            f'  {{ name = "{tag}", writable = true{self.data_type(row)} }},\n'
            for number, row in enumerate(self.rows)
            for tag in (self.tag(number), self.waiting(number))
        ]
        return _PLC.format(
            name=name,
            family=self.family,
            port=self._port,
            more=self.more,
            tags="".join(tags),
        )


class CipPlant(ValuePlant):
    """A controller whose tags have names."""

    def __init__(self, rows: Sequence[Row], plc: cip.CipSimulator, family: str) -> None:
        super().__init__(rows, plc.port)
        self._plc = plc
        self.family = family
        self.more = 'protocol = "eip"' if family == "omron" else ""

    def held(self, number: int) -> Any:
        """What the waiting tag of a row holds now."""
        return self._plc.get(self.waiting(number))


class AdsPlant(ValuePlant):
    """A TwinCAT runtime."""

    family = "beckhoff"

    def __init__(self, plc: ads.AdsSimulator) -> None:
        super().__init__(ADS, plc.port)
        self._plc = plc

    def tag(self, number: int) -> str:
        """The symbol that holds the row's value."""
        return f"GVL.Held{number}"

    def waiting(self, number: int) -> str:
        """The symbol that holds zeros, until it is written."""
        return f"GVL.Waiting{number}"

    def held(self, number: int) -> Any:
        """What the waiting symbol of a row holds now."""
        return self._plc.get(self.waiting(number))


class FinsPlant(ValuePlant):
    """A CPU whose memory has addresses: 50 words for each tag, in D and in H."""

    family = "omron"

    def __init__(self, plc: fins.FinsSimulator) -> None:
        super().__init__(FINS, plc.port)
        self._plc = plc
        for number, row in enumerate(FINS):
            plc.poke("D", 50 * number, fins_bytes(row))

    def tag(self, number: int) -> str:
        """The address that holds the row's value."""
        return f"D{50 * number}"

    def waiting(self, number: int) -> str:
        """The address of zeros, until it is written."""
        return f"E0_{50 * number}"

    def data_type(self, row: Row) -> str:
        """A CPU knows no types."""
        return f', data_type = "{row.declared}"'

    def held(self, number: int) -> Any:
        """The row's value, if its bytes and zeros behind them are there."""
        row = self.rows[number]
        raw = bytes(self._plc.words("E0")[100 * number : 100 * (number + 1)])
        return row.holds if raw == fins_bytes(row).ljust(100, b"\0") else raw


_FORMS = {
    "INT": "h",
    "DINT": "i",
    "LINT": "q",
    "UINT": "H",
    "UDINT": "I",
    "ULINT": "Q",
    "WORD": "H",
    "DWORD": "I",
    "LWORD": "Q",
    "REAL": "f",
    "LREAL": "d",
}


def fins_bytes(row: Row) -> bytes:
    """A row's value as an Omron CPU keeps it: whole words, the low one first."""
    base = row.declared.partition("[")[0]
    if base == "STRING":
        raw = str(row.holds).encode("latin-1")
        return raw + bytes(len(raw) % 2)
    if base == "BOOL":
        number: int = sum(on << bit for bit, on in enumerate(row.holds))
        return number.to_bytes(2, "big")
    values = _flat(row.holds)
    little = struct.pack(f"<{len(values)}{_FORMS[base]}", *values)
    return bytes(little[at ^ 1] for at in range(len(little)))


def _flat(value: Any) -> list[Any]:
    return [one for each in value for one in _flat(each)] if isinstance(value, list) else [value]


@asynccontextmanager
async def open_value_plants() -> AsyncIterator[dict[str, ValuePlant]]:
    """All families but S7, by name."""
    async with AsyncExitStack() as stack:
        logix = await stack.enter_async_context(cip.open_logix_simulator(_program(LOGIX)))
        micro = await stack.enter_async_context(cip.open_micro800_simulator(_program(MICRO800)))
        nj = await stack.enter_async_context(cip.open_nj_simulator(_program(OMRON_EIP)))
        twincat = await stack.enter_async_context(ads.open_ads_simulator(_project()))
        memory = fins.Memory()
        cj = await stack.enter_async_context(fins.open_fins_simulator(memory))
        yield {
            "Logix": CipPlant(LOGIX, logix, "logix"),
            "Micro": CipPlant(MICRO800, micro, "micro800"),
            "NJ": CipPlant(OMRON_EIP, nj, "omron"),
            "TwinCAT": AdsPlant(twincat),
            "CJ": FinsPlant(cj),
        }


def _program(rows: Sequence[Row]) -> cip.Program:
    tags = [
        tag
        for number, row in enumerate(rows)
        for tag in (
            cip.Tag(f"Held{number}", row.declared, row.holds),
            cip.Tag(f"Waiting{number}", row.declared),
        )
    ]
    own = (cip.StringType("SHORT20", 20),) if rows is LOGIX else ()
    return cip.Program(tuple(tags), types=(*_CIP_TYPES, *own))


def _project() -> ads.Project:
    symbols = [
        symbol
        for number, row in enumerate(ADS)
        for symbol in (
            ads.Symbol(f"GVL.Held{number}", row.declared, row.holds),
            ads.Symbol(f"GVL.Waiting{number}", row.declared),
        )
    ]
    return ads.Project(tuple(symbols), _ADS_TYPES)
