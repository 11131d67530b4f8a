"""Requests gone wrong, the same ones for the same seed, and what a reader of JSON makes of them.

letters = list(mutated_requests(seed=1, count=10_000))
verdict = judge(letters[0].value)
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NoReturn

from tests.writers import Letter

GOOD = [
    '{"plc":"Press","tag":"Tag0","value":1,"request_id":"r%d"}',
    '{"plc": "Press", "tag": "db1.dbd4", "value": -2.5e3, "request_id": "r%d", "x": [1, {}]}',
    '{"request_id":"r%d","value":true,"tag":"Tag2","plc":"press"}',
    '{"plc":"Press","tag":"Tag3","value":[1,[2,3]],"request_id":"r%d"}',
    '{"plc":"Press","tag":"Tag4","value":"höchst \\u00e4hnlich","request_id":"r%d"}',
    '{"plc":"Ghost","tag":"Tag5","value":{"a":{"b":null}},"request_id":"r%d"}',
    '{"plc":"Press","tag":"Tag6","value":12345678901234567890,"request_id":"r%d"}',
]
TOKENS = [
    b"null",
    b"NaN",
    b"-Infinity",
    b"1e999999999",
    b"1e-999999999",
    b"-0",
    b"9" * 5000,
    b"0." + b"3" * 5000,
    b"[" * 2000,
    b'{"a":' * 500,
    b'"\\ud800"',
    b'"\\u0000"',
    b"\x00",
    b"\xff",
    b"\xc3\x28",
    b"\xef\xbb\xbf",
    b"\\",
    b'"',
    b",",
    b"}",
    b'"plc":7,',
    b'"tag":null,',
    b'"value":1,',
    b'"request_id":{},',
    b"/* */",
    b" \n\t\r",
    b"A" * 3000,
]


# A name as long as this may be taken for none.
LONG = 200


class Unsure(Exception):
    """Readers of JSON may differ here."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record is: an object or not, whole or not. `sure` where every reader must agree.

    `request_id` is the id's JSON, digits as they stand, or "" without one.
    """

    is_object: bool
    whole: bool = False
    request_id: str = ""
    sure: bool = True


def mutated_requests(seed: int, count: int) -> Iterator[Letter]:
    """Requests, most of them damaged, some beyond reading."""
    rng = Random(seed)
    for number in range(count):
        value: bytes | None = (rng.choice(GOOD) % number).encode()
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
            value = rng.choice(_MUTATIONS)(rng, value or b"{}")
        if rng.random() < 0.02:
            value = rng.choice((None, b"", rng.randbytes(rng.randrange(200))))
        key = rng.choice((None, b"", b"Press.Tag0", rng.randbytes(6)))
        headers = ((rng.choice(("trace", "error.reason", "ü")), rng.choice((None, b"\xff", b"x"))),)
        yield Letter(value, key, headers=headers if rng.random() < 0.2 else ())


def judge(value: bytes | None) -> Verdict:
    """What a record is to a careful reader of JSON."""
    try:
        found = json.loads(
            (value or b"").decode(),
            parse_int=str,
            parse_float=str,
            parse_constant=_unsure,
            object_pairs_hook=_once,
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        return Verdict(is_object=False)
    except (Unsure, RecursionError):
        return Verdict(is_object=False, sure=False)
    if not isinstance(found, dict):
        return Verdict(is_object=False)
    whole = isinstance(found.get("plc"), str) and isinstance(found.get("tag"), str)
    whole = whole and "value" in found
    request_id = canonical(found["request_id"]) if "request_id" in found else ""
    return Verdict(True, whole, request_id, sure=_plain(found))


def canonical(request_id: object) -> str:
    """An id as text, to be compared."""
    return json.dumps(request_id, sort_keys=True)


def _plain(found: dict[str, object]) -> bool:
    """Whether there are no halves of characters in it, and names of a decent length."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return all(len(str(found.get(name))) < LONG for name in ("plc", "tag"))


def _unsure(text: str) -> NoReturn:
    raise Unsure(text)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; which of two equal names counts is for the reader to say."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unsure("a name occurs twice")
    return found


def _flip(rng: Random, value: bytes) -> bytes:
    at = rng.randrange(len(value))
    return value[:at] + bytes((value[at] ^ 1 << rng.randrange(8),)) + value[at + 1 :]


def _cut(rng: Random, value: bytes) -> bytes:
    start = rng.randrange(len(value))
    return (value[:start] + value[start + rng.randint(1, 20) :]) or b"{"


def _end(rng: Random, value: bytes) -> bytes:
    return value[: rng.randint(1, len(value))]


def _insert(rng: Random, value: bytes) -> bytes:
    at = rng.randint(0, len(value))
    return value[:at] + rng.choice(TOKENS) + value[at:]


def _noise(rng: Random, value: bytes) -> bytes:
    at = rng.randint(0, len(value))
    return value[:at] + rng.randbytes(rng.randint(1, 4)) + value[at:]


def _repeat(rng: Random, value: bytes) -> bytes:
    start = rng.randrange(len(value))
    return value[:start] + value[start : start + rng.randint(1, 40)] * 2 + value[start:]


_MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip,
    _cut,
    _end,
    _insert,
    _insert,
    _noise,
    _repeat,
)
