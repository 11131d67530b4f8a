"""What `warlogix check --connect` finds out about the types that only the PLC knows."""

from collections.abc import Sequence
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
GONE: dict[str, Any] = {"name": "Gone", "alias": "Lost"}
NO_ACK: dict[str, Any] = {"name": "NoAck", "writable": True}


async def trials(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    triggers: list[dict[str, Any]],
    packs: Sequence[dict[str, Any]] = (),
) -> list[Trial]:
    """What is found out about the PLC and its tags."""
    fake = FakePlc({name: 1 for name in KINDS if name != "Gone"}, kinds=KINDS)
    monkeypatch.setattr("warlogix.trial.new_drivers", lambda: {"logix": fake.driver})
    plc = {"name": "Main", "family": "logix", "address": "10.0.0.1", "tags": TAGS}
    document = {"namespace": "factory", "plcs": [plc], "triggers": triggers}
    document["tag_packs"] = list(packs)
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
    told = [each for each in found if each.place.endswith("ack_tag")]
    error = f"the PLC has {kind} there, which cannot hold 1 and -1"
    remedy = "choose a BOOL or a signed number (SINT, INT, DINT, …)"
    assert told == ([Trial("triggers[1].ack_tag", ack, "", error, remedy)] if wrong else [])


async def test_a_tag_that_is_missing_is_told_wherever_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger tag, data tag, ack tag or member that the PLC does not have is told at its own key
    too, with where it is listed, unless the trigger or the pack is off."""
    monkeypatch.setattr("tests.unit.test_trial_types.TAGS", [*TAGS[:-1], GONE, NO_ACK])
    trigger = TRIGGER | {"trigger_tag": "lost", "tags": ["Pace", "Gone"], "ack_tag": "NoAck"}
    packs: list[dict[str, Any]] = [
        {"name": name, "members": [{"plc": "Main", "tag": tag} for tag in ("Pace", "Lost")]}
        for name in ("p", "q")
    ]
    packs[0]["enabled"] = False
    off = trigger | {"name": "u", "enabled": False}
    found = await trials(tmp_path, monkeypatch, [off, trigger], packs)
    assert [(each.place, each.name) for each in found if each.error == "no such tag"] == [
        ("plcs[0].tags[5].name", "Gone"),
        ("triggers[1].tags[1]", "Gone"),
        ("tag_packs[1].members[1].tag", "Lost"),
        ("triggers[1].trigger_tag", "lost"),
        ("plcs[0].tags[6].name", "NoAck"),
        ("triggers[1].ack_tag", "NoAck"),
    ]
    lost = [each.remedy for each in found if each.name == "lost"]
    assert lost == ["it is listed at plcs[0].tags[5]"]


@pytest.mark.parametrize(
    ("value", "kind", "why"),
    [
        (True, DataType("BOOL"), ""),
        (1, DataType("BOOL"), ""),
        (2, DataType("BOOL"), "which cannot be compared with 2"),
        (True, DataType("DINT"), "which cannot be compared with true"),
        (1, DataType("REAL"), ""),
        ("Done", DataType("STRING", 20), ""),
        ("Done", DataType("STRING", 3), 'whose texts (up to 3 characters) are never == "Done"'),
        ("Done", DataType("INT"), 'which cannot be compared with "Done"'),
        (1, DataType("INT", shape=(2,)), "which cannot be compared with 1"),
        (1, STATUS, "which cannot be compared with 1"),
        (300, DataType("SINT"), "whose values (-128 to 127) are never == 300"),
        (127, DataType("SINT"), ""),
    ],
)
async def test_a_condition_that_the_type_can_never_meet_is_told(
    value: object, kind: Kind, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be compared with the PLC's type, or is out of its range, is told at the
    condition, with a remedy."""
    monkeypatch.setitem(KINDS, "Speed", kind)
    condition = {"operator": "==", "value": value}
    trigger = TRIGGER | {"trigger_tag": "Speed", "condition": condition}
    found = await trials(tmp_path, monkeypatch, [trigger])
    told = [each for each in found if each.place.startswith("triggers")]
    place, error = "triggers[0].condition.value", f"the PLC has {kind} there, {why}"
    assert [(each.place, each.name, each.error) for each in told] == (
        [(place, "Speed", error)] if why else []
    )
    assert all(each.remedy for each in told)
