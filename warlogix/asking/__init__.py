"""What `warlogix write`, `read` and `browse` do.

One write and its answer, through Kafka or at the PLC itself; values and names, from the PLC.
"""
