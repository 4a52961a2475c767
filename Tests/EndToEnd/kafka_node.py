"""A Kafka node of our own, from KAFKA_HOME: a folder with `libs/`, as in any Kafka distribution."""
import base64
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import uuid

from waiting import die_with_parent, free_port, wait_until

_QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


class KafkaNode:
    """One node that is broker and controller, on a port and data folder that stay the same over kill and start."""

    def __init__(self, home, folder, port=None):
        self.class_path = f"{pathlib.Path(home).resolve()}/libs/*"
        self.folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.controller_port = free_port()
        self.process = None
        self._format()

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def _format(self):
        if shutil.which("java") is None:
            raise RuntimeError("java is not installed, and KAFKA_HOME needs it: apt-get install default-jre-headless")
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            "default.replication.factor": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # As by default: a topic that is asked for must be said to be missing, not made.
            "auto.create.topics.enable": "true",
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
        }
        config = self.folder / "server.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        # May begin with a dash, hence the = below.
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        formatted = subprocess.run(
            ["java", *_QUICK, "-cp", self.class_path, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config", str(config)],
            capture_output=True, text=True, timeout=120)
        if formatted.returncode != 0:
            raise RuntimeError(f"formatting the Kafka node failed:\n{formatted.stdout}{formatted.stderr}")

    def launch(self):
        """Starts the process without waiting for it to answer."""
        log = open(self.folder / "log", "w")
        heap = os.environ.get("KAFKA_HEAP", "1g")
        self.process = subprocess.Popen(
            ["java", "-Xms256m", f"-Xmx{heap}", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.showDateTime=true",
             "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
             "-cp", self.class_path, "kafka.Kafka", str(self.folder / "server.properties")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent)
        log.close()

    def start(self):
        self.launch()
        self.wait_ready()
        return self

    def wait_ready(self, deadline=60):
        def ready():
            log = (self.folder / "log").read_text(errors="replace")
            if self.process.poll() is not None:
                raise RuntimeError(f"the Kafka node ended while starting:\n{log[-4000:]}")
            if "Kafka Server started" not in log:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                return False
        wait_until(ready, deadline, f"the Kafka node answers on {self.bootstrap}")

    def kill(self):
        """SIGKILL: a crash. `start` brings it back with its data."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=20)

    def pause(self):
        """SIGSTOP: it takes connections and never answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends it for good; the data is the test run's own and goes with its folder."""
        self.kill()
