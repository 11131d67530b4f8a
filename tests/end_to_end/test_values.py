"""Every kind of value, from a real S7 protocol server through `warlogix run` to a real Kafka."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.end_to_end.gateway import running
from tests.witness import Record, read_topic_async
from warlogix.messages import timestamp
from warlogix.simulators.s7 import S7_300, Memory, open_s7_simulator

LIMIT = 60

CONFIG = """
namespace = "{namespace}"

[[plcs]]
name = "Press"
family = "s7"
address = "127.0.0.1:{plc}"
slot = 2
poll_rate = "250ms"
tags = [
{tags}]

[[kafka]]
name = "Local"
brokers = ["{kafka}"]

[buffer]
directory = "{buffer}"
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A tag, the bytes that the PLC holds for it, and the JSON that comes out.

    `memory` is where the bytes go: "DB", "I", "Q", "M", "T" or "C", and from which byte. `reason`
    stands in `error` when the value is null.
    """

    address: str
    data_type: str
    memory: tuple[str, int]
    raw: bytes
    value: str
    type: str
    reason: str = ""

    def tag(self) -> str:
        """The tag's line in the configuration, in lower case."""
        kind = f', data_type = "{self.data_type}"' if self.data_type else ""
        return f'  {{ name = "{self.address.lower()}"{kind} }},\n'


DTL = struct.Struct(">HBBBBBBI")

# Type, its bytes, the value as JSON. Where one follows the other in DB1, each at an even byte.
IN_BLOCK: tuple[tuple[str, bytes, str], ...] = (
    ("BYTE", b"\xff", "255"),
    ("WORD", b"\xff\xff", "65535"),
    ("DWORD", b"\xff" * 4, "4294967295"),
    ("LWORD", b"\xff" * 8, "18446744073709551615"),
    ("SINT", b"\x80", "-128"),
    ("SINT", b"\x7f", "127"),
    ("INT", b"\x80\x00", "-32768"),
    ("INT", b"\x7f\xff", "32767"),
    ("DINT", b"\x80\x00\x00\x00", "-2147483648"),
    ("DINT", b"\x7f\xff\xff\xff", "2147483647"),
    ("LINT", b"\x80" + bytes(7), "-9223372036854775808"),
    ("LINT", b"\x7f" + b"\xff" * 7, "9223372036854775807"),
    ("USINT", b"\xff", "255"),
    ("UINT", b"\xff\xff", "65535"),
    ("UDINT", b"\xff" * 4, "4294967295"),
    ("ULINT", b"\xff" * 8, "18446744073709551615"),
    ("REAL", struct.pack(">f", 72.5), "72.5"),
    ("REAL", struct.pack(">f", 3.14), "3.14"),
    ("REAL", struct.pack(">f", 72.0), "72.0"),
    ("REAL", struct.pack(">f", -0.0), "-0.0"),
    ("REAL", b"\x00\x00\x00\x01", "1e-45"),
    ("REAL", struct.pack(">f", 16777216.0), "16777216.0"),
    ("REAL", struct.pack(">f", 1e20), "1e20"),
    ("REAL", b"\x7f\x7f\xff\xff", "3.4028235e38"),
    ("LREAL", struct.pack(">d", 0.1), "0.1"),
    ("LREAL", struct.pack(">d", 3.140000104904175), "3.140000104904175"),
    ("LREAL", struct.pack(">d", -5e-324), "-5e-324"),
    ("CHAR", b"\xe9", '"é"'),
    ("CHAR", b"\x00", '"\\u0000"'),
    ("WCHAR", b"\x20\xac", '"€"'),
    ("STRING[20]", b"\x14\x07LOT-042" + bytes(13), '"LOT-042"'),
    ("STRING[20]", b"\x14\x00" + b"old text".ljust(20), '""'),
    ("STRING[6]", b"\x06\x06\"\\\n\tK\xe4", '"\\"\\\\\\n\\tKä"'),
    ("WSTRING[5]", struct.pack(">HH", 5, 4) + "Ω≤😀".encode("utf-16-be") + bytes(2), '"Ω≤😀"'),
    ("TIME", struct.pack(">i", -1500), "-1500"),
    ("TIME", struct.pack(">i", -(2**31)), "-2147483648"),
    ("LTIME", struct.pack(">q", -1_500_000_001), "-1500000001"),
    ("S5TIME", b"\x21\x23", "123000"),
    ("S5TIME", b"\x00\x07", "70"),
    ("DATE", struct.pack(">H", 12432), '"2024-01-15"'),
    ("DATE", b"\x00\x00", '"1990-01-01"'),
    ("TOD", struct.pack(">I", 37_800_123), '"10:30:00.123"'),
    ("LTOD", struct.pack(">Q", 37_800_123_456_789), '"10:30:00.123456789"'),
    ("DT", bytes.fromhex("2401151030001232"), '"2024-01-15T10:30:00.123"'),
    ("DT", bytes.fromhex("9912312359599996"), '"1999-12-31T23:59:59.999"'),
    ("LDT", struct.pack(">q", 1_705_314_600_123_000_000), '"2024-01-15T10:30:00.123"'),
    ("DTL", DTL.pack(2024, 1, 15, 2, 10, 30, 0, 123_000_000), '"2024-01-15T10:30:00.123"'),
    ("DTL", DTL.pack(2024, 2, 29, 5, 0, 0, 0, 1), '"2024-02-29T00:00:00.000000001"'),
    ("INT[3]", struct.pack(">3h", -1, 0, 1), "[-1,0,1]"),
    ("INT[2,3]", struct.pack(">6h", 1, 2, 3, 4, 5, 6), "[[1,2,3],[4,5,6]]"),
    ("REAL[2]", struct.pack(">2f", 3.14, 72.0), "[3.14,72.0]"),
    ("LINT[1]", b"\xff" * 8, "[-1]"),
    ("BYTE[2,3]", b"\x01\x02\x03\x00\x04\x05\x06\x00", "[[1,2,3],[4,5,6]]"),
    ("BOOL[10]", b"\x05\x02", "[true,false,true,false,false,false,false,false,false,true]"),
    ("BOOL[2,3]", b"\x03\x00\x04\x00", "[[true,true,false],[false,false,true]]"),
    ("CHAR[2]", b"ok", '["o","k"]'),
    ("STRING[3][2]", b"\x03\x02ab\x00\x00\x03\x03xyz\x00", '["ab","xyz"]'),
    ("TIME[2]", struct.pack(">2i", -1, 1), "[-1,1]"),
    ("DTL[1]", DTL.pack(2024, 1, 15, 2, 0, 0, 0, 0), '["2024-01-15T00:00:00.000"]'),
)  # fmt: skip

