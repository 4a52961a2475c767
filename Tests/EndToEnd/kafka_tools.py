"""Kafka's own command-line classes, for what the Python client of Debian cannot do."""
import json
import os
import subprocess


def run(home, name, *arguments):
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{os.path.abspath(home)}/libs/*", name,
         *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{name} {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def delete_group(home, brokers, group):
    """The group must be empty."""
    run(home, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", brokers, "--delete", "--group", group)


def delete_records(home, brokers, topic, below, folder):
    """`below`: {partition: new log start}"""
    file = folder / "delete-records.json"
    file.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": p, "offset": offset} for p, offset in below.items()]}))
    run(home, "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", brokers, "--offset-json-file", file)


def acl(home, brokers, *arguments):
    run(home, "org.apache.kafka.tools.AclCommand", "--bootstrap-server", brokers, "--force", *arguments)


def transactions(home, brokers, topics):
    """In words, for a failure: what each transaction's coordinator says, and the producers that the partitions of `topics` have open."""
    name = "org.apache.kafka.tools.TransactionsCommand"
    said = [run(home, name, "--bootstrap-server", brokers, "list")]
    for topic, partitions in topics.items():
        for partition in range(partitions):
            producers = run(home, name, "--bootstrap-server", brokers, "describe-producers", "--topic", topic, "--partition", partition).splitlines()
            said += [f"{topic}/{partition}: {line}" for line in producers[1:] if "None" not in line.split()[-1:]]
    return "\n".join(said)
