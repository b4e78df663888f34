"""The benches that need nothing beyond what the hub itself needs."""

from bench.intake.run import intake
from bench.latency.run import latency
from bench.scale.run import scale
from bench.throughput.run import throughput

LIGHT = {"throughput": throughput, "latency": latency, "intake": intake, "scale": scale}
