"""What becomes of write requests: read, settled, answered. Pure decisions.

    request = read_request(0, 42, at, key, raw, now_wall_ms=wall, now=moment)    # or Unreadable
    settled = settle(requests, targets, kinds, repeats, now, max_age)
    settled.todo        # the writes to execute, in their order
    settled.answers     # what is answered already, in the order of the requests
    batch = responses("factory-writes", settled.answers, wall, "plant-1")

Rule of this room: the time is an argument. It knows no clock, no Trio, no Kafka client and no PLC.
"""
