"""Values are converted by the type that the PLC tells now; without one they are not executed."""

import pytest

from tests.unit.write_requests import MAX_AGE, NOW, offsets, request, settled, the, told
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.tags import Tag, Value
from warlogix.writes.repeats import Repeats
from warlogix.writes.settle import Kinds
from warlogix.writes.targets import Targets

MOTOR = Structure("Motor", (("Speed", DataType("INT")), ("Name", DataType("STRING", 4))))
TARGETS = Targets([("P", [Tag("T", writable=True), Tag("U", writable=True)]), ("Q", [])])
AWAY = "P: not connected: connection refused"


def known(kind: Kind) -> Kinds:
    """A PLC whose tags all have this type."""
    return lambda _plc, _tag: kind


def unknown(_plc: str, _tag: Tag) -> Kind | str:
    """A PLC that is away."""
    return AWAY


@pytest.mark.parametrize(
    ("kind", "asked", "value"),
    [
        (DataType("DINT"), 5.0, 5),
        (DataType("INT", shape=(2,)), [1, 2], [1, 2]),
        (MOTOR, {"Name": "a", "Speed": 3}, {"Speed": 3, "Name": "a"}),
    ],
)
def test_the_plcs_own_type_converts(kind: Kind, asked: object, value: Value) -> None:
    """Also where the configuration says nothing, and with structures in the PLC's order."""
    (write,) = settled(request("T", asked, plc="P"), targets=TARGETS, kinds=known(kind)).todo
    assert repr(write.value) == repr(value)
    assert write.kind is kind


def test_the_types_are_asked_for_by_plc_and_tag() -> None:
    """The tag that is meant is asked about, by its PLC's configured name."""
    asked = []

    def kinds(plc: str, tag: Tag) -> Kind | str:
        asked.append((plc, tag.name))
        return DataType("INT")

    settled(request("t", plc="p"), request("Nobody", plc="p"), targets=TARGETS, kinds=kinds)
    assert asked == [("P", "T")]


def test_a_type_that_nobody_knows_is_told_with_the_reason() -> None:
    """Nothing is executed or superseded then; what is invalid by itself is told so as ever."""
    requests = [
        request("T", 1, plc="P"),
        request("T", 2, 1, plc="P"),
        request("T", 3, 2, plc="P", age=9),
        request("X", 4, 3, plc="P"),
    ]
    decided = settled(*requests, targets=TARGETS, kinds=unknown)
    assert offsets(decided) == ([], [])
    texts = [answer.error for answer in decided.answers]
    assert texts[:2] == [f"not executed: {AWAY}"] * 2
    assert texts[2].startswith("request expired")
    assert texts[3].startswith('unknown tag "X"')


def test_a_retry_is_none_of_its_own_though_the_type_was_unknown() -> None:
    """What was answered while the PLC was away is not executed when a producer sends it twice."""
    repeats = Repeats(MAX_AGE)
    first = request("T", 5, 7, plc="P", id="a")
    assert told(first, targets=TARGETS, kinds=unknown, repeats=repeats) == [f"not executed: {AWAY}"]
    for kind in (DataType("DINT"), DataType("REAL")):
        again = settled(
            request("T", 5, 8, plc="P", id="a"),
            targets=TARGETS,
            kinds=known(kind),
            repeats=repeats,
            now=NOW + 1,
        )
        (answer,) = again.answers
        text = "request repeated: same request_id as offset 7"
        assert the(answer) == (False, False, True, text)
    other = request("T", 6, 9, plc="P", id="a")
    decided = settled(other, targets=TARGETS, kinds=known(DataType("INT")), repeats=repeats)
    assert offsets(decided) == ([9], [])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"100", b"1.00e2", True),
        (b"true", b"1", True),
        (b"false", b"0.0", True),
        (b"1", b'"1"', False),
        (b"0.0", b"-0.0", False),
        (b"9007199254740993", b"9007199254740992", False),
        (b"[1,2]", b"[1,2]", True),
        (b"[1,2]", b"[2,1]", False),
        (b'{"a":1}', b'{"a":1}', True),
        (b'"a"', b'"a"', True),
        (b"null", b"null", True),
    ],
)
def test_which_values_are_the_same(one: bytes, other: bytes, same: bool) -> None:
    """Numbers however they are written; lists, objects and texts as they were sent."""
    repeats = Repeats(MAX_AGE)
    requests = [
        request("T", 0, n, plc="P", id="a", raw_value=raw) for n, raw in enumerate((one, other))
    ]
    texts = told(*requests, targets=TARGETS, kinds=unknown, repeats=repeats)
    assert texts[1].startswith("request repeated") is same


def test_a_value_nested_too_deeply_is_answered() -> None:
    """Also while nobody knows the type: it is refused or not executed, with its id or without."""
    deep = b"[" * 20_000 + b"]" * 20_000
    requests = [request("T", plc="P", raw_value=deep), request("T", plc="P", raw_value=deep, id=1)]
    for text in told(*requests, targets=TARGETS, kinds=unknown):
        assert text in (f"not executed: {AWAY}", "the value is nested too deeply")
