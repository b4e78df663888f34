"""The faults that are tried, in the order of the table in `docs/reliability.md`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`name` is that of the marker `fault`; `happens` says what is done, `holds` what must be true after it."""

    name: str
    title: str
    happens: str
    holds: str = "nothing acknowledged is lost, nothing has its effect twice, the register is that of a run without it"


FAULTS = (
    Fault("kills", "kill -9 of every part in turn", "door, worker, relay, other doors, clock, Kafka, PostgreSQL, MQTT"),
    Fault("zombies", "a worker that sleeps and wakes", "SIGSTOP past its session, anywhere in a batch; then SIGCONT"),
    Fault("failpoints", "death at an exact place", "before and after produce, commit, acknowledgement, publish, mark"),
    Fault("wires", "bad wires", "between processes and Kafka, PostgreSQL: slow, broken, half open, answers lost"),
    Fault("database", "PostgreSQL in trouble", "away for minutes, sessions ended, deadlocks, no room on the disk"),
    Fault(
        "rebalances",
        "workers that come and go",
        "workers join, leave and die under load",
        "no offset is committed beyond the watermark; nothing lost or repeated",
    ),
    Fault("poison", "poison in the journal", "sixteen kinds, past the doors", "all set aside, neighbours untouched"),
    Fault(
        "forgeries",
        "forgeries, replays, wrong clocks",
        "each field of the envelope changed, others' keys and topics, revoked keys, clocks an hour wrong",
        "each refused as it should be, without an effect; what is sound beside it is taken",
    ),
    Fault("reordering", "any order, any number of times", "a state machine of register and outbox; two relays racing"),
    Fault("mqtt", "MQTT: redelivery and overflow", "Mosquitto killed, restarted, its queue too short; its door killed"),
    Fault("soak", "an hour of even load", "steady traffic", "memory does not grow, the backlog goes back to nothing"),
    Fault(
        "guards",
        "guards taken out",
        "`take()` put back; watermark check, inbox check out; publish before commit",
        "with each guard all is well, without it the checks find loss or repetition",
    ),
    Fault("leader", "a partition's leader lost", "three brokers, two in-sync replicas; leaders killed under load"),
    Fault("failover", "failover to a replica", "PostgreSQL's primary lost, a streaming replica takes over"),
    Fault("restore", "restore", "backup and point in time, then the journal from the watermark"),
)