# Type, its bytes, what the error names.
BAD: tuple[tuple[str, bytes, str], ...] = (
    ("REAL", b"\x7f\xc0\x00\x00", "NaN"),
    ("REAL", struct.pack(">f", float("inf")), "+infinity"),
    ("REAL", struct.pack(">f", float("-inf")), "-infinity"),
    ("LREAL", struct.pack(">d", float("nan")), "NaN"),
    ("LREAL", struct.pack(">d", float("-inf")), "-infinity"),
    ("REAL[2]", struct.pack(">2f", 1.5, float("nan")), "element 1: the value is NaN"),
    ("STRING[20]", b"\x14\x15" + bytes(20), "21 of 20 characters, which contradicts itself"),
    ("WCHAR", b"\xd8\x00", "d8 00"),
    ("S5TIME", b"\x0a\xaa", "is no BCD number"),
    ("TOD", struct.pack(">I", 86_400_000), "is no time of day"),
    ("DT", bytes.fromhex("2413011030001232"), "2024-13-01"),
    ("DTL", bytes(12), "is no date and time"),
)

LETTERS = {"BYTE": "B", "WORD": "W", "DWORD": "D", "LWORD": "L"}
BITS = 0b1011_0010


def elsewhere() -> list[Case]:
    """Bits, other areas than data blocks, and the letters that say the type by themselves."""
    bits = [
        Case(f"{stem}.{bit}", "", place, bytes((BITS,)), json.dumps(bool(BITS >> bit & 1)), "BOOL")
        for stem, place in (("DB1.DBX0", ("DB", 0)), ("M10", ("M", 10)), ("I1", ("I", 1)))
        for bit in range(8)
    ]
    return [
        *bits,
        Case("DB1.DBB0", "", ("DB", 0), bytes((BITS,)), "178", "BYTE"),
        Case("IW4", "INT", ("I", 4), b"\xff\xfe", "-2", "INT"),
        Case("EB4", "", ("I", 4), b"\xff\xfe", "255", "BYTE"),
        Case("QD8", "REAL", ("Q", 8), struct.pack(">f", 3.14), "3.14", "REAL"),
        Case("AW8", "", ("Q", 8), struct.pack(">f", 3.14), "16456", "WORD"),
        Case("MD20", "TIME", ("M", 20), struct.pack(">i", -1), "-1", "TIME"),
        Case("T5", "", ("T", 10), b"\x11\x50", "15000", "S5TIME"),
        Case("C7", "", ("C", 14), b"\x09\x99", "999", "COUNTER"),
        Case("DB7.DBW0", "", ("none", 0), b"", "null", "WORD", "DB7"),
    ]


