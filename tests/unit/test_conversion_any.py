"""Any JSON value for any type: what was asked for by the documented rules, or an error."""

from contextlib import suppress
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.asked import REFUSED, asked_for, is_as_asked
from tests.json_values import KINDS, json_for
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import BASES, DataType
from warlogix.errors import BadRequest


def converted(text: str, kind: DataType) -> Any:
    """What a JSON text becomes; `REFUSED` for an error, which must be a text that can be sent."""
    try:
        return convert(parse_json(text), kind)
    except BadRequest as exc:
        reason = str(exc).encode()
    assert 0 < len(reason) < 700
    return REFUSED


@given(st.data())
@settings(max_examples=500)
def test_any_json_is_what_was_asked_for_or_an_error(data: st.DataObject) -> None:
    """Never a third thing; judged with fractions, and bit by bit."""
    kind = data.draw(KINDS)
    text = data.draw(json_for(kind))
    value, asked = converted(text, kind), asked_for(text, kind)
    # Which characters the PLC's code page has is the driver's to know.
    if asked is not REFUSED or kind.base not in ("CHAR", "STRING"):
        assert value is asked if asked is REFUSED else is_as_asked(value, asked, kind)


@given(st.data())
def test_what_is_read_may_be_written_as_it_is(data: st.DataObject) -> None:
    """Converting a converted value changes nothing."""
    kind = data.draw(KINDS)
    value = converted(data.draw(json_for(kind)), kind)
    if value is not REFUSED:
        assert repr(convert(value, kind)) == repr(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(_JSON, st.sampled_from(sorted(BASES)), st.sampled_from([(), (2,), (1, 2)]))
def test_whatever_it_is_it_converts_or_is_a_bad_request(
    value: object, base: str, shape: tuple[int, ...]
) -> None:
    """No other error comes out, not even for NaN and what JSON cannot say."""
    with suppress(BadRequest):
        convert(value, DataType(base, None, shape))


@given(st.binary(max_size=40) | st.text(max_size=40))
@example(b"\xff")
@example(b"\xef\xbb\xbf1")
@example("1" * 5000)
@example("NaN")
@example("-Infinity")
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example("1e99999999999999999999")
@example("0e-99999999999999999999")
def test_whatever_the_bytes_they_are_json_or_a_bad_request(raw: bytes | str) -> None:
    """Parsing raises nothing else."""
    with suppress(BadRequest):
        parse_json(raw)
