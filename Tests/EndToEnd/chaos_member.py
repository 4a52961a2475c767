"""A daemon of the group: its own data folder, the same pipelines as the other one."""
import os
import random
import shutil
import signal

import chaos_jobs
from daemon import Daemon
from waiting import wait_until

DOWN, UP, STOPPED = "down", "up", "stopped"


class Member:
    """`up`: it runs the pipelines; `stopped`: its process runs, its pipelines do not."""

    def __init__(self, letter, binary, folder, brokers, specs, environment):
        self.letter, self.specs, self.environment = letter, specs, dict(environment)
        self.daemon = Daemon(binary, folder / f"data-{letter}", brokers, folder / f"daemon-{letter}.log", environment)
        self.copies = folder / f"copies-{letter}"
        self.state = DOWN
        # {pipeline: {partition: offset}} that its process began at, where nothing but it can have moved them since.
        self.resumed = {}

    def start(self):
        self.daemon.start()
        self._run_pipelines()

    def start_to_crash(self, point):
        """Starts it so that it kills itself at a point of the commit. Returns whether it got there within a few seconds; it is down then."""
        self.resumed = {}
        self.daemon.environment = {**self.environment, "PENSTOCK_CRASH_AT": point}
        self.daemon.launch()
        self.daemon.environment = dict(self.environment)

    def crashed(self):
        """It ended at the point. Down from now on."""
        code = self.daemon.process.poll()
        if code is None:
            return False
        assert code == -signal.SIGKILL, f"the daemon ended by itself with {code}:\n{self.daemon.log()[-6000:]}"
        self.daemon.process = None
        self.state = DOWN
        return True

    def _run_pipelines(self):
        for spec in self.specs:
            name = spec["name"]
            if self.daemon.get(f"/v1/pipelines/{name}").status == 404:
                self.daemon.create(spec)
            elif self.state == STOPPED:
                answer = self.daemon.post(f"/v1/pipelines/{name}/start")
                assert answer.status in (200, 202), answer
        self.state = UP

    def resume(self):
        """Runs the pipelines again, whatever it did not do before."""
        if self.state == STOPPED:
            self._run_pipelines()
        elif self.state == DOWN:
            self.start()

    def kill(self):
        self.resumed = {}
        self.daemon.kill9()
        self.state = DOWN

    def term(self):
        self.resumed = {}
        took = self.daemon.term()
        self.state = DOWN
        return took

    def stop_pipelines(self):
        self.resumed = {}
        for spec in self.specs:
            answer = self.daemon.post(f"/v1/pipelines/{spec['name']}/stop", headers={"Prefer": "wait=30"})
            assert answer.status == 200, answer
        self.state = STOPPED

    def freeze(self):
        self.daemon.check_alive()
        self.daemon.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.daemon.process.send_signal(signal.SIGCONT)

    def check_alive(self):
        """It has not ended by itself, and no pipeline has given up."""
        if self.state == DOWN:
            return
        self.daemon.check_alive()
        for spec in self.specs:
            body = self.daemon.pipeline(spec["name"])
            assert body["phase"] != "failed", f"{spec['name']} failed on {self.letter}: {body['last_error']}\n{self.daemon.log()[-4000:]}"

    # Its files, while it is down.

    def state_folder(self, name):
        return self.daemon.data_dir / "pipelines" / name / "state"

    def keep_copy(self):
        shutil.rmtree(self.copies, ignore_errors=True)
        for spec in self.specs:
            if self.state_folder(spec["name"]).exists():
                shutil.copytree(self.state_folder(spec["name"]), self.copies / spec["name"])

    def put_back_copy(self, name):
        shutil.rmtree(self.state_folder(name), ignore_errors=True)
        shutil.copytree(self.copies / name, self.state_folder(name))

    def wipe(self, name=None):
        """The state of one pipeline, or the whole data folder."""
        if name is not None:
            shutil.rmtree(self.state_folder(name), ignore_errors=True)
        else:
            shutil.rmtree(self.daemon.data_dir, ignore_errors=True)
            shutil.rmtree(self.copies, ignore_errors=True)

    def close(self):
        self.daemon.close()


def damage(path, how, rng):
    """Makes a file of the state unreadable, or readable and wrong."""
    data = bytearray(path.read_bytes())
    if how == "cut":
        os.truncate(path, rng.randrange(len(data)))
    elif how == "emptied":
        os.truncate(path, 0)
    elif how == "flipped":
        for _ in range(max(16, len(data) // 500)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
    elif how == "overwritten":
        path.write_bytes(random.Random(rng.random()).randbytes(len(data)))
    else:
        raise ValueError(how)


DAMAGES = ("cut", "emptied", "flipped", "overwritten")


def wait_crash(member, deadline):
    """Whether it killed itself at its point in time."""
    try:
        wait_until(member.crashed, deadline, "the crash", every=0.01)
        return True
    except AssertionError:
        if member.daemon.process is None or member.daemon.process.poll() is not None:
            raise
        return False
