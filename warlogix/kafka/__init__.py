"""The only room that knows confluent_kafka."""
