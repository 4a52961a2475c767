"""Runs schemathesis against a daemon with its embedded broker, by the description that the daemon itself serves.

api_fuzz.py --seconds N [--seed N] --binary FILE --tools FOLDER [--keep FOLDER]

Long runs are rounds of at most two minutes, each with a new daemon and the next seed, so that a failure comes again in a short run.
--tools: the bin folder of a Python environment with what is in tools.txt. --keep: a folder where the work of each round stays. Exit code 0
only if no check failed and every daemon drained and ended cleanly. A round in which Python itself crashes (seen with Debian's 3.11.2, in
threads of schemathesis) is run once more.
"""
import argparse
import os
import pathlib
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from daemon import EmbeddedDaemon  # noqa: E402
from waiting import die_with_parent  # noqa: E402

HOOKS = pathlib.Path(__file__).parent
# A spec can be valid by the schema and wrong by a rule that no schema says, hence 422; a request can be right and come at a wrong time.
# 503 is documented wherever it can come: the embedded broker refuses to move the offsets of a group that has had members.
CONFIGURATION = """\
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "400", "404", "409", "412", "413", "414", "422", "431", "503"]
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "409", "412", "413", "414", "415", "422", "431", "503"]
"""
# Without an end, so test_openapi.py reads it instead.
ENDLESS = ["getPipelineResults"]
# What it makes up it keeps: one run of ten minutes took 24 GB. Hence the rounds, and a limit for each.
ROUND_SECONDS = 120
MEMORY_BYTES = 3 << 30


def bounded():
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def run(binary, tools, seconds, seed, work):
    """Returns the exit code of schemathesis and the daemon's fault, if it has one."""
    work = pathlib.Path(work)
    tokens = work / "tokens"
    token = secrets.token_hex(16)
    tokens.write_text(f"admin:{token}\n")
    daemon = EmbeddedDaemon(binary, work / "data", work / "daemon.log", ["--token-file", str(tokens)]).start()
    try:
        (work / "schemathesis.toml").write_text(CONFIGURATION)
        arguments = [str(pathlib.Path(tools) / "st"), "--config-file", str(work / "schemathesis.toml"), "run", f"http://127.0.0.1:{daemon.port}/openapi.json",
                     "--checks", "all", "--max-time", str(seconds), "--seed", str(seed), "--header", f"Authorization: Bearer {token}",
                     "--request-timeout", "70", "--continue-on-failure", "--no-color", "--warnings", "off", "--generation-database", "none",
                     "--report", "ndjson", "--report-ndjson-path", str(work / "events.ndjson")]
        for operation in ENDLESS:
            arguments += ["--exclude-operation-id", operation]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "api_fuzz_hooks", "PYTHONPATH": str(HOOKS), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONFAULTHANDLER": "1",
                       "COLUMNS": "140"}
        code = subprocess.run(arguments, cwd=work, env=environment, stdin=subprocess.DEVNULL, preexec_fn=bounded, check=False,
                              timeout=seconds + 240).returncode
        fault = None
        try:
            daemon.term()
        except AssertionError as error:
            fault = str(error)
        return code, fault
    finally:
        daemon.close()


def run_round(options, seconds, seed):
    with tempfile.TemporaryDirectory() as work:
        if options.keep:
            work = tempfile.mkdtemp(prefix=f"{seed}-", dir=options.keep)
        return run(options.binary, options.tools, seconds, seed, work)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--keep")
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    rounds = max(1, -(-options.seconds // ROUND_SECONDS))
    if options.keep:
        pathlib.Path(options.keep).mkdir(parents=True, exist_ok=True)
    failed = []
    for seed in range(first, first + rounds):
        print(f"seed {seed}", flush=True)
        begun = time.monotonic()
        code, fault = run_round(options, options.seconds // rounds, seed)
        if code < 0 and not fault:
            print(f"seed {seed}: schemathesis was ended by signal {-code}, which says nothing of the daemon: once more", flush=True)
            code, fault = run_round(options, options.seconds // rounds, seed)
        print(f"seed {seed}, {time.monotonic() - begun:.0f} s, schemathesis ended with {code}" + (f"; {fault}" if fault else ""), flush=True)
        if code or fault:
            failed.append(seed)
    print(f"{rounds} rounds, {len(failed)} failed" + (f": seeds {failed}" if failed else ""), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
