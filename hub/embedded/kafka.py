"""A real Apache Kafka for a laptop: one KRaft node, broker and controller in one, its log on disk."""

import base64
import signal
import subprocess
import uuid
from pathlib import Path

from hub.embedded import jars, java, ports
from hub.embedded.part import PartUnavailable, Progress
from hub.embedded.process import OwnedProcess, ServerPart
from hub.embedded.progress import telling

READY_SECONDS = 90.0
STOP_SECONDS = 3.5
READY_LINE = "Kafka Server started"

# A heartbeat session far below the default 9 s: after kill -9 the broker comes back only when its old session
# has run out.
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={log}
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.retention.minutes=525600
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
message.max.bytes=1572864
log.retention.ms=-1
log.retention.bytes=-1
log.segment.bytes=134217728
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
num.recovery.threads.per.data.dir=2
num.network.threads=2
num.io.threads=4
background.threads=2
"""

# Serial collection suits a small heap on two cores; an exhausted heap must end the process, not leave half a
# broker. Archives of class data were tried and gained nothing; the quick compiler alone gained 0.4 s at the
# start, for less speed under load.
JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


def new_cluster_id() -> str:
    """For a cluster that is about to be made."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


class EmbeddedKafka(ServerPart):
    """`address` is `127.0.0.1:PORT`. State is in `data/kafka`; kill -9 loses nothing that was acknowledged.

    `port` insists on a port; else one is chosen at the first start and remembered. `heap_mb` is the JVM's
    heap in MiB; the process takes about 350 MB at 512. `cache` is where the Java packages are kept.
    """

    name = "Kafka"

    def __init__(
        self,
        data: Path,
        progress: Progress,
        port: int | None = None,
        heap_mb: int = 512,
        cache: Path | None = None,
    ) -> None:
        self._home = data.absolute() / "kafka"
        self._progress = progress
        self._wanted_port = port
        self._heap_mb = heap_mb
        self._cache = cache
        self._port: int | None = None
        self._cluster = new_cluster_id()
        self.more_settings = ""
        """More lines like those above, from the next start on; they win over them."""
        self._process = OwnedProcess(self.name, self._home / "process.json")

    def start(self) -> None:
        if self._process.alive():
            return
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._home / "logs").mkdir(exist_ok=True)
        self._process.clear_leftover(self._progress)
        runtime = java.find()
        class_path = jars.class_path(self._cache or jars.default_cache(), self._progress)
        self._write_settings()
        if not (self._home / "log" / "meta.properties").is_file():
            self._format(runtime, class_path)
        log = self._fresh_log()
        with telling(self._progress, "Starting Kafka"):
            self._process.start(
                [
                    str(runtime),
                    f"-Xmx{self._heap_mb}m",
                    *JVM_OPTIONS,
                    "-cp",
                    class_path,
                    "kafka.Kafka",
                    str(self._settings),
                ],
                log,
                cwd=self._home,
            )
            self._wait_until(lambda: READY_LINE in log.read_text(errors="replace"), log, READY_SECONDS)

    @property
    def _settings(self) -> Path:
        return self._home / "server.properties"

    def _write_settings(self) -> None:
        chosen = ports.remembered(self._home / "ports.json", ("broker", "controller"), self._progress)
        self._port = chosen["broker"] if self._wanted_port is None else ports.insist_on(self._wanted_port, "HUB_KAFKA")
        self._settings.write_text(
            (SETTINGS + self.more_settings).format(
                broker=self._port, controller=chosen["controller"], log=self._home / "log"
            )
        )

    def _format(self, runtime: Path, class_path: str) -> None:
        """Gives the log folder its cluster id; Kafka refuses a folder without one."""
        command = [
            str(runtime),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-cp",
            class_path,
        ]
        # One argument, since an id may begin with a dash and would then be taken for an option.
        command += ["kafka.tools.StorageTool", "format", f"--cluster-id={self._cluster}", "-c", str(self._settings)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise PartUnavailable(
                f"Kafka could not format {self._home / 'log'}: {(done.stderr or done.stdout).strip()}"
            )

    def _fresh_log(self) -> Path:
        """A new log for each start; the end of the last one is kept beside it."""
        log = self._home / "logs" / "kafka.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        return log

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM, STOP_SECONDS)

    @property
    def address(self) -> str:
        if self._port is None:
            raise RuntimeError("Kafka has no address before its first start")
        return f"127.0.0.1:{self._port}"
