"""What `warlogix check --connect` finds out about the types that only the PLC knows."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakePlc
from tests.unit.configurations import TRIGGER, loaded
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.trial import Trial, try_out

INNER = Structure("Clock", (("Now", DataType("DINT")),))
STATUS = Structure("Status", (("Clock", INNER), ("On", DataType("BOOL"))), (2,))
KINDS: dict[str, Kind] = {
    "Off": DataType("DINT"),
    "Name": DataType("STRING", 20),
    "Speed": DataType("REAL"),
    "Status": STATUS,
    "Ack": DataType("UINT"),
    "Gone": DataType("INT"),
}
TAGS: list[dict[str, Any]] = [
    {"name": "Off", "enabled": False, "deadband": 1},
    {"name": "Name", "deadband": 1},
    {"name": "Speed", "deadband": 1, "alias": "Pace"},
    {"name": "Status", "ignore_changes": ["Clock.Now", "On", "Clock.Then", "Of"]},
    {"name": "Ack", "alias": "Done", "writable": True},
    {"name": "Gone"},
]


async def trials(
    folder: Path, monkeypatch: pytest.MonkeyPatch, triggers: list[dict[str, Any]]
) -> list[Trial]:
    """What is found out about the PLC and its tags."""
    fake = FakePlc({name: 1 for name in KINDS if name != "Gone"}, kinds=KINDS)
    monkeypatch.setattr("warlogix.trial.new_drivers", lambda: {"logix": fake.driver})
    plc = {"name": "Main", "family": "logix", "address": "10.0.0.1", "tags": TAGS}
    document = {"namespace": "factory", "plcs": [plc], "triggers": triggers}
    document["kafka"] = [{"name": "Local", "brokers": ["localhost:9092"], "enabled": True}]
    config = loaded(folder, document)
    clusters = tuple(each.model_copy(update={"enabled": False}) for each in config.kafka)
    return await try_out(config.model_copy(update={"kafka": clusters}))


async def test_what_the_plcs_types_cannot_do_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing tag, a deadband on a text, a member that is none; what is off is not asked for."""
    head, *found = await trials(tmp_path, monkeypatch, [])
    assert head == Trial("plcs[0]", "Main", "answers; 4 of 5 tags are good")
    there = "the PLC has Status[2] there, which has no member"
    assert [(each.place.removeprefix("plcs[0]."), each.name, each.error) for each in found] == [
        (
            "tags[1].deadband",
            "Name",
            "the PLC has STRING there, which is not a number, so no deadband can judge it",
        ),
        ("tags[3].ignore_changes", "Status", f'{there} "Clock.Then"'),
        ("tags[3].ignore_changes", "Status", f'{there} "Of"'),
        ("tags[5].name", "Gone", "no such tag"),
    ]


@pytest.mark.parametrize(
    ("ack", "kind", "wrong"),
    [
        ("Ack", DataType("UINT"), True),
        ("done", DataType("UINT"), True),
        ("Done", DataType("INT", shape=(2,)), True),
        ("Done", INNER, True),
        ("Done", DataType("STRING"), True),
        ("Done", DataType("INT"), False),
        ("Done", DataType("BOOL"), False),
        ("Done", DataType("LREAL"), False),
    ],
)
async def test_an_ack_tag_of_the_wrong_type_is_told(
    ack: str, kind: Kind, wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must hold 1 and -1, or be a BOOL; the place is the trigger's."""
    monkeypatch.setitem(KINDS, "Ack", kind)
    trigger = TRIGGER | {"trigger_tag": "Speed", "ack_tag": ack}
    found = await trials(
        tmp_path, monkeypatch, [trigger | {"name": "u", "enabled": False}, trigger]
    )
    told = [each for each in found if each.place.startswith("triggers")]
    error = f"the PLC has {kind} there, which cannot hold 1 and -1"
    assert told == ([Trial("triggers[1].ack_tag", "Ack", "", error)] if wrong else [])
