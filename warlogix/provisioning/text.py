"""What `warlogix topics` prints for people."""

from collections.abc import Iterator, Sequence

from warlogix.console import printable, table
from warlogix.provisioning.ask import Creation
from warlogix.provisioning.states import TopicState

_HEADS = ("CLUSTER", "TOPIC", "FOR")


def creations(made: Sequence[Creation]) -> str:
    """A line per topic: made, there already, or why it cannot be made."""
    rows = [(each.cluster, each.topic, each.purpose, _outcome(each)) for each in made]
    return table([(*_HEADS, "RESULT"), *rows])


def _outcome(made: Creation) -> str:
    return f"FAILED: {printable(made.error)}" if made.error else made.result


def overview(states: Sequence[TopicState]) -> str:
    """A line per topic: whether it is there and as wanted."""
    rows = [
        (each.cluster, each.topic, each.purpose, str(len(each.partitions) or "-"), _verdict(each))
        for each in states
    ]
    return table([(*_HEADS, "PARTITIONS", "STATE"), *rows])


def _verdict(state: TopicState) -> str:
    if state.error:
        return f"UNUSABLE: {printable(state.error)}"
    if state.differences:
        return f"differs: {printable('; '.join(map(str, state.differences)))}"
    return state.state


def details(states: Sequence[TopicState]) -> str:
    """A block per topic."""
    return "\n".join("\n".join(_block(state)) + "\n" for state in states)


def _block(state: TopicState) -> Iterator[str]:
    yield f"{state.topic} on {state.cluster}, for {state.purpose}: {_verdict(state)}"
    for part in state.partitions:
        leader = f"leader {part.leader}" if part.leader >= 0 else "NO LEADER"
        yield f"  partition {part.partition}: {leader}, {part.in_sync} of {part.replicas} in sync"
    for key, value in sorted((state.settings or {}).items()):
        yield f"  {printable(key)} = {printable(value)}"
    if state.partitions and state.settings is None:
        yield "  its settings may not be read: grant the ACL DESCRIBE_CONFIGS"