def in_block() -> list[Case]:
    """One case after the other in DB1, from byte 2 on."""
    cases, start = [], 2
    rows = [(*row, "") for row in IN_BLOCK] + [(kind, raw, "null", why) for kind, raw, why in BAD]
    for kind, raw, value, why in rows:
        letter = LETTERS.get(kind)
        address = f"DB1.DB{letter}{start}" if letter else f"DB1.{start}"
        cases.append(Case(address, kind, ("DB", start), raw, value, published(kind), why))
        start += len(raw) + len(raw) % 2
    return cases


def published(kind: str) -> str:
    """The type's name without the length of a string: STRING[3][2] is published as STRING[2]."""
    if not kind.startswith(("STRING", "WSTRING")):
        return kind
    base, _, rest = kind.partition("[")
    return base + rest.partition("]")[2]


def memory_of(cases: Sequence[Case]) -> Memory:
    """A PLC that holds every case's bytes."""
    memory = Memory({1: bytearray(2048)}, timers=bytearray(32), counters=bytearray(32))
    places = {
        "DB": memory.dbs[1],
        "I": memory.inputs,
        "Q": memory.outputs,
        "M": memory.markers,
        "T": memory.timers,
        "C": memory.counters,
    }
    for case in cases:
        area, start = case.memory
        if area in places:
            places[area][start : start + len(case.raw)] = case.raw
    return memory


def expected(case: Case, record: Record) -> bytes:
    """The whole message, byte for byte; only the words of an error are taken from the record."""
    text = (
        f'{{"plc":"Press","tag":"{case.address}","address":"{case.address}",'
        f'"value":{case.value},"type":"{case.type}","writable":false,'
        f'"timestamp":"{timestamp(record.timestamp)}"'
    )
    if case.reason:
        error = json.loads(record.value or b"")["error"]
        assert case.reason in error, case
        text += f',"quality":"bad","error":{json.dumps(error, ensure_ascii=False)}'
    return (text + "}").encode()


async def test_every_type_arrives_as_exactly_the_documented_json(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Each type's value, type name, key and time stamp is byte for byte as documented."""
    cases = [*elsewhere(), *in_block()]
    tags = "".join(case.tag() for case in cases)
    with trio.fail_after(LIMIT):
        async with open_s7_simulator(memory_of(cases), cpu=S7_300) as plc:
            config = tmp_path / "warlogix.toml"
            config.write_text(
                CONFIG.format(
                    namespace=topic_prefix,
                    plc=plc.port,
                    tags=tags,
                    kafka=kafka,
                    buffer=tmp_path / "buffer",
                )
            )
            async with running(config):
                records = await read_topic_async(kafka, topic_prefix, at_least=len(cases))
    assert [record.key for record in records] == [f"Press.{c.address}".encode() for c in cases]
    got = {case.address: record.value for case, record in zip(cases, records, strict=True)}
    wanted = {c.address: expected(c, record) for c, record in zip(cases, records, strict=True)}
    assert got == wanted
    assert all(record.headers == () for record in records)
