"""Triggers and packs: what they name exists, and an ack can be written and confirmed."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.configurations import accepted, faults, loaded, put, small, with_trigger
from warlogix.config import notes


@pytest.mark.parametrize(
    ("keys", "place", "fact"),
    [
        ({"plc": "Mian"}, "triggers[0].plc", 'no PLC "Mian"'),
        ({"trigger_tag": "Dona"}, "triggers[0].trigger_tag", 'Main lists no tag "Dona"'),
        ({"tags": ["Count", "Cuont"]}, "triggers[0].tags[1]", 'no tag "Cuont"'),
        ({"tags": ["Count", "Ack", "db1.dbd4"]}, "triggers[0].tags[2]", "triggers[0].tags[0]"),
        (
            {"condition": {"operator": ">", "value": 0}},
            "triggers[0].condition.operator",
            "a BOOL is neither more nor less",
        ),
        ({"tags": ["pack:P"]}, "triggers[0].tags[0]", 'no pack "P"'),
        ({"kafka_cluster": "Locla"}, "triggers[0].kafka_cluster", 'no cluster "Locla"'),
        ({"ack_tag": "Akc"}, "triggers[0].ack_tag", 'no tag "Akc"'),
        ({"ack_tag": "Count"}, "triggers[0].ack_tag", "not writable"),
        ({"ack_tag": "Ack", "kafka_cluster": "none"}, "triggers[0].ack_tag", "none that is on"),
        ({"topic": "a b"}, "triggers[0].topic", "characters"),
        ({"ack_timeout": 30}, "triggers[0].ack_timeout", "bare number"),
        ({"metadata": {"line": 1}}, "triggers[0].metadata.line", "not a text"),
        (
            {"condition": {"operator": "=", "value": 1}},
            "triggers[0].condition.operator",
            "not known",
        ),
        (
            {"condition": {"operator": "==", "value": []}},
            "triggers[0].condition.value",
            "nothing that a tag",
        ),
        (
            {"condition": {"operator": ">", "value": True}},
            "triggers[0].condition.operator",
            "neither more nor less",
        ),
        ({"condition": {"operator": "=="}}, "triggers[0].condition.value", "is missing"),
        ({"condition": "x"}, "triggers[0].condition", "not a table"),
    ],
)
def test_a_trigger_names_what_there_is(
    tmp_path: Path, keys: dict[str, Any], place: str, fact: str
) -> None:
    """What a trigger names must exist, and its parts must make sense together."""
    [fault] = faults(tmp_path, with_trigger(**keys))
    assert fault.place == place
    assert fact in fault.fact


@pytest.mark.parametrize("name", ["Done", "done", "DB1.DBX0.0", " db1.dbx0.0 "])
def test_tags_answer_to_name_alias_and_address(tmp_path: Path, name: str) -> None:
    """A trigger and a pack find a tag by its alias and its address, in any case."""
    document = with_trigger(trigger_tag=name)
    document["tag_packs"] = [{"name": "p", "members": [{"plc": "Main", "tag": name}]}]
    assert accepted(tmp_path, document)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("coutn", 'did you mean "Count"?'),
        ("COUNTS", 'did you mean "Count"?'),
        ("db1.dbd44", 'did you mean "DB1.DBD4"?'),
        ("Forse", "the tags are: Done, Count, Ack"),
    ],
)
def test_the_tag_that_was_meant_is_named(tmp_path: Path, text: str, remedy: str) -> None:
    """The hint for an unknown tag knows no case and keeps the file's spelling; where none is near
    it lists each tag once."""
    [fault] = faults(tmp_path, with_trigger(trigger_tag=text))
    assert fault.remedy == remedy


def test_the_nearest_tag_is_named(tmp_path: Path) -> None:
    """Of two tags that are near, the nearer one is named, however it is spelt."""
    document = with_trigger(trigger_tag="Forse")
    document["plcs"][0]["tags"] += [
        {"name": f"DB1.DBW{at}", "alias": name} for at, name in ((20, "order"), (22, "Force"))
    ]
    [fault] = faults(tmp_path, document)
    assert fault.remedy == 'did you mean "Force"?'


@pytest.mark.parametrize(
    ("tag", "is_fault"),
    [
        ({"name": "DB1.DBX8.0"}, False),
        ({"name": "DB1.DBW8", "data_type": "INT"}, False),
        ({"name": "DB1.DBD8", "data_type": "REAL"}, False),
        ({"name": "DB1.DBW8"}, True),
        ({"name": "DB1.DBW8", "data_type": "UINT"}, True),
        ({"name": "DB1.DBB8", "data_type": "STRING[4]"}, True),
        ({"name": "DB1.8", "data_type": "INT[2]"}, True),
    ],
)
def test_an_ack_tag_holds_1_and_minus_1(
    tmp_path: Path, tag: dict[str, Any], *, is_fault: bool
) -> None:
    """An ack tag is a BOOL or a signed number."""
    document = with_trigger(ack_tag="Ack")
    document["plcs"][0]["tags"][2] = tag | {"alias": "Ack", "writable": True}
    if not is_fault:
        assert accepted(tmp_path, document)
        return
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].ack_tag"
    assert "cannot hold 1 and -1" in fault.fact


@pytest.mark.parametrize("name", ["Ack", "ack", "DB1.DBW8"])
def test_an_ack_has_a_tag_of_its_own(tmp_path: Path, name: str) -> None:
    """The trigger tag, by whichever of its names, is no ack tag."""
    condition = {"operator": "==", "value": 7}
    document = with_trigger(trigger_tag="Ack", condition=condition, ack_tag=name)
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].ack_tag"
    assert fault.fact == "is the trigger tag itself, so its ack cannot be told from the trigger"
    assert fault.remedy == "give the ack a tag of its own"


def test_an_ack_tag_that_is_not_writable_is_named_as_it_was_written(tmp_path: Path) -> None:
    """The fault has the name that the trigger uses, its hint the place of the tag."""
    document = with_trigger(plc="Second", ack_tag="count")
    document["plcs"].append(document["plcs"][0] | {"name": "Second", "address": "192.168.1.103"})
    [fault] = faults(tmp_path, document)
    assert fault.fact == 'the tag "count" is not writable'
    assert fault.remedy == "set writable = true at plcs[1].tags[1], or choose another one"


def test_a_time_for_no_ack_is_noted(tmp_path: Path) -> None:
    """`ack_timeout` without an ack tag is said to have no effect; with one, nothing is."""
    [note] = notes(loaded(tmp_path, with_trigger(ack_timeout="10s")))
    assert (note.place, note.fact, note.remedy) == (
        "triggers[0].ack_timeout",
        "has no effect without an ack_tag",
        "leave it out",
    )
    assert notes(loaded(tmp_path, with_trigger(ack_timeout="10s", ack_tag="Ack"))) == []


def test_an_ack_needs_a_cluster_that_confirms(tmp_path: Path) -> None:
    """An ack tag with a chosen cluster of `required_acks = 0`, or with none on, is a fault."""
    document = with_trigger(ack_tag="Ack")
    document["kafka"] += [{"name": "Two", "brokers": ["two"], "required_acks": 0}]
    [fault] = faults(tmp_path, document)
    assert "Two, which confirms nothing" in fault.fact
    document["kafka"][1]["enabled"] = False
    assert accepted(tmp_path, document)
    document["kafka"][0]["enabled"] = False
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].ack_tag"


@pytest.mark.parametrize("where", ["triggers/0/trigger_tag", "tag_packs/0/members/0/tag"])
def test_a_tag_that_is_off_cannot_be_used(tmp_path: Path, where: str) -> None:
    """A trigger or pack that is on cannot use a tag that is off; one that is off may."""
    document = put(with_trigger(), "plcs/0/tags/1/enabled", value=False)
    document["tag_packs"] = [{"name": "p", "members": [{"plc": "Main", "tag": "Done"}]}]
    put(document, where, "Count")
    [fault] = faults(tmp_path, document)
    assert "switched off" in fault.fact
    section = where.partition("/")[0]
    document[section][0]["enabled"] = False
    assert accepted(tmp_path, document)


def test_a_pack_that_is_off_cannot_be_captured(tmp_path: Path) -> None:
    """A trigger that is on cannot capture a pack that is off; one for triggers alone it can."""
    pack = {"name": "p", "members": [{"plc": "Main", "tag": "Count"}], "enabled": False}
    document = with_trigger(tags=["pack:p"]) | {"tag_packs": [pack]}
    [fault] = faults(tmp_path, document)
    assert (fault.place, "switched off" in fault.fact) == ("triggers[0].tags[0]", True)
    document["triggers"][0]["enabled"] = False
    assert accepted(tmp_path, document)
    document["triggers"][0]["enabled"] = True
    document["tag_packs"] = [pack | {"enabled": True, "kafka_cluster": "none"}]
    assert accepted(tmp_path, document)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("Line", 'did you mean "pack:Line"?'),
        ("line", 'did you mean "pack:Line"?'),
        ("Pack:Line", 'did you mean "pack:Line"?'),
        ("pack:line", 'did you mean "pack:Line"?'),
        (
            "Oven.Heat",
            'Heat is a tag of Oven: an event takes tags of other PLCs by a pack ("pack:Name")',
        ),
        (
            "heat",
            'Heat is a tag of Oven: an event takes tags of other PLCs by a pack ("pack:Name")',
        ),
        ("Main.count", 'did you mean "Count"?'),
    ],
)
def test_what_an_event_cannot_name_like_that_is_explained(
    tmp_path: Path, text: str, remedy: str
) -> None:
    """Of a pack without its prefix, and of a tag with or of a PLC, the hint says how to name it."""
    document = with_trigger(tags=[text])
    tags = [{"name": "DB1.DBW0", "alias": "Heat"}]
    oven = {"name": "Oven", "family": "s7", "address": "192.168.1.103", "tags": tags}
    document["plcs"].append(oven)
    document["tag_packs"] = [{"name": "Line", "members": [{"plc": "Oven", "tag": "Heat"}]}]
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].tags[0]"
    assert fault.remedy == remedy


def test_a_tag_and_a_pack_of_one_name_are_not_one_event_s(tmp_path: Path) -> None:
    """A tag whose alias is that of a captured pack would hide it, or be hidden by it."""
    pack = {"name": "p", "members": [{"plc": "Main", "tag": "Count"}]}
    document = with_trigger(tags=["pack:p", "DB1.DBW8"]) | {"tag_packs": [pack]}
    assert accepted(tmp_path, document)
    document["plcs"][0]["tags"][2]["alias"] = "pack:p"
    [fault] = faults(tmp_path, document)
    assert (fault.place, "in the event" in fault.fact) == ("triggers[0].tags[1]", True)


@pytest.mark.parametrize(
    ("tag", "value", "is_fault"),
    [
        ("Done", True, False),
        ("Done", 0, False),
        ("Done", 2, True),
        ("Done", "x", True),
        ("Count", 2.5, False),
        ("Count", True, True),
        ("Count", "x", True),
    ],
)
def test_a_condition_fits_the_configured_type(
    tmp_path: Path, tag: str, value: object, *, is_fault: bool
) -> None:
    """A condition that the type of its tag can never be compared with is a fault."""
    condition = {"operator": "==", "value": value}
    document = with_trigger(trigger_tag=tag, condition=condition)
    if not is_fault:
        assert accepted(tmp_path, document)
        return
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].condition.value"
    assert "which cannot be compared with" in fault.fact


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ([{"plc": "Main", "tag": "Nope"}], "tag_packs[0].members[0].tag"),
        ([{"plc": "Nope", "tag": "Count"}], "tag_packs[0].members[0].plc"),
        (
            [{"plc": "Main", "tag": "Count"}, {"plc": "Main", "tag": "DB1.DBD4"}],
            "tag_packs[0].members[1].tag",
        ),
        ([], "tag_packs[0].members"),
        ([{"plc": "Main", "tag": 5}], "tag_packs[0].members[0].tag"),
        ([{"plc": "Main"}], "tag_packs[0].members[0].tag"),
        ([{"plc": "Main", "tag": "Count", "Tag": "x"}], "tag_packs[0].members[0].Tag"),
        ([5], "tag_packs[0].members[0]"),
    ],
)
def test_a_pack_names_what_there_is(tmp_path: Path, members: list[Any], place: str) -> None:
    """The members of a pack exist, each once, and there is at least one; one that is wrong is one
    fault, whose consequences are not told."""
    document = small() | {"tag_packs": [{"name": "p", "members": members}]}
    [fault] = faults(tmp_path, document)
    assert fault.place == place
