"""SIGKILL at random moments of random writes: what was acknowledged is there afterwards, what was not is there wholly or not at all."""
import http.client
import json
import os
import random
import threading
import time

import pytest

from waiting import free_port, wait_until

WRITES = 600
CLIENTS = 3
NAMES_EACH = 3
# So long at most between a start and its SIGKILL.
ROUND_S = 2.0
FILES = {"spec.json", "history.jsonl", "totals.json", "state"}
MORE_ACTIONS = {"start": "running", "stop": "stopped", "pause": "paused", "resume": "running", "restart": "running"}


class State:
    """What a pipeline may be: None (not there), or (description, generation, desired)."""

    def __init__(self):
        self.possible = {None}

    def known(self, state):
        self.possible = {state}

    def maybe(self, change):
        self.possible |= {change(state) for state in self.possible}


class Writer:
    """A client with pipelines of its own, one write after the other, and what is known of them."""

    def __init__(self, number, seed):
        self.rng = random.Random(f"{seed}/{number}")
        self.states = {f"w{number}-{n}": State() for n in range(NAMES_EACH)}
        self.count = 0
        self.acknowledged = 0
        self.unanswered = 0
        self.refused = 0
        self.wrong = []
        self.history = []

    def spec(self, name):
        self.count += 1
        return {
            "name": name, "description": f"{name} {self.count}" + " x" * self.rng.choice([0, 0, 10, 2_000]),
            "kafka": {"input_topics": [f"{name}-in"], "output_topic": f"{name}-out"}, "window": {"type": "tumbling", "size_ms": 60_000},
            "aggregations": ["count"], **self.rng.choice([{}, {}, {"desired": "running"}, {"desired": "stopped"}, {"desired": "paused"}]),
        }

    def write(self, daemon):
        """One write. False if the daemon went away."""
        rng, name = self.rng, self.rng.choice(list(self.states))
        state, kind = self.states[name], self.rng.choice(["create", "create", "put", "put", "put", "delete", "act", "act", "act"])
        body = None
        if kind == "create":
            body = self.spec(name)
            method, path = "POST", "/v1/pipelines"

            def change(before):
                return before or (body["description"], 1, body.get("desired", "stopped"))
        elif kind == "put":
            body = self.spec(name)
            method, path = "PUT", f"/v1/pipelines/{name}"

            def change(before):
                return (body["description"], (before[1] if before else 0) + 1, body.get("desired", before[2] if before else "stopped"))
        elif kind == "delete":
            method, path = "DELETE", f"/v1/pipelines/{name}"

            def change(_before):
                return None
        else:
            action = rng.choice(list(MORE_ACTIONS))
            method, path = "POST", f"/v1/pipelines/{name}/{action}"

            def change(before):
                return before and (before[0], before[1], MORE_ACTIONS[action])
        try:
            answer = daemon.request(method, path, body, timeout=30)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            state.maybe(change)
            if kind == "delete":  # on its way out it is stopped first
                state.maybe(lambda before: before and (before[0], before[1], "stopped"))
            self.history.append((method, path, "no answer"))
            return False
        self.history.append((method, path, answer.status))
        if answer.status >= 400:
            self.refused += 1
            if answer.status not in (404, 409):
                self.wrong.append(f"{method} {path}: {answer}")
            elif answer.status == 404 and not (None in state.possible or kind == "act" or kind == "delete"):
                self.wrong.append(f"{method} {path}: {answer}, but it may only be {state.possible}")
            if answer.status == 404:
                state.known(None)
            return True
        self.acknowledged += 1
        if answer.status == 204:
            state.known(None)
        elif kind == "delete":  # under way
            state.maybe(change)
            state.maybe(lambda before: before and (before[0], before[1], "stopped"))
        elif kind in ("create", "put"):
            state.known((body["description"], answer.body["generation"], answer.body["desired"]))
            if body.get("desired", answer.body["desired"]) != answer.body["desired"]:
                self.wrong.append(f"{method} {path} with desired {body['desired']}: {answer.body['desired']}")
        else:
            state.possible = {before and (before[0], answer.body["generation"], answer.body["desired"]) for before in state.possible}
        return True

    def run(self, daemon, ends):
        while not ends.is_set() and self.write(daemon):
            pass


def found(daemon):
    """{name: state} as REST shows it."""
    names = [item["name"] for item in daemon.get("/v1/pipelines?limit=500").body["items"]]
    bodies = {name: daemon.get(f"/v1/pipelines/{name}") for name in names}
    bodies = {name: answer.body for name, answer in bodies.items() if answer.status == 200}  # a delete may go on
    return {name: ((body["spec"] or {}).get("description"), body["generation"], body["desired"]) for name, body in bodies.items()}, bodies


