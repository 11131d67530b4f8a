"""A structure takes an object with exactly its members, each converted by its own type."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asked import REFUSED, asked_for, is_as_asked
from tests.json_values import KINDS, json_for
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import DataType, Kind, Structure, parse_data_type
from warlogix.errors import BadRequest

MOTOR = Structure("Motor", (("Speed", DataType("INT")), ("Name", DataType("STRING", 4))))
MOTORS = Structure("Motor", MOTOR.members, (2,))
LINE = Structure(
    "Line",
    (
        ("Ready", DataType("BOOL")),
        ("Motors", MOTORS),
        ("Grid", parse_data_type("DINT[2,2]")),
        ("Main", MOTOR),
    ),
)
NO_MEMBERS = Structure("Empty", ())
A, B = {"Speed": 1, "Name": "a"}, {"Speed": 2, "Name": "b"}
WHOLE = {"Ready": True, "Motors": [A, B], "Grid": [[1, 2], [3, 4]], "Main": A}


def converted(value: object, kind: Kind) -> Any:
    """What a value becomes that a request carries as JSON."""
    return convert(parse_json(json.dumps(value)), kind)


def refused(value: object, kind: Kind) -> str:
    """What the sender of a value is told."""
    with pytest.raises(BadRequest) as caught:
        converted(value, kind)
    return str(caught.value)


def test_a_structure_is_converted_member_by_member() -> None:
    """The members come in the PLC's order, each as a read would give it."""
    asked = {"Main": {"Name": "x", "Speed": 5.0}, **{k: WHOLE[k] for k in ("Grid", "Motors")}}
    found = converted(asked | {"Ready": 1}, LINE)
    assert list(found) == ["Ready", "Motors", "Grid", "Main"]
    assert list(found["Main"].items()) == [("Speed", 5), ("Name", "x")]
    assert found["Ready"] is True
    assert type(found["Main"]["Speed"]) is int
    assert converted([A, B], MOTORS) == [A, B]
    assert converted({}, NO_MEMBERS) == {}


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (
            {"Speed": 1},
            MOTOR,
            "an object does not fit: it lacks Name; "
            "Motor takes an object with exactly the members Speed, Name",
        ),
        (
            A | {"Sped": 2, "Nmae": 3},
            MOTOR,
            "an object does not fit: there is no member Sped, Nmae; Motor takes",
        ),
        ({"speed": 1, "Name": "a"}, MOTOR, "it lacks Speed; Motor takes an object with exactly"),
        (5, MOTOR, "5 does not fit; Motor takes an object with exactly the members Speed, Name"),
        (None, MOTOR, "null does not fit; Motor takes an object"),
        ([A], MOTOR, "a list of 1 element does not fit; Motor takes an object"),
        ({"a": 1}, NO_MEMBERS, "there is no member a; Empty takes an object"),
        (A | {"Speed": 40000}, MOTOR, "member Speed: 40000 does not fit INT; it takes whole"),
        (A, MOTORS, "an object does not fit; Motor[2] takes a list of 2 elements there"),
        ([A, 5], MOTORS, "element [1]: 5 does not fit; Motor takes an object with exactly"),
        ([A, A | {"Name": "abcde"}], MOTORS, 'member [1].Name: "abcde" does not fit STRING[4]'),
        (
            WHOLE | {"Motors": [A, {"Name": "x"}]},
            LINE,
            "member Motors[1]: an object does not fit: it lacks Speed; Motor takes an object",
        ),
        (
            WHOLE | {"Motors": [A]},
            LINE,
            "member Motors: a list of 1 element does not fit; Motor[2] takes a list of 2 elements",
        ),
        (
            WHOLE | {"Grid": [[1, 2], [3, 2**31]]},
            LINE,
            "member Grid[1,1]: 2147483648 does not fit DINT; it takes whole numbers from",
        ),
        (WHOLE | {"Main": B | {"Speed": "2"}}, LINE, 'member Main.Speed: "2" does not fit INT'),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(value: object, kind: Kind, told: str) -> None:
    """The member or element, what was asked for it, and what it takes instead."""
    assert told in refused(value, kind)


def test_a_structure_of_many_members_is_told_in_a_line() -> None:
    """Ten members are named, and how many there are besides."""
    many = Structure("Wide", tuple((f"M{n}", DataType("INT")) for n in range(500)))
    text = refused({f"N{n}" * 50: n for n in range(500)}, many)
    assert "it lacks M0, M1, M2, M3, M4, M5, M6, M7, M8, M9 and 490 more" in text
    assert len(text) < 400
    assert len(refused({f"M{n}": n for n in range(500)} | {"x" * 9999: 1}, many)) < 400


def test_a_member_that_comes_twice_is_refused() -> None:
    """Which of the two is meant would be a guess."""
    for text in ('{"a":1,"a":2}', '[[{"b":{"a":1,"a":1}}]]'):
        with pytest.raises(BadRequest, match="the value has an object with a member twice"):
            parse_json(text)


STRUCTURES = st.recursive(
    KINDS,
    lambda inner: st.builds(
        lambda members, shape: Structure("Any", tuple(members.items()), shape),
        st.dictionaries(st.sampled_from("abcdefg"), inner, max_size=3),
        st.sampled_from([(), (), (2,), (1, 2)]),
    ),
    max_leaves=6,
)


@given(st.data())
def test_any_structure_is_what_its_members_are(data: st.DataObject) -> None:
    """Whole where each member is as asked for by its own type, refused where one of them is."""
    names = data.draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4))
    kinds = {name: data.draw(KINDS.filter(_no_code_page)) for name in names}
    texts = {name: data.draw(json_for(kind)) for name, kind in kinds.items()}
    whole = "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"
    asked = {name: asked_for(texts[name], kind) for name, kind in kinds.items()}
    try:
        found: Any = convert(parse_json(whole), Structure("Any", tuple(kinds.items())))
    except BadRequest:
        assert REFUSED in asked.values()
        return
    assert list(found) == names
    assert all(is_as_asked(found[name], asked[name], kinds[name]) for name in names)


def _no_code_page(kind: DataType) -> bool:
    """Which characters the PLC's code page has is the driver's to know."""
    return kind.base not in ("CHAR", "STRING")


@given(st.data())
def test_whatever_it_is_it_converts_or_is_told_in_a_line(data: st.DataObject) -> None:
    """Converting a converted value changes nothing; everything else is a short `BadRequest`."""
    kind = data.draw(STRUCTURES)
    value = data.draw(_value_for(kind))
    told = "none"
    try:
        found = convert(value, kind)
    except BadRequest as exc:
        told = str(exc)
    else:
        assert repr(convert(found, kind)) == repr(found)
    assert 0 < len(told) < 900


def _value_for(kind: Kind) -> st.SearchStrategy[object]:
    if kind.shape or not isinstance(kind, Structure):
        element = Structure(kind.name, kind.members) if isinstance(kind, Structure) else None
        if element is None:
            return json_for(kind).map(json.loads) if isinstance(kind, DataType) else st.none()
        flat = _value_for(element)
        inner = kind.shape[-1]
        row = st.lists(flat, min_size=inner, max_size=inner)
        return row.map(lambda each: [each]) if len(kind.shape) == 2 else row
    return st.fixed_dictionaries({name: _value_for(member) for name, member in kind.members})
