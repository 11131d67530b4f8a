"""Packs: when the next message is due, and what it holds; pure tables."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import msgspec
import pytest

from warlogix.messages import PackPlc
from warlogix.packs import WINDOW, Member, Pack, PackPlan, trouble
from warlogix.tags import Deadband, Endpoint, Readings, Tag, Value

SPEED = Tag("DB1.DBD0", alias="Speed", address="DB1.DBD0", type="REAL")
COUNT = Tag("DB1.DBD4", address="DB1.DBD4", type="DINT")
CLOCK = Tag("Clock", type="DINT")
# The tags of the PLCs are more than the members, and in another order.
POLLED = {"Press": (COUNT, Tag("Other", type="BOOL"), SPEED), "Oven": (CLOCK,)}
PRESS, OVEN = ("DINT", "BOOL", "REAL"), ("DINT",)
MEMBERS = (
    Member("Press", SPEED, ignored=False),
    Member("Oven", CLOCK, ignored=True),
    Member("Press", COUNT, ignored=False),
)
AT = 1_705_314_600_123


class Bench:
    """A pack of three members on two PLCs; `away` are the PLCs that are not connected now."""

    def __init__(self, members: Sequence[Member] = MEMBERS, off: Sequence[Endpoint] = ()) -> None:
        self.away: dict[str, PackPlc] = {}
        polled = {plc: tags for plc, tags in POLLED.items() if plc not in {e.plc for e in off}}
        plan = PackPlan("Line1", tuple(members), ("Local",), tuple(off))
        self.pack = Pack(plan, polled, lambda: self.away)

    def press(self, now: float, speed: Value, count: Value, **bad: str) -> None:
        """A scan of the first PLC; a reason under `speed_is` or `count_is` makes one bad."""
        places = {"count_is": 0, "speed_is": 2}
        reasons = {places[name]: reason for name, reason in bad.items()}
        self.pack.see("Press", Readings([count, True, speed], reasons, PRESS), now)

    def oven(self, now: float, clock: Value) -> None:
        """A scan of the second PLC."""
        self.pack.see("Oven", Readings([clock], {}, OVEN), now)

    def published(self) -> dict[str, Any]:
        """The next message, as JSON has it."""
        message: dict[str, Any] = plain(self.pack.publish(AT))
        return message

    def values(self) -> list[Value]:
        """The values of the next message, in the order of the members."""
        return [member["value"] for member in self.published()["tags"].values()]

    def begun(self) -> "Bench":
        """The same with its first message out, of 1.5, 7 and 9."""
        self.press(0, 1.5, 9)
        self.oven(0, 7)
        assert self.values() == [1.5, 7, 9]
        return self


def plain(message: object) -> Any:
    """A message as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(message))


def due_after(pack: Pack, types: tuple[str, ...], *columns: Value) -> list[bool]:
    """Whether a message is due after each of these scans; the first one begins the pack."""
    due = []
    for value in columns:
        bad = {0: "why"} if value is None else {}
        pack.see("Press", Readings([value], bad, types), 0)
        due.append(pack.due < inf)
        if due[-1]:
            pack.publish(AT)
    return due


def single(tag: Tag) -> Pack:
    """A pack of one tag."""
    plan = PackPlan("P", (Member("Press", tag, ignored=False),), ("Local",))
    return Pack(plan, {"Press": (tag,)}, dict)


def test_the_message_has_every_member_in_the_documented_form() -> None:
    """Members stand in the configuration's order under PLC and label; an address is there only
    where an alias hides it, quality and error only of bad ones, and no PLC that is well."""
    bench = Bench()
    bench.press(0, 1.5, None, count_is="no such address")
    bench.oven(0, 7)
    assert msgspec.json.encode(bench.pack.publish(AT)) == (
        b'{"name":"Line1","timestamp":"2024-01-15T10:30:00.123Z","tags":{'
        b'"Press.Speed":{"value":1.5,"type":"REAL","plc":"Press","address":"DB1.DBD0"},'
        b'"Oven.Clock":{"value":7,"type":"DINT","plc":"Oven"},'
        b'"Press.DB1.DBD4":{"value":null,"type":"DINT","plc":"Press","quality":"bad",'
        b'"error":"no such address"}}}'
    )


def test_the_first_message_waits_for_every_member_and_no_longer() -> None:
    """Nothing is due until each member was read or found bad once, and then at once."""
    bench = Bench()
    bench.press(1.0, 1.5, 9)
    assert bench.pack.due == inf
    bench.press(2.0, 2.5, 9)
    assert bench.pack.due == inf
    bench.pack.see("Oven", Readings([None], {0: "refused"}, OVEN), 3.0)
    assert bench.pack.due == 3.0
    assert bench.values() == [2.5, None, 9]
    assert bench.pack.due == inf


