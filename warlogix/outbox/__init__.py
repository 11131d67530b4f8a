"""The durable log between the pipeline and Kafka: what must not be lost goes by here.

    async with open_outbox(
        directory, ["LocalKafka"], max_size=10**9, max_age=7 * 86400
    ) as outbox:
        receipt = await outbox.append([NewRow("changes", ("LocalKafka",), batch)])
        receipt.durable                 # it is on disk now; its number is receipt.ids[0]

        reader = outbox.reader("LocalKafka", "changes")
        rows = await reader.take(max_messages=10_000, max_bytes=1_000_000)  # waits for the first
        ...                                                                 # rows[0].batch, .id
        reader.confirm(rows[-1].id)     # Kafka has them: they are never handed out again
        reader.rewind()                 # or it has not: take() begins at the first unconfirmed
        await reader.set_aside([Refused(...)])      # or it does not take one: kept in a file,
        reader.confirm(rows[-1].id, refused=1)      # and counted

        async for lanes in outbox.lanes("LocalKafka").eventual_values():    # frozenset of words
            ...                         # one task per lane
        outbox.waiting("LocalKafka")    # Waiting(messages, oldest, dropped, refused)
        outbox.state                    # messages.BufferState(bytes, dropped, error)
        outbox.error                    # AsyncValue[str]: "" while the disk takes writes
        outbox.aside_error              # AsyncValue[str]: "" while nothing refused waits for it
        outbox.full                     # AsyncValue[bool]: what may not be dropped fills it

        # An answer (messages.Origin) is followed until Kafka has it:
        await outbox.confirmed("LocalKafka", "write-responses").wait_value(lambda row: row >= 7)
        outbox.lost("LocalKafka", "write-responses", 7)     # or it went with a damaged file,
        outbox.refused("LocalKafka", "triggers", 7)         # or was refused for itself
        await outbox.waiting_origins("LocalKafka", "write-responses")   # [(row, Origin), ...]

        # What must be known after a restart, exactly as of the rows that it belongs to:
        await outbox.append(rows, notes={"sequence": b"8", "over": None})   # None takes it away
        await outbox.append([], notes={"topic": b"..."})                    # or with no row
        outbox.notes["sequence"]                            # b"8", also when opened again

A row is one `messages.Batch` of one lane with the clusters it is for. A lane is what shares one
order and one position: "changes", "triggers", "write-responses", "dead-letters", or
"triggers:" and a topic of a trigger's own. Rows of a lane are numbered from 1 without gaps.
Each cluster has its own position in each lane, so that none waits for another.

`append` returns once its rows are on disk: whatever waits is committed together, in one thread
hop. While the disk takes nothing it returns all the same, the rows go on in memory, the receipt
and `outbox.error` say so, and they are written by themselves when the disk takes them again.

A note is a small value under a key of its user's own. It is on disk in the same transaction as the
rows of its `append`, in memory while the disk takes nothing, and in the file that follows a
damaged one; a file that was damaged when it was opened takes its notes with it.

Errors: `open_outbox` raises `BufferInUse` when another process has the folder, `BufferUnusable`
when the file cannot be used and must not be set aside. `append` raises
`trio.ClosedResourceError` once the outbox is closed.
Closing: leaving the block commits what was appended and the positions, within a few seconds
whatever the disk does, also when the block is left by an error or cancelled.
"""

from warlogix.outbox.outbox import Outbox, open_outbox
from warlogix.outbox.reader import Reader
from warlogix.outbox.rows import Appends, NewRow, Receipt, Refused, Row, Waiting

__all__ = [
    "Appends",
    "NewRow",
    "Outbox",
    "Reader",
    "Receipt",
    "Refused",
    "Row",
    "Waiting",
    "open_outbox",
]
