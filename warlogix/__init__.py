"""warlogix joins factory PLCs to Apache Kafka."""
