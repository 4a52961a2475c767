"""Tokens and TLS of the daemon's own API; brokers that want passwords and certificates."""
import json
import os
import pathlib
import signal
import ssl
import time

import pytest

from certificates import Authority
from kafka_node import KafkaNode
from test_control import Record, plain_spec
from topics import Cluster, read_all
from waiting import free_port, wait_until

HOME = os.environ.get("KAFKA_HOME")
PASSWORD = "correct-horse-battery"
READ, ADMIN = "reader-token-1", "admin-token-1"


# The daemon's own API

def test_tokens_are_read_again_on_sighup_and_a_bad_file_changes_nothing(brokers, new_daemon, tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# two\nread:{READ}\nadmin:{ADMIN}\n")
    daemon = new_daemon(brokers, arguments=["--token-file", str(file)])

    def status(token, method="GET", path="/v1/pipelines"):
        return daemon.request(method, path, headers={"Authorization": f"Bearer {token}"}).status
    assert daemon.get("/v1/pipelines").status == 401 and daemon.get("/livez").status == 200
    assert (status(READ), status(READ, "POST"), status(ADMIN, "POST")) == (200, 403, 400)
    file.write_text("nonsense\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the tokens of before go on" in daemon.log(), 10, daemon.log)
    assert status(READ) == 200
    file.write_text("read:another-token\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: status("another-token") == 200, 10, daemon.log)
    assert status(READ) == 401 and status(ADMIN) == 401
    assert READ not in daemon.log() and ADMIN not in daemon.log()


def test_the_api_speaks_tls_with_the_certificate_it_is_given(brokers, new_daemon, tmp_path):
    authority = Authority(tmp_path / "ca")
    certificate, key = authority.issue("daemon")
    daemon = new_daemon(brokers, start=False, arguments=["--tls-cert", str(certificate), "--tls-key", str(key)])
    daemon.tls = ssl.create_default_context(cafile=authority.certificate)
    daemon.start()
    assert daemon.get("/version").status == 200
    wait_until(lambda: f"listening on https://127.0.0.1:{daemon.port}" in daemon.log(), 10, "it says where it listens")
    old = ssl.create_default_context(cafile=authority.certificate)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    daemon.tls = old
    with pytest.raises((ssl.SSLError, OSError)):
        daemon.get("/version")


def test_other_machines_need_a_token_or_the_word_insecure(binary, tmp_path):
    import subprocess
    done = subprocess.run([binary, "serve", "--listen", f"0.0.0.0:{free_port()}", "--data-dir", tmp_path / "d"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "--token-file" in done.stderr and "--insecure" in done.stderr


def test_the_data_folder_is_for_its_owner_alone(brokers, new_daemon, unique):
    daemon = new_daemon(brokers)
    daemon.create(plain_spec(unique), running=False)
    for path in [daemon.data_dir, *pathlib.Path(daemon.data_dir).rglob("*")]:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue  # one that had its name for a moment only, until it replaced another
        assert mode & 0o077 == 0, f"{path} is open to others: {oct(mode)}"


# Brokers

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory, authority):
    """A node with a plain listener for the tests, and one for each way in."""
    if not HOME:
        pytest.skip("it starts a broker with TLS and SASL, which needs KAFKA_HOME")
    certificate, key = authority.issue("broker")

    def pem(path):
        return path.read_text().strip().replace("\n", "\\n")
    listeners = {"PLAIN": (free_port(), "SASL_PLAINTEXT"), "SECURE": (free_port(), "SASL_SSL"), "MUTUAL": (free_port(), "SSL")}
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.plain.plain.sasl.jaas.config": f'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="{PASSWORD}";',
        "listener.name.plain.scram-sha-512.sasl.jaas.config": scram, "listener.name.plain.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.secure.scram-sha-512.sasl.jaas.config": scram, "listener.name.secure.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.secure.plain.sasl.jaas.config": f'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="{PASSWORD}";',
        "listener.name.secure.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512", "listener.name.plain.sasl.enabled.mechanisms": "PLAIN",
        "ssl.keystore.type": "PEM", "ssl.truststore.type": "PEM", "ssl.keystore.certificate.chain": pem(certificate), "ssl.keystore.key": pem(key),
        "ssl.truststore.certificates": pem(authority.certificate), "listener.name.mutual.ssl.client.auth": "required",
    }
    node = KafkaNode(HOME, tmp_path_factory.mktemp("secured"), settings=settings, listeners=listeners, format_arguments=[
        "--add-scram", f"SCRAM-SHA-256=[name=bob,password={PASSWORD}]", "--add-scram", f"SCRAM-SHA-512=[name=bob,password={PASSWORD}]"])
    try:
        node.start()
        yield node, {name: f"127.0.0.1:{port}" for name, (port, _) in listeners.items()}
    finally:
        node.close()


def connection(way):
    """(listener, properties of both clients)"""
    tls = {"ssl.ca.pem": "${file:ca.pem}"}
    return {
        "plain": ("PLAIN", {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "alice", "sasl.password": "${env:KAFKA_PASSWORD}"}),
        "plain-tls": ("SECURE", {"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "alice",
                                "sasl.password": "${file:password}", **tls}),
        "scram-256": ("SECURE", {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "bob",
                                "sasl.password": "${file:password}", **tls}),
        "scram-512": ("SECURE", {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "bob",
                                "sasl.password": "${file:password}", **tls}),
        "certificate": ("MUTUAL", {"security.protocol": "ssl", "ssl.certificate.pem": "${file:client.pem}", "ssl.key.pem": "${file:client.key}", **tls}),
    }[way]


@pytest.fixture
def secrets(tmp_path, authority):
    folder = tmp_path / "secrets"
    folder.mkdir()
    certificate, key = authority.issue("client")
    (folder / "ca.pem").write_text(authority.certificate.read_text())
    (folder / "client.pem").write_text(certificate.read_text())
    (folder / "client.key").write_text(key.read_text())
    (folder / "password").write_text(PASSWORD + "\n")
    return folder


def secured_spec(name, listeners, way, **properties):
    listener, both = connection(way)
    both = {**both, **properties}
    spec = plain_spec(name, watermark={"max_delay_ms": 0})
    spec["kafka"].update(brokers=listeners[listener], consumer_config=both, producer_config=both)
    return spec


def check_no_secret(daemon, name, *secrets):
    """In nothing that it says, logs or writes."""
    said = daemon.log()
    for part in ("", "/spec", "/health", "/stats", "/offsets", "/explain", "/events?follow=false"):
        said += json.dumps(daemon.get(f"/v1/pipelines/{name}{part}").body)
    for file in pathlib.Path(daemon.data_dir).rglob("*"):
        try:
            said += file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""
        except FileNotFoundError:
            pass  # one that had its name for a moment only, until it replaced another
    for secret in secrets:
        assert secret not in said


def client_speaks_scram():
    """Kafka refuses SCRAM of older ones from 4.0 on (confluentinc/librdkafka#4895)."""
    import confluent_kafka
    return confluent_kafka.libversion()[1] >= 0x02060100


@pytest.mark.parametrize("way", ["scram-256", "scram-512"])
def test_where_the_client_is_too_old_for_scram_the_pipeline_says_so(way, secured, new_daemon, unique, secrets):
    if client_speaks_scram():
        pytest.skip("this librdkafka speaks SCRAM as Kafka wants it")
    node, listeners = secured
    daemon = new_daemon("127.0.0.1:1", arguments=["--secrets-dir", str(secrets)])
    daemon.create(secured_spec(unique, listeners, way))
    daemon.wait_phase(unique, "failed", deadline=15)
    error = daemon.pipeline(unique)["last_error"]
    assert error["code"] == "kafka.authentication_failed" and "librdkafka before 2.6.1" in error["advice"], error


@pytest.mark.parametrize("way", ["plain", "plain-tls", "certificate"] + (["scram-256", "scram-512"] if client_speaks_scram() else []))
@pytest.mark.parametrize("guarantee", ["at_least_once", "exactly_once"])
def test_a_pipeline_runs_through_a_secured_listener(way, guarantee, secured, new_daemon, unique, secrets):
    node, listeners = secured
    cluster = Cluster(node.bootstrap)
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=1)
    cluster.produce(f"{unique}-in", [Record(0, json.dumps({"ts": ts}).encode(), b"k") for ts in (1_000, 1_100, 10_000)])
    daemon = new_daemon("127.0.0.1:1", environment={"KAFKA_PASSWORD": PASSWORD}, arguments=["--secrets-dir", str(secrets)])
    spec = secured_spec(unique, listeners, way)
    daemon.create({**spec, "delivery": {"guarantee": guarantee}})
    wait_until(lambda: daemon.stats(unique)["messages_produced"] == 1, 30,
               lambda: f"a result comes out: {daemon.pipeline(unique)} {daemon.log()}")
    # A transaction may not be committed yet.
    wait_until(lambda: [row.value["count"] for row in read_all(cluster, f"{unique}-out")] == [2], 20, "readers see it")
    assert daemon.get(f"/v1/pipelines/{unique}/spec").body["kafka"]["consumer_config"] == spec["kafka"]["consumer_config"]
    wait_until(lambda: daemon.get(f"/v1/pipelines/{unique}/health").body["health"] == "ok", 15, lambda: daemon.get(f"/v1/pipelines/{unique}/health"))
    check_no_secret(daemon, unique, PASSWORD, "PRIVATE KEY")


@pytest.mark.parametrize("way", ["plain"] + (["scram-512"] if client_speaks_scram() else []))
def test_a_wrong_password_fails_the_pipeline_with_that_reason_and_a_right_one_mends_it(way, secured, new_daemon, unique, secrets):
    node, listeners = secured
    cluster = Cluster(node.bootstrap)
    cluster.create(f"{unique}-in", f"{unique}-out", partitions=1)
    (secrets / "password").write_text("wrong-password-1")
    daemon = new_daemon("127.0.0.1:1", environment={"KAFKA_PASSWORD": PASSWORD}, arguments=["--secrets-dir", str(secrets)])
    created = time.monotonic()
    daemon.create(secured_spec(unique, listeners, way, **{"sasl.password": "${file:password}"}))
    daemon.wait_phase(unique, "failed", deadline=15)
    print(f"{way}: failed after {time.monotonic() - created:.1f} s")
    error = daemon.pipeline(unique)["last_error"]
    assert error["code"] == "kafka.authentication_failed" and "sasl.password" in error["advice"], error
    assert daemon.get(f"/v1/pipelines/{unique}/health").status == 503
    check_no_secret(daemon, unique, "wrong-password-1")
    (secrets / "password").write_text(PASSWORD)
    assert daemon.post(f"/v1/pipelines/{unique}/start").status in (200, 202)
    daemon.wait_phase(unique, "running", deadline=30)


def test_a_secret_that_is_not_there_fails_the_pipeline_and_names_the_reference(secured, new_daemon, unique, secrets):
    _, listeners = secured
    daemon = new_daemon("127.0.0.1:1", arguments=["--secrets-dir", str(secrets)])
    daemon.create(secured_spec(unique, listeners, "plain"))
    daemon.wait_phase(unique, "failed", deadline=10)
    error = daemon.pipeline(unique)["last_error"]
    assert error["code"] == "secret.missing" and "KAFKA_PASSWORD" in error["message"], error


def test_brokers_whose_certificate_is_not_trusted_are_named_as_the_reason(secured, new_daemon, unique, secrets, tmp_path):
    _, listeners = secured
    (secrets / "ca.pem").write_text(Authority(tmp_path / "other-ca", "Somebody else").certificate.read_text())
    daemon = new_daemon("127.0.0.1:1", arguments=["--secrets-dir", str(secrets)])
    daemon.create(secured_spec(unique, listeners, "scram-512"))
    wait_until(lambda: (daemon.pipeline(unique)["last_error"] or {}).get("code") == "kafka.tls_failed", 15, lambda: f"it says so: {daemon.pipeline(unique)}")
    wait_until(lambda: daemon.get(f"/v1/pipelines/{unique}/health").status == 503, 20, "and is failing")
