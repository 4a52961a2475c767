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

    def __init__(self, home, folder, port=None, settings=None, users=None, listeners=None, format_arguments=()):
        """`settings`: server properties over ours. `users`: {name: password} for SASL/PLAIN, on an address of their own. `listeners`: more
        of them, {name: (port, protocol)}. `format_arguments`: for the storage tool."""
        self.class_path = f"{pathlib.Path(home).resolve()}/libs/*"
        self.folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.controller_port = free_port()
        self.process = None
        self.settings = settings or {}
        self.users = users or {}
        self.users_port = free_port() if users else None
        self.listeners = {**(listeners or {}), **({"USERS": (self.users_port, "SASL_PLAINTEXT")} if users else {})}
        self.format_arguments = list(format_arguments)
        self._format()

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    @property
    def users_bootstrap(self):
        return f"127.0.0.1:{self.users_port}"

    def _sasl(self):
        if not self.users:
            return {}
        users = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        return {
            "listener.name.users.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.users.plain.sasl.jaas.config": f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};",
        }

    def _format(self):
        if shutil.which("java") is None:
            raise RuntimeError("java is not installed, and KAFKA_HOME needs it: apt-get install default-jre-headless")
        self.folder.mkdir(parents=True, exist_ok=True)
        more = "".join(f",{name}://127.0.0.1:{port}" for name, (port, _) in self.listeners.items())
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **{name: protocol for name, (_, protocol) in self.listeners.items()}}
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}{more}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}{more}",
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
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
            # Members may be missed sooner than after 6 s.
            "group.min.session.timeout.ms": "500",
            # The first look for transactions whose owner is gone must not come before the node listens: Kafka 4.3.1 then cannot send itself
            # their markers, and calls them aborted all the same.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "8000",
            # What was committed after the last one a killed node may forget (docs/decisions/0023), which can cost more than what is tested.
            "replica.high.watermark.checkpoint.interval.ms": "100",
            **self._sasl(),
            **self.settings,
        }
        config = self.folder / "server.properties"
        config.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        # May begin with a dash, hence the = below.
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        formatted = subprocess.run(
            ["java", *_QUICK, "-cp", self.class_path, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config", str(config), *self.format_arguments],
            capture_output=True, text=True, timeout=120)
        if formatted.returncode != 0:
            raise RuntimeError(f"formatting the Kafka node failed:\n{formatted.stdout}{formatted.stderr}")

    def launch(self):
        """Starts the process without waiting for it to answer."""
        log = open(self.folder / "log", "w")
        heap = os.environ.get("KAFKA_HEAP", "1g")
        self.process = subprocess.Popen(
            # It lives for minutes: better code would cost more to compile than it saves.
            ["java", "-Xms256m", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.showDateTime=true",
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
