"""Each family's types at their limits, both ways through `warlogix run` and a real Kafka."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import trio

from tests.answers import Answer, answered, open_tail
from tests.end_to_end.gateway import running
from tests.end_to_end.value_plants import ValuePlant, open_value_plants
from tests.witness import Record
from tests.writers import Letter, Sender, Site

LIMIT = 60

CONFIG = """
namespace = "{namespace}"
poll_rate = "250ms"
{plcs}
[[kafka]]
name = "Local"
brokers = ["{kafka}"]
enable_writeback = true
consumer_group = "{group}"
write_max_age = "20s"

[buffer]
directory = "{buffer}"
"""


def newest(records: Sequence[Record]) -> dict[str, bytes]:
    """The last message of each key."""
    return {(record.key or b"").decode(): record.value or b"" for record in records}


def check_published(plants: Mapping[str, ValuePlant], messages: Mapping[str, bytes]) -> None:
    """What is held is published digit for digit, with its type."""
    for name, plant in plants.items():
        for number, row in enumerate(plant.rows):
            message = messages[f"{name}.{plant.tag(number)}"]
            assert f'"value":{row.json},"type":"{row.type}",'.encode() in message, (name, row)


def requests(plants: Mapping[str, ValuePlant]) -> list[Letter]:
    """A write of each row's value to the tag that waits for it."""
    return [
        Letter(f'{{"plc":"{name}","tag":"{plant.waiting(number)}","value":{row.json}}}'.encode())
        for name, plant in plants.items()
        for number, row in enumerate(plant.rows)
    ]


def check_written(plants: Mapping[str, ValuePlant], answers: Sequence[Answer]) -> None:
    """Every request was done, and each PLC holds what it holds in the other tag."""
    refused = [(each.fields["plc"], each.fields["tag"], each.error) for each in answers]
    assert [one for one in refused if one[2]] == []
    for name, plant in plants.items():
        for number, row in enumerate(plant.rows):
            assert repr(plant.held(number)) == repr(row.holds), (name, row)


async def test_every_type_goes_both_ways_at_its_limits(
    kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What a PLC holds is published digit for digit; the same text written puts it there again."""
    config, site = tmp_path / "warlogix.toml", Site(topic_prefix, kafka, {})
    with trio.fail_after(LIMIT):
        async with open_value_plants() as plants:
            config.write_text(
                CONFIG.format(
                    namespace=topic_prefix,
                    plcs="".join(plant.configuration(name) for name, plant in plants.items()),
                    kafka=kafka,
                    group=site.group,
                    buffer=tmp_path / "buffer",
                )
            )
            count = sum(len(plant.rows) for plant in plants.values())
            async with (
                running(config),
                open_tail(kafka, topic_prefix) as changes,
                open_tail(kafka, site.responses) as responses,
            ):
                await site.ready()
                records = await changes.until(lambda seen: len(newest(seen)) >= 2 * count)
                bad = [json.loads(each.value or b"") for each in records]
                assert [each for each in bad if each["value"] is None] == []
                check_published(plants, newest(records))
                await Sender(kafka, site.writes).send(requests(plants))
                check_written(plants, await answered(responses, count))
                await changes.until(lambda seen: is_published(plants, newest(seen)))


def is_published(plants: Mapping[str, ValuePlant], messages: Mapping[str, bytes]) -> bool:
    """Whether the tags that waited are published with what was written to them."""
    return all(
        f'"value":{row.json},'.encode() in messages[f"{name}.{plant.waiting(number)}"]
        for name, plant in plants.items()
        for number, row in enumerate(plant.rows)
        # A zero's sign alone is no change.
        if row.json != "-0.0"
    )
