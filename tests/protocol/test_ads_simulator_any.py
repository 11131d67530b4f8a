"""The simulated TwinCAT host, without sockets, against any bytes in any pieces."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.ads_peers import READ_STATE, request
from tests.protocol.ads_projects import WIRE
from warlogix.simulators.ads import Journal
from warlogix.simulators.ads.host import Host, Session
from warlogix.simulators.server import ProtocolError

PIECES = st.lists(st.integers(1, 60), min_size=1, max_size=30)


@given(PIECES)
def test_requests_are_understood_however_they_arrive(pieces: list[int]) -> None:
    """Three requests split or joined at any places give the same three answers."""
    asked = b"".join(request(READ_STATE, invoke_id=number) for number in (1, 2, 3))
    session = Session(host())
    answered, at = b"", 0
    for length in [*pieces, len(asked)]:
        for message in session.receive(asked[at : at + length]):
            answered += session.answer(message)
        at += length
    assert [answered[at + 34] for at in range(0, len(answered), 46)] == [1, 2, 3]


@given(st.binary(max_size=80), st.sampled_from((1, 2, 3, 4, 5, 6, 9)))
def test_any_data_is_answered(data: bytes, command: int) -> None:
    """Whatever a request's data is, it gets one answer with a code and a consistent length."""
    session = Session(host())
    (message,) = session.receive(request(command, data))
    answered = session.answer(message)
    assert int.from_bytes(answered[26:30], "little") == len(answered) - 38 >= 4


@given(st.binary(min_size=6, max_size=100))
def test_any_bytes_are_taken_or_cut(data: bytes) -> None:
    """Bytes that are no request are a protocol error, noted as an offence, and never a crash."""
    tried = host()
    session = Session(tried)
    with suppress(ProtocolError):
        for message in session.receive(data):
            session.answer(message)
        return
    assert len(tried.journal.offences) == 1


def host() -> Host:
    """A host without sockets."""
    return Host("127.0.0.1.1.1", {851: WIRE}, Journal(lambda: 0.0))