def test_the_first_change_opens_a_window_that_nothing_extends_or_closes() -> None:
    """A message is due 250 ms after the first change, whatever else changes, and also where the
    old value is back by then."""
    bench = Bench().begun()
    bench.press(1.0, 2.5, 9)
    bench.press(1.2, 3.5, 10)
    assert bench.pack.due == 1.0 + WINDOW == 1.25
    bench.press(1.24, 1.5, 9)
    assert bench.pack.due == 1.25
    assert bench.values() == [1.5, 7, 9]
    bench.press(2.0, 1.5, 9)
    assert bench.pack.due == inf


def test_an_ignored_member_alone_publishes_nothing_and_is_never_old() -> None:
    """A change of an ignored member, of its quality too, is no reason for a message; the next
    message has it as it is."""
    bench = Bench().begun()
    bench.oven(1.0, 8)
    bench.pack.see("Oven", Readings([None], {0: "gone"}, OVEN), 2.0)
    bench.pack.see("Oven", Readings([5], {}, ("INT",)), 3.0)
    assert bench.pack.due == inf
    bench.press(4.0, 1.5, 10)
    assert bench.values() == [1.5, 5, 10]


def test_a_tag_of_the_plc_that_is_no_member_changes_nothing() -> None:
    """Changes of the PLC's other tags are none of the pack's."""
    bench = Bench().begun()
    bench.pack.see("Press", Readings([9, False, 1.5], {1: "bad"}, PRESS), 1.0)
    assert bench.pack.due == inf


def test_the_tags_own_deadband_is_judged_against_the_last_message() -> None:
    """Small steps add up until they leave the deadband around the value that was published, by
    whatever cause it was published."""
    tag = Tag("a", type="REAL", deadband=Deadband(1.0))
    steps: list[Value] = [10.0, 10.9, 11.0, 11.1, 12.0, None, 12.0]
    assert due_after(single(tag), ("REAL",), *steps) == [
        True,
        False,
        False,
        True,
        False,
        True,
        True,
    ]
    slow = Member("Press", Tag("DB1.DBD0", deadband=Deadband(1.0)), ignored=False)
    bench = Bench([slow, *MEMBERS[1:]]).begun()
    bench.press(1.0, 2.4, 10)
    assert bench.values() == [2.4, 7, 10]
    bench.press(2.0, 3.3, 10)
    assert bench.pack.due == inf


def test_members_of_a_structure_that_are_ignored_are_no_change() -> None:
    """`ignore_changes` of the tag holds in a pack, and `max_interval` is no concern of packs."""
    tag = Tag("a", type="Station", ignore_changes=frozenset({"Time"}), max_interval=0.001)
    steps: list[Value] = [
        {"Torque": 1, "Time": 1},
        {"Torque": 1, "Time": 2},
        {"Torque": 2, "Time": 2},
    ]
    assert due_after(single(tag), ("Station",), *steps) == [True, False, True]


def test_a_change_of_quality_counts_and_a_new_reason_does_not() -> None:
    """Going bad opens a window and coming back does, equal or not; another reason is no change."""
    bench = Bench().begun()
    bench.press(1.0, None, 9, speed_is="the value is NaN")
    assert bench.pack.due == 1.25
    assert bench.published()["tags"]["Press.Speed"]["error"] == "the value is NaN"
    bench.press(2.0, None, 9, speed_is="the value is +infinity")
    assert bench.pack.due == inf
    bench.press(3.0, 1.5, 9)
    assert bench.pack.due == 3.25
    assert bench.values() == [1.5, 7, 9]


def test_a_new_type_is_a_change_although_the_value_is_equal() -> None:
    """A member that was a DINT of 9 and is a REAL of 9.0 is published again, once."""
    bench = Bench().begun()
    for now, due in ((1.0, 1.25), (2.0, inf)):
        bench.pack.see("Press", Readings([9.0, True, 1.5], {}, ("REAL", "BOOL", "REAL")), now)
        assert bench.pack.due == due
        assert bench.published()["tags"]["Press.DB1.DBD4"]["type"] == "REAL"


def test_the_same_values_in_new_objects_are_no_change() -> None:
    """Ten thousand equal scans, types in new tuples, never open a window."""
    bench = Bench().begun()
    for now in range(10_000):
        values = [int("9"), True, float("1.5")]
        bench.pack.see("Press", Readings(values, {}, (*PRESS,)), now)
    assert bench.pack.due == inf


def test_a_member_keeps_its_key_and_address_while_it_is_bad() -> None:
    """The keys of a pack are the same whatever is known of its members."""
    bench = Bench().begun()
    good = bench.published()["tags"]
    bench.press(1.0, None, None, speed_is="gone", count_is="gone")
    bad = bench.published()["tags"]
    assert list(bad) == list(good)
    assert bad["Press.Speed"]["address"] == good["Press.Speed"]["address"] == "DB1.DBD0"


