"""What is done to the world in one round. Each action draws what it needs from the plan's random numbers and returns what it did, in words."""
import time

from chaos_jobs import SESSION_TIMEOUT_MS
from chaos_member import DAMAGES, UP, damage, wait_crash

# Named points of a commit and of a load.
POINTS = {
    "exactly_once": ["begun", "produced", "snapshot", "delivered", "stored", "offsets_sent", "committed", "promoted", "loading", "rebuilding",
                     "live", "revoked", "aborted"],
    "at_least_once": ["snapshot", "delivered", "stored", "group_committed", "loading", "rebuilding", "live", "revoked"],
}
REACHED_WITHIN_S = 8


class Actions:
    """`plan`: random numbers of the plan alone, so that the same seed does the same things."""

    def __init__(self, world, node, plan):
        self.world, self.node, self.plan = world, node, plan
        # {point: [how often it was reached, how often not]}
        self.points = {point: [0, 0] for point in POINTS[world.guarantee]}

    @property
    def names(self):
        """Every action, as often as it should be among them."""
        return [f"crash_at_{point}" for point in self.points] + [
            "kill", "kill", "term", "kill_broker", "pause_broker", "kill_in_broker_pause", "join_or_leave", "join_or_leave", "join_or_leave",
            "pause_member", "wipe", "damage", "older"]

    def run(self, name):
        # A fault meets the daemon at work, not at a fixed distance from the one before.
        time.sleep(1.5 * self.plan.random())
        if name.startswith("crash_at_"):
            return self._crash_at(name.removeprefix("crash_at_"))
        return getattr(self, f"_{name}")()

    def _some(self):
        """One of the daemons that run the pipelines; the first is brought back if there is none."""
        if not self.world.running:
            self.world.members[0].resume()
        return self.plan.choice(self.world.running)

    def _other(self, member):
        return self.world.members[1 - self.world.members.index(member)]

    def _end(self, member):
        """SIGKILL, or a clean stop. It is down; a copy of its files is kept for later, if there is none."""
        how = self.plan.choice(["kill", "kill", "term"])
        getattr(member, how)()
        if not member.copies.exists():
            member.keep_copy()
        return f"{how} {member.letter}"

    # A crash of a daemon

    def _crash_at(self, point):
        member = self._some()
        other = self._other(member)
        often = self.plan.randrange(1, 13)
        said = self._end(member)
        if point in ("rebuilding", "live"):
            name = self.plan.choice(list(self.world.names.values()))
            member.wipe(name)
            said += f", wipe {name}"
        at = f"{point}:{1 if point in ('rebuilding', 'live', 'revoked', 'aborted') else often % 3 + 1 if point == 'loading' else often}"
        member.start_to_crash(at)
        crashed = None
        if point == "revoked":
            crashed = self._rebalance(member, other)
        elif point == "aborted":
            crashed = self._break_transactions(member)
        crashed = crashed or wait_crash(member, REACHED_WITHIN_S)
        self.points[point][0 if crashed else 1] += 1
        if not crashed:
            member.state = UP
            member.kill()
        member.start()
        return f"{said}, {member.letter} crashes at {at}{'' if crashed else ' (not reached)'}"

    def _rebalance(self, member, other):
        """Lets the group ask for the member's partitions once it has some."""
        if wait_crash(member, 3):
            return True
        if other.state == UP:
            other.stop_pipelines()
            if wait_crash(member, 2):
                return True
        other.resume()
        return wait_crash(member, REACHED_WITHIN_S)

    def _break_transactions(self, member):
        """The brokers forget the member while they stand still, and take its results, but not its offsets."""
        crashed = wait_crash(member, 2)
        for _ in range(2):
            if crashed:
                break
            self.node.pause()
            try:
                time.sleep(SESSION_TIMEOUT_MS / 1000 + 0.6)
            finally:
                self.node.resume()
            crashed = wait_crash(member, 3)
        return crashed

    def _kill(self):
        member = self._some()
        others = [each for each in self.world.running if each is not member and self.plan.random() < 0.5]
        down = self.plan.random() * 0.5
        for each in [member, *others]:
            each.kill()
        time.sleep(down)
        for each in [member, *others]:
            each.start()
        return f"kill {' and '.join(each.letter for each in [member, *others])}"

    def _term(self):
        member = self._some()
        alone = len(self.world.running) == 1
        took = member.term()
        resumed = self.world.committed() if alone else {}
        member.start()
        member.resumed = resumed
        return f"SIGTERM {member.letter}, drained in {took:.2f} s"

    # The broker

    def _outage(self):
        """It may last longer than a session: what is read again then is counted again."""
        for member in self.world.running:
            member.resumed = {}

    def _kill_broker(self):
        down = self.plan.random()
        self._outage()
        self.node.kill()
        time.sleep(down)
        self.node.start()
        return "kill the broker and start it"

    def _pause_broker(self):
        pause = 1 + 5 * self.plan.random()
        self._outage()
        self.node.pause()
        try:
            time.sleep(pause)
        finally:
            self.node.resume()
        return f"pause the broker for {pause:.1f} s"

    def _kill_in_broker_pause(self):
        member = self._some()
        pause = 0.3 + 1.7 * self.plan.random()
        self.node.pause()
        try:
            time.sleep(pause)
            member.kill()
        finally:
            self.node.resume()
        member.start()
        return f"pause the broker for {pause:.1f} s, kill {member.letter} meanwhile"

    # The group

    def _join_or_leave(self):
        member = self._some()
        other = self._other(member)
        way = self.plan.choice(["stop", "stop", "term", "kill"])
        if other.state != UP:
            # What the other one reads while it is there, this one does not.
            member.resumed = {}
            other.resume()
            return f"{other.letter} joins"
        if way == "stop":
            member.stop_pipelines()
        else:
            getattr(member, way)()
        return f"{member.letter} leaves by {way}"

    def _pause_member(self):
        member = self._some()
        pause = 0.5 + 2 * self.plan.random() if self._other(member).state != UP else SESSION_TIMEOUT_MS / 1000 + 0.5 + 2 * self.plan.random()
        member.resumed = {}
        member.freeze()
        try:
            time.sleep(pause)
        finally:
            member.thaw()
        return f"pause {member.letter} for {pause:.1f} s"

    # The disk

    def _wipe(self):
        member = self._some()
        whole = self.plan.random() < 0.5
        name = self.plan.choice(list(self.world.names.values()))
        said = self._end(member)
        member.wipe(None if whole else name)
        member.start()
        return f"{said}, wipe {'its data folder' if whole else name}"

    def _damage(self):
        member = self._some()
        name, how = self.plan.choice(list(self.world.names.values())), self.plan.choice(DAMAGES)
        said = self._end(member)
        files = sorted(path for path in member.state_folder(name).iterdir() if path.is_file() and path.stat().st_size > 0)
        if files:
            largest = max(files, key=lambda path: path.stat().st_size)
            damage(largest, how, self.plan)
            said += f", {largest.name} of {name} {how}"
        member.start()
        return said

    def _older(self):
        member = self._some()
        name = self.plan.choice(list(self.world.names.values()))
        said = self._end(member)
        if (member.copies / name).exists():
            member.put_back_copy(name)
            said += f", an older copy of {name} put back"
        if self.plan.random() < 0.5:
            member.keep_copy()
        member.start()
        return said
