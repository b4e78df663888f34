"""The benches that need nothing beyond what the hub itself needs."""

from bench.intake.run import intake
from bench.latency.run import latency
from bench.recovery.run import recovery
from bench.replay.run import replay
from bench.scale.run import scale
from bench.startup.run import startup
from bench.sustained.run import sustained
from bench.throughput.run import throughput

LIGHT = {
    "throughput": throughput,
    "latency": latency,
    "intake": intake,
    "sustained": sustained,
    "recovery": recovery,
    "replay": replay,
    "scale": scale,
    "startup": startup,
}
