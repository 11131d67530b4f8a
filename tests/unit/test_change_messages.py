"""The bytes of tag changes, which are put together from parts that are encoded once."""

from hypothesis import given
from hypothesis import strategies as st

from warlogix.messages import TagChange, encode, timestamp
from warlogix.pipeline import PlcChanges
from warlogix.tags import Readings, Scan, Tag, Value

AT = 1_705_314_600_123
TEXTS = st.text(max_size=12)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TAGS = st.builds(
    lambda name, alias, address, writable: Tag(name, alias, address, writable=writable),
    *(TEXTS, TEXTS, TEXTS, st.booleans()),
)
READ = st.tuples(TAGS, st.lists(st.tuples(VALUES, TEXTS, st.booleans()), min_size=3, max_size=3))


@given(plc=TEXTS, read=st.lists(READ, min_size=1, max_size=4))
def test_messages_are_their_fields_encoded(
    plc: str, read: list[tuple[Tag, list[tuple[Value, str, bool]]]]
) -> None:
    """Whatever a tag, its value and its type are, and however they move, good or bad, a message is
    byte for byte its fields in declared order."""
    tags = [tag for tag, _ in read]
    changes = PlcChanges(plc, tags)
    for poll in range(3):
        scan, expected = _scan(plc, read, poll)
        for row in changes.rows(scan, (), anew=["Local"]):
            assert row.batch.values == expected
            assert row.batch.keys == [f"{plc}.{tag.label}".encode() for tag in tags]


def _scan(
    plc: str, read: list[tuple[Tag, list[tuple[Value, str, bool]]]], poll: int
) -> tuple[Scan, list[bytes]]:
    bad, values, types, expected = {}, [], [], []
    for position, (tag, polls) in enumerate(read):
        value, kind, good = polls[poll]
        fields = (plc, tag.label, tag.address, value if good else None, kind, tag.writable)
        quality = () if good else ("bad", "no answer")
        if not good:
            bad[position] = "no answer"
        values.append(value if good else None)
        types.append(kind)
        expected.append(encode(TagChange(*fields, timestamp(AT + poll), *quality)))
    return Scan(plc, Readings(values, bad, tuple(types)), AT + poll, 0.0), expected