def check_folder(daemon, names):
    home = daemon.data_dir / "pipelines"
    # A file that is replaced just now has a second one beside it for a moment, such as the one that tells whether the folder can be written.
    wait_until(lambda: set(os.listdir(daemon.data_dir)) == {".writable", "LOCK", "pipelines", "store-id"}, 10, lambda: f"only ours: {os.listdir(daemon.data_dir)}")
    assert sorted(os.listdir(home)) == sorted(names), f"folders {sorted(os.listdir(home))}, pipelines {sorted(names)}"
    for name in names:
        wait_until(lambda: set(os.listdir(home / name)) <= FILES, 10, lambda: f"{name} holds {os.listdir(home / name)}")
        files = set(os.listdir(home / name))
        assert "spec.json" in files, f"{name} holds {sorted(files)}"
        json.loads((home / name / "spec.json").read_text())
        for line in (home / name / "history.jsonl").read_text().splitlines() if "history.jsonl" in files else []:
            json.loads(line)


@pytest.mark.parametrize("seed", [int(os.environ.get("PENSTOCK_FUZZ_SEED", 0)) or random.SystemRandom().randrange(1_000_000)])
def test_what_was_acknowledged_outlives_sigkill_and_nothing_is_half_there(new_daemon, seed):
    daemon = new_daemon(f"127.0.0.1:{free_port()}")
    plan = random.Random(seed)
    writers = [Writer(number, seed) for number in range(CLIENTS)]
    kills = 0
    while sum(w.acknowledged + w.unanswered for w in writers) < WRITES:
        ends = threading.Event()
        threads = [threading.Thread(target=writer.run, args=(daemon, ends)) for writer in writers]
        for thread in threads:
            thread.start()
        begun, ends_after = time.monotonic(), plan.uniform(0.05, ROUND_S)
        writes = sum(len(w.history) for w in writers) + plan.randrange(1, 60)
        # Whatever comes first; writes take as long as the disk does.
        wait_until(lambda: sum(len(w.history) for w in writers) >= writes or time.monotonic() - begun > ends_after, 30, "writes are made", every=0.0005)
        daemon.kill9()
        kills += 1
        for thread in threads:
            thread.join(timeout=40)
        ends.set()
        daemon.start()
        told = f"seed {seed}, after SIGKILL {kills}"
        # A delete that was under way may go on.
        seen, bodies = found(daemon)
        for writer in writers:
            assert not writer.wrong, f"{told}: {writer.wrong}"
            for name, state in writer.states.items():
                assert seen.get(name) in state.possible, (
                    f"{told}: {name} is {str(seen.get(name))[:300]}, it may be {str(state.possible)[:900]}; last writes: "
                    f"{[entry for entry in writer.history if name in entry[1] or entry[1] == '/v1/pipelines'][-8:]}")
                state.known(seen.get(name))
        for name, body in bodies.items():
            assert body["health"] != "failing" or body["phase"] in ("backoff", "starting"), f"{told}: {name} is {body['phase']}: {body['last_error']}"
            assert (body["last_error"] or {}).get("code", "").split(".")[0] not in ("spec", "data_dir", "disk", "state"), f"{told}: {name}: {body['last_error']}"
        check_folder(daemon, seen)
    total = [sum(getattr(w, what) for w in writers) for what in ("acknowledged", "unanswered", "refused")]
    print(f"seed {seed}: {total[0]} writes acknowledged, {total[1]} cut off, {total[2]} refused, over {kills} SIGKILLs")
    assert kills >= 10
    assert "set aside" not in daemon.log() and "corrupt" not in daemon.log(), daemon.log()[-3_000:]


def test_what_sigkill_leaves_of_a_file_that_is_being_replaced_is_cleared_up(new_daemon, unique):
    daemon = new_daemon(f"127.0.0.1:{free_port()}")
    daemon.create(Writer(0, 1).spec(unique), running=False)
    home = daemon.data_dir / "pipelines"
    daemon.kill9()
    for name in ("spec.json", "totals.json", "history.jsonl"):
        (home / unique / f"{name}.new").write_text("{")
    (home / "half").mkdir()
    (home / "half" / "spec.json.new").write_text("{")
    daemon.start()
    assert daemon.pipeline(unique)["desired"] in ("stopped", "running", "paused")
    check_folder(daemon, [unique])
