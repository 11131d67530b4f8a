"""A producer and a consumer that know nothing of warlogix: the documentation's, on kafka-python.

python -m tests.kafka.stock produce ADDRESS TOPIC     # JSON lines on stdin: key, value, at
python -m tests.kafka.stock consume ADDRESS TOPIC N   # N values from the beginning, a line each
"""

import json
import sys

from kafka import KafkaConsumer, KafkaProducer


def produce(address: str, topic: str) -> None:
    """Send what stdin says; `at` (ms since 1970) is optional. A line on stdout for each offset."""
    producer = KafkaProducer(
        bootstrap_servers=[address],
        value_serializer=lambda v: json.dumps(v).encode("utf-8"),
        key_serializer=lambda k: k.encode("utf-8"),
    )
    sent = [
        producer.send(topic, key=each["key"], value=each["value"], timestamp_ms=each.get("at"))
        for each in map(json.loads, sys.stdin)
    ]
    producer.flush()
    for each in sent:
        sys.stdout.write(f"{each.get(10).offset}\n")
    producer.close()


def consume(address: str, topic: str, count: int) -> None:
    """Print so many values, as soon as they are there."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=[address],
        auto_offset_reset="earliest",
        value_deserializer=lambda v: json.loads(v.decode("utf-8")),
    )
    for _ in range(count):
        sys.stdout.write(json.dumps(next(consumer).value) + "\n")
        sys.stdout.flush()
    consumer.close()


if __name__ == "__main__":
    if sys.argv[1] == "produce":
        produce(sys.argv[2], sys.argv[3])
    else:
        consume(sys.argv[2], sys.argv[3], int(sys.argv[4]))
