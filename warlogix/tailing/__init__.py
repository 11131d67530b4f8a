"""What `tail` shows of the records it reads: which of them, and how each looks.

Pure: it decides about records that others fetched and never touches Kafka, a clock or a terminal.
"""
