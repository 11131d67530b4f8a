"""What `warlogix write` does: one write and its answer, through Kafka or at the PLC itself."""
