"""What `tail` says when nothing was there, or nothing of it was wanted."""

import pytest

from warlogix import messages
from warlogix.clusters import Cluster
from warlogix.kafka.records import Record
from warlogix.messages import encode
from warlogix.tailing.choice import Source
from warlogix.tailing.looked import Looked
from warlogix.tailing.records import Kind, Wanted

SOURCE = Source(Cluster("Local", ("127.0.0.1:1",)), ("factory",), {"factory": Kind.CHANGES})


def change(plc: str, tag: str) -> Record:
    """A record of a tag that has changed."""
    message = messages.TagChange(plc, tag, "DB1.DBD0", 42, "DINT", False, "2024-01-15T10:30:00Z")
    return Record("Local", "factory", 0, 0, 0, f"{plc}.{tag}".encode(), (), encode(message))


RECORDS = [change("MainPLC", "Speed"), change("Filler", "Level"), change("Filler", "Weight")]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(Kind.CHANGES), ""),
        (Wanted(Kind.CHANGES, tag="speed"), ""),
        (Wanted(Kind.CHANGES, tag="Sped"), 'nothing matched; did you mean "Speed"?'),
        (Wanted(Kind.CHANGES, tag="xyz"), "nothing matched"),
        (Wanted(Kind.CHANGES, plc="Filer"), 'nothing matched; did you mean "Filler"?'),
        (Wanted(Kind.CHANGES, "Filer", "Sped"), 'nothing matched; did you mean "Filler"?'),
        (Wanted(Kind.CHANGES, "filler", "Sped"), "nothing matched"),
        (Wanted(Kind.CHANGES, "filler", "Wight"), 'nothing matched; did you mean "Weight"?'),
        (Wanted(Kind.PACKS), "nothing matched"),
    ],
)
def test_names_that_come_near_are_told(wanted: Wanted, told: str) -> None:
    """Where nothing matched, the nearest name that records speak of is told; else nothing is."""
    looked = Looked(wanted)
    for each in RECORDS:
        looked.chosen(SOURCE, [each])
    assert looked.nothing() == told


def test_so_many_names_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many PLCs records speak of, of those beyond a limit nothing is kept."""
    monkeypatch.setattr("warlogix.tailing.looked._MOST", 2)
    looked = Looked(Wanted(plc="Filer"))
    for name in ("A", "B", "Filler"):
        looked.chosen(SOURCE, [change(name, "Speed")])
    assert looked.nothing() == "nothing matched"


def test_no_record_at_all_is_told() -> None:
    """Topics that hold nothing are no matter of the name."""
    looked = Looked(Wanted(tag="Sped"))
    assert looked.chosen(SOURCE, []) == []
    assert looked.nothing() == "there is no record to show"