def test_a_lost_plc_is_never_published_as_current() -> None:
    """While a PLC is not connected its members are bad in every message, also before a scan says
    so; with the next good scan they are published again, although no value moved."""
    bench = Bench().begun()
    bench.away["Press"] = trouble(Endpoint("Press", "s7", "10.0.0.1", 102), "no answer")
    bench.press(1.0, 2.5, 9)
    message = bench.published()
    assert [member.get("error") for member in message["tags"].values()] == [
        "no answer",
        None,
        "no answer",
    ]
    assert message["tags"]["Press.Speed"]["value"] is None
    assert message["plcs"] == {
        "Press": {
            "address": "10.0.0.1:102",
            "family": "s7",
            "connected": False,
            "error": "no answer",
        }
    }
    bench.press(2.0, None, None, speed_is="no answer", count_is="no answer")
    assert bench.pack.due == inf
    bench.away.clear()
    bench.press(3.0, 2.5, 9)
    assert bench.pack.due == 3.25
    assert "plcs" not in bench.published()


def test_plcs_of_others_are_not_told() -> None:
    """A PLC in trouble that has no member of the pack is none of the pack's."""
    bench = Bench().begun()
    bench.away["Mixer"] = trouble(Endpoint("Mixer", "s7", "10.0.0.9"), "gone")
    assert "plcs" not in bench.published()


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [("plc1", None, "plc1"), ("::1", None, "::1"), ("::1", 102, "[::1]:102"), ("a", 1, "a:1")],
)
def test_a_plc_s_address_is_as_the_configuration_takes_it(
    host: str, port: int | None, address: str
) -> None:
    """A PLC in trouble has host and port, the port only where one is configured."""
    assert trouble(Endpoint("P", "s7", host, port), "x").address == address


def test_members_of_a_plc_that_is_off_are_bad_for_ever() -> None:
    """Nobody waits for a PLC that is switched off: its members are bad and say why."""
    bench = Bench(off=[Endpoint("Oven", "logix", "10.0.0.2")])
    assert bench.pack.due == inf
    bench.press(1.0, 1.5, 9)
    assert bench.pack.due == 1.0
    message = bench.published()
    error = "the PLC is switched off (enabled = false)"
    assert message["tags"]["Oven.Clock"] == {
        "value": None,
        "type": "DINT",
        "plc": "Oven",
        "quality": "bad",
        "error": error,
    }
    assert message["plcs"]["Oven"]["error"] == error


def test_a_pack_of_nothing_but_plcs_that_are_off_is_published_once() -> None:
    """Where nobody is read there is nothing to wait for."""
    endpoints = [Endpoint("Oven", "logix", "10.0.0.2")]
    bench = Bench(MEMBERS[1:2], off=endpoints)
    assert bench.pack.due < 0
    assert bench.values() == [None]
    assert bench.pack.due == inf


def test_a_trigger_gets_fresh_values_of_its_plc_and_the_last_known_of_others() -> None:
    """`contents` takes what was read just now for one PLC, in the order of `tags_of`; the others
    are as they were seen, bad and with a reason where nobody has read them."""
    bench = Bench()
    bench.away["Oven"] = trouble(Endpoint("Oven", "logix", "10.0.0.2"), "first attempt")
    assert bench.pack.tags_of("Press") == (SPEED, COUNT)
    assert bench.pack.tags_of("Mixer") == ()
    fresh = Readings([2.5, None], {1: "no such address"}, ("REAL", "DINT"))
    tags: Mapping[str, Any] = plain(bench.pack.contents("Press", fresh))
    assert list(tags) == ["Press.Speed", "Oven.Clock", "Press.DB1.DBD4"]
    assert [(each["value"], each.get("error")) for each in tags.values()] == [
        (2.5, None),
        (None, "not read yet"),
        (None, "no such address"),
    ]
    bench.away.clear()
    bench.begun()
    assert [each["value"] for each in plain(bench.pack.contents()).values()] == [1.5, 7, 9]


def test_a_capture_and_a_copy_are_no_message() -> None:
    """What a trigger takes, and what one cluster gets again, moves nothing that is judged."""
    bench = Bench().begun()
    bench.oven(0.5, 8)
    bench.pack.contents("Press", Readings([2.5, 10], {}, ("REAL", "DINT")))
    assert plain(bench.pack.message(AT))["tags"]["Oven.Clock"]["value"] == 8
    bench.press(1.0, 2.5, 9)
    assert bench.pack.due == 1.25
    bench.pack.message(AT)
    assert bench.pack.due == 1.25
