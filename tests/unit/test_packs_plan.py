"""Packs out of a configuration: their members however they are named, and PLCs that are off."""

from pathlib import Path

from tests.unit.configurations import loaded, small
from warlogix.packs import Pack
from warlogix.plan import Plan, plan_of
from warlogix.tags import Readings


def planned(folder: Path, *, oven_on: bool) -> Plan:
    """The plan of a pack across two PLCs, and of one that goes nowhere."""
    document = small()
    oven = document["plcs"][0] | {"name": "Oven", "address": "10.0.0.2:1102", "enabled": oven_on}
    document["plcs"].append(oven)
    members = [{"plc": "Main", "tag": " db1.dbd4 "}, {"plc": "Oven", "tag": "ACK"}]
    document["tag_packs"] = [
        {"name": "Both", "members": members},
        {"name": "Kept", "members": members[:1], "kafka_cluster": "none"},
        {"name": "Off", "members": members, "enabled": False},
    ]
    return plan_of(loaded(folder, document))


def packs_of(plan: Plan) -> dict[str, Pack]:
    """The packs of a plan, all of their PLCs connected."""
    polled = {plc.endpoint.plc: plc.tags for plc in plan.plcs}
    return {each.name: Pack(each, polled, dict) for each in plan.packs}


def test_members_are_found_by_every_name_and_told_by_one(tmp_path: Path) -> None:
    """A member named by address or alias, in any case, follows its tag and has the tag's label;
    a pack that is off is not there, one without clusters is."""
    packs = packs_of(planned(tmp_path, oven_on=True))
    assert {name: pack.clusters for name, pack in packs.items()} == {"Both": ("Local",), "Kept": ()}
    for plc in ("Main", "Oven"):
        packs["Both"].see(plc, Readings([True, 5, 7], {}, ("BOOL", "DINT", "INT")), 1.0)
    tags = packs["Both"].publish(0).tags
    assert {key: (tag.value, tag.address) for key, tag in tags.items()} == {
        "Main.Count": (5, "DB1.DBD4"),
        "Oven.Ack": (7, "DB1.DBW8"),
    }


def test_a_plc_that_is_off_is_told_with_its_address(tmp_path: Path) -> None:
    """Members on a PLC that is off are bad from the first message on, and the PLC is in it."""
    pack = packs_of(planned(tmp_path, oven_on=False))["Both"]
    pack.see("Main", Readings([True, 5, 7], {}, ("BOOL", "DINT", "INT")), 1.0)
    message = pack.publish(0)
    assert (message.tags["Main.Count"].value, message.tags["Oven.Ack"].value) == (5, None)
    assert isinstance(message.plcs, dict)
    assert message.plcs["Oven"].address == "10.0.0.2:1102"
    assert message.tags["Oven.Ack"].error == message.plcs["Oven"].error
