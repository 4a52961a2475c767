"""Fixtures of the real-Kafka suite. See README.md for the environment it takes."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from chaos_world import World  # noqa: E402
from daemon import Daemon  # noqa: E402
from kafka_node import KafkaNode  # noqa: E402
from topics import Cluster, Output  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
KAFKA_HOME = os.environ.get("KAFKA_HOME")
BROKERS = os.environ.get("PENSTOCK_TEST_BROKERS")
NO_KAFKA = "no Kafka: set KAFKA_HOME (a Kafka distribution, a folder with libs/) or PENSTOCK_TEST_BROKERS (brokers that run already)"


def pytest_configure():
    """Ended from outside, the fixtures still end what they started."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", returncode=143))


def pytest_terminal_summary(terminalreporter):
    if not KAFKA_HOME and not BROKERS:
        terminalreporter.write_line("")
        terminalreporter.write_line(f"THE REAL-KAFKA SUITE DID NOT RUN: {NO_KAFKA}", red=True, bold=True)


def pytest_collection_modifyitems(items):
    if not KAFKA_HOME and not BROKERS:
        for item in items:
            if {"binary", "brokers", "own_node", "unstarted_node"} & set(item.fixturenames):
                item.add_marker(pytest.mark.skip(reason=NO_KAFKA))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Tells fixtures whether the test failed, and adds the daemons' logs to a failure."""
    report = (yield).get_result()
    if report.when == "call":
        item.failed_call = report.failed
        if report.failed:
            for daemon in getattr(item, "daemons", []):
                report.sections.append((f"log of the daemon on port {daemon.port}", daemon.log()[-20_000:]))


@pytest.fixture(scope="session")
def program():
    """The daemon, for tests that need no Kafka."""
    path = pathlib.Path(os.environ.get("PENSTOCK_BINARY", ROOT / ".build/release/penstock")).resolve()
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not there: `swift build -c release --product penstock`, or set PENSTOCK_BINARY")
    return path


@pytest.fixture(scope="session")
def binary(program):
    """The daemon, for tests that need a Kafka."""
    return program


@pytest.fixture(scope="session")
def examples():
    """The folder of the built example programs."""
    path = pathlib.Path(os.environ.get("PENSTOCK_EXAMPLES", ROOT / ".build/release")).resolve()
    for name in ("TypedPipeline", "CustomAggregation", "Embedding"):
        if not os.access(path / name, os.X_OK):
            pytest.fail(f"{path / name} is not there: `swift build -c release --package-path Examples --scratch-path .build`, or set PENSTOCK_EXAMPLES")
    return path


@pytest.fixture(scope="session")
def brokers(tmp_path_factory):
    """One Kafka for the whole run."""
    if BROKERS and not KAFKA_HOME:
        yield BROKERS
        return
    if not KAFKA_HOME:
        pytest.skip(NO_KAFKA)
    node = KafkaNode(KAFKA_HOME, tmp_path_factory.mktemp("kafka"))
    try:
        yield node.start().bootstrap
    finally:
        node.close()


@pytest.fixture(scope="session")
def cluster(brokers):
    cluster = Cluster(brokers)
    yield cluster
    if not KAFKA_HOME:
        cluster.delete_created()


def _need_own_node():
    if not KAFKA_HOME:
        pytest.skip("this test ends or starts its own broker, which needs KAFKA_HOME" if BROKERS else NO_KAFKA)


@pytest.fixture(scope="module")
def own_node(tmp_path_factory):
    """A broker that tests of one file may kill and pause. They leave it running."""
    _need_own_node()
    node = KafkaNode(KAFKA_HOME, tmp_path_factory.mktemp("own-kafka"))
    try:
        yield node.start()
    finally:
        node.close()


@pytest.fixture
def unstarted_node(tmp_path):
    """A broker that has its port and does not run yet."""
    _need_own_node()
    node = KafkaNode(KAFKA_HOME, tmp_path / "kafka")
    try:
        yield node
    finally:
        node.close()


@pytest.fixture
def unique(request):
    """A word that no other test, and no earlier run, has in its names."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def new_daemon(request, binary, tmp_path):
    """Makes daemons: new_daemon(brokers, environment=..., data_dir=...). One that ended by itself fails the test."""
    request.node.daemons = made = []

    def make(brokers, environment=None, data_dir=None, start=True, arguments=()):
        number = len(made)
        daemon = Daemon(binary, data_dir or tmp_path / f"data-{number}", brokers, tmp_path / f"daemon-{number}.log", environment, arguments)
        made.append(daemon)
        return daemon.start() if start else daemon
    yield make
    ended = {daemon.port: code for daemon in made if (code := daemon.close()) is not None}
    if ended and not getattr(request.node, "failed_call", False):
        pytest.fail(f"daemons ended by themselves (port: exit code): {ended}\n" + "\n".join(d.log()[-6000:] for d in made if d.port in ended))


@pytest.fixture
def open_output():
    """Opens readers of output topics that are closed at the end of the test."""
    opened = []

    def open_one(cluster, topic):
        opened.append(Output(cluster, topic))
        return opened[-1]
    yield open_one
    for output in opened:
        output.close()


@pytest.fixture
def new_world(request, binary, tmp_path, unique):
    """Two daemons over pipelines that are fed all the time: new_world(cluster, guarantee, kinds=..., seed=..., changes=...)."""
    worlds = []
    request.node.daemons = []

    def make(cluster, guarantee, kinds=("tumbling",), seed=1, **options):
        prefix = f"{unique}-{len(worlds)}"
        folder = tmp_path / prefix
        folder.mkdir()
        worlds.append(World(binary, cluster, options.pop("folder", folder), guarantee, seed, kinds, prefix, **options))
        request.node.daemons += [member.daemon for member in worlds[-1].members]
        return worlds[-1]
    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system needs root and mount: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def plan():
    """Random numbers of the test alone."""
    return random.Random(1)
