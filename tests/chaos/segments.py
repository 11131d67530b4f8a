"""What a broker has on its disk: every record of a topic, of one that was deleted too.

    broker.kill()
    run.rescued += readings_on_disk(broker.data, "factory", trio.current_time())
    broker.wipe()

Kafka renames the folders of a deleted topic and keeps them for `file.delete.delay.ms` (a minute).
"""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.truth import Reading, reading

with warnings.catch_warnings():
    # kafka-python reads its own schemas with a function that Python is going to drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.record import MemoryRecords


def readings_on_disk(data: Path, topic: str, at: float) -> list[Reading]:
    """Every record of a topic of changes in this folder of a broker, of each of its incarnations.

    A batch that was being written when the broker died is left out: nobody was told it is there.
    """
    named = re.compile(rf"{re.escape(topic)}-(\d+)(\..*-delete)?")
    found = [(folder, named.fullmatch(folder.name)) for folder in sorted(data.iterdir())]
    return [
        each
        for folder, match in found
        if match is not None
        for each in _readings(folder, int(match[1]), at)
    ]


def _readings(folder: Path, partition: int, at: float) -> Iterator[Reading]:
    try:
        metadata = (folder / "partition.metadata").read_text()
        segments = [(each, each.read_bytes()) for each in sorted(folder.glob("*.log"))]
    except FileNotFoundError:
        # A broker that runs has only begun this folder, or is through with it.
        return
    incarnation = metadata.partition("topic_id: ")[2].strip()
    for segment, content in segments:
        for batch in MemoryRecords(content):
            assert batch.validate_crc(), f"{segment} is damaged at offset {batch.base_offset}"
            for record in batch:
                yield reading(incarnation, partition, record.offset, record.key, record.value, at)
