"""Two daemons of one group over the same pipelines, the stream that these read, and what is known of it all."""
import os
import time

import chaos_jobs
import kafka_tools
import offsets
from checks import check_ledger
from chaos_feed import Feed
from chaos_groups import Groups
from chaos_jobs import JOBS, PARTITIONS, WITH_DEAD_LETTERS
from chaos_member import DOWN, UP, Member
from chaos_oracle import Expectation
from chaos_output import DeadLetters, Results
from chaos_reader import Reader
from waiting import wait_until

HOUR = 3_600_000
# From the end of a fault until everything sent by then is committed; a transaction whose owner is gone for good holds others up so long.
SETTLE_S = 100
# A result of a committed record can be hidden by an open transaction of another owner, until that is timed out.
HIDDEN_S = 60


class World:
    """`kinds`: of chaos_jobs.JOBS, a pipeline each. `changes`: to their specs. The first daemon runs from the start, the second one not."""

    def __init__(self, binary, cluster, folder, guarantee, seed, kinds=tuple(JOBS), prefix="chaos", fault=None, per_second=200, replication=1, changes=None):
        self.guarantee, self.cluster = guarantee, cluster
        self.members, self.feed, self.groups, self.reader = [], None, None, None
        try:
            self.topic = cluster.create(prefix, partitions=PARTITIONS, replication=replication)
            self.names = {kind: f"{prefix}-{kind}" for kind in kinds}
            self.results = {f"{name}-out": Results(kind, JOBS[kind], guarantee) for kind, name in self.names.items()}
            self.dead = DeadLetters(f"{self.names[WITH_DEAD_LETTERS]}-dead", guarantee) if WITH_DEAD_LETTERS in kinds else None
            outputs = [*self.results, *([self.dead.topic] if self.dead else [])]
            cluster.create(*outputs, partitions=2, replication=replication)
            specs = [chaos_jobs.spec(name, kind, self.topic, guarantee, **(changes or {})) for kind, name in self.names.items()]
            environment = {"PENSTOCK_FAULT": fault} if fault else {}
            self.members = [Member(letter, binary, folder, cluster.brokers, specs, environment) for letter in "ab"]
            self.expectation = Expectation(tuple(kinds))
            self.base = (int(time.time() * 1000) - 24 * HOUR) // 60_000 * 60_000
            self.feed = Feed(cluster, self.topic, seed, self.base, self.expectation, per_second).start()
            self.members[0].start()
            self.groups = Groups(cluster, self.topic, [f"penstock-{name}" for name in self.names.values()])
            self.reader = Reader(cluster, outputs)
        except BaseException:
            self.close()
            raise

    @property
    def _checks(self):
        return [*self.results.values(), *([self.dead] if self.dead else [])]

    @property
    def running(self):
        return [member for member in self.members if member.state == UP]

    def held(self, member):
        """{pipeline: the partitions of it that a daemon has}"""
        return {name: sorted(p["partition"] for lane in member.daemon.pipeline(name)["lanes"] for p in lane["partitions"]) for name in self.names.values()}

    def wait_shared(self, *counts, deadline=30):
        """Each daemon that runs has so many partitions of every pipeline, and together they have all."""
        def shared():
            each = [self.held(member) for member in self.running]
            return all([len(held[name]) for held in each] == list(counts) and sorted(sum((held[name] for held in each), [])) == list(range(PARTITIONS))
                       for name in self.names.values())
        wait_until(shared, deadline, lambda: f"the daemons have {counts} partitions: {self.said()}", every=0.05)

    def committed(self):
        """{pipeline: {partition: committed offset}}"""
        wait_until(self.groups.look, 20, "the coordinators answer")
        return {name: dict(self.groups.last[f"penstock-{name}"]) for name in self.names.values()}

    def warm_up(self):
        """Until windows of every pipeline came out, some are open, and all is right."""
        usual, self.feed.per_second = self.feed.per_second, 1_000
        wait_until(lambda: all(each.rows > 200 for each in self.results.values()) or self.settle("warm up"), 30, "windows come out", every=0)
        self.feed.per_second = usual
        self.settle("warm")

    def settle(self, number):
        """Waits until all that was sent before now is committed, and checks all that can be known."""
        marks = self.expectation.counts()
        looked = time.monotonic()

        def there():
            nonlocal looked
            self.feed.check()
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                for member in self.members:
                    member.check_alive()
            return self.groups.reached(marks)
        wait_until(there, SETTLE_S, lambda: f"everything sent before the end of the fault is committed: {self.groups.behind(marks)}; {self.said()}", every=0.1)
        for member in self.members:
            member.check_alive()
        self._check_ledgers()
        self.check_output(number)

    def check_output(self, number):
        mark = (time.monotonic(), number)
        checks = self._take_output(mark)
        wait = 15 if self.guarantee == "at_least_once" else HIDDEN_S

        def fine():
            for each in checks:
                oldest = each.compare()
                if oldest is not None and time.monotonic() - oldest[0] > wait:
                    raise AssertionError(f"after {wait} s still {each.complaint()}\n{self._transactions()}")
                if oldest is not None and self.guarantee == "at_least_once":
                    self._take_output(mark)
                    return False
            return True
        wait_until(fine, wait + 5, lambda: "the output is right", every=0.2)

    def _transactions(self):
        """What may hide results, in words."""
        if self.guarantee == "at_least_once" or "KAFKA_HOME" not in os.environ:
            return ""
        return kafka_tools.transactions(os.environ["KAFKA_HOME"], self.cluster.brokers, {topic: 2 for topic in self.results})

    def _take_output(self, mark):
        committed = {name: self.groups.last[f"penstock-{name}"] for name in self.names.values()}
        for message in self.reader.read():
            self.results.get(message.topic(), self.dead).take(message, mark)
        for kind, name in self.names.items():
            self.results[f"{name}-out"].expect(self.expectation.take_gone(kind, committed[name]), mark)
        if self.dead is not None:
            self.dead.expect(self.expectation.take_dead(committed[self.names[WITH_DEAD_LETTERS]]), mark)
        return self._checks

    def _check_ledgers(self):
        for member in self.running:
            for name in self.names.values():
                stats = member.daemon.stats(name, "partitions")
                check_ledger(stats)
                resumed = member.resumed.get(name)
                if resumed and len(stats["partitions"]) == PARTITIONS:
                    read = sum(p["position"] for p in stats["partitions"]) - sum(resumed.values())
                    assert stats["messages_consumed"] == read, f"{name}: {read} records since its start at {resumed}: {stats}"

    def check_metadata(self):
        """The texts of the committed offsets of all groups."""
        for group in self.groups.names:
            found = offsets.committed(self.cluster.brokers, group, self.topic, PARTITIONS)
            self.groups.check_texts(group, found)

    def begin_anew(self, seed):
        """Another stream, from offset 0 on, with windows that are twelve hours later."""
        self.feed.stop()
        self.groups.forget()
        self.expectation = Expectation(self.expectation.kinds)
        self.feed = Feed(self.cluster, self.topic, seed, self.base + 12 * HOUR, self.expectation, self.feed.per_second).start()
        for each in self._checks:
            each.begin_anew()

    def finish(self):
        """Ends the stream, and compares everything. Returns a line that says what was compared."""
        for member in self.members:
            if member is self.members[0] or member.state != DOWN:
                member.resume()
        last = max(stream.largest for stream in self.feed.streams)
        ends = self.feed.finish(last + HOUR)
        wait_until(lambda: self.groups.reached(ends), SETTLE_S, lambda: f"everything is committed: {self.groups.behind(ends)}; {self.said()}", every=0.1)
        wait_until(lambda: not self._misses(), HIDDEN_S + 15, lambda: f"all windows are in the output: {self._misses()}", every=0.3)
        self._check_ledgers()
        self.check_metadata()
        for member in self.members:
            if member.state == UP:
                member.stop_pipelines()
        self._take_output((time.monotonic(), "end"))
        assert self.expectation.nothing_is_open(), "the test's own stream left windows open"
        left = sum(each.check_end() for each in self._take_output((time.monotonic(), "end")))
        parts = [f"{each.kind} {each.compared} windows in {each.rows} records" + (f", {each.repeated} repeated" if each.repeated else "")
                 for each in self.results.values()]
        dead = f"; {self.dead.rows} dead letters, {self.dead.repeated} repeated" if self.dead else ""
        return (f"{sum(ends.values())} records; " + "; ".join(parts) + dead + (f"; {left} sessions left unretracted" if left else ""))

    def _misses(self):
        return "; ".join(each.complaint() for each in self._take_output((time.monotonic(), "end")) if each.compare() is not None)

    def said(self):
        """What the daemons say of themselves, for a failure."""
        words = []
        for member in self.members:
            for name in self.names.values():
                if member.state == DOWN:
                    continue
                try:
                    body = member.daemon.pipeline(name)
                    held = [p["partition"] for lane in body["lanes"] for p in lane["partitions"]]
                    words.append(f"{member.letter} {name}: {body['phase']}, holds {held}, {member.daemon.reasons(name)[:600]}")
                except (AssertionError, OSError) as error:
                    words.append(f"{member.letter}: {error}"[:600])
        return "\n".join(words)

    def logs(self, length=6_000):
        return "\n".join(f"--- log of daemon {member.letter}\n{member.daemon.log()[-length:]}" for member in self.members)

    def close(self):
        if self.feed is not None:
            self.feed.stop()
        for member in self.members:
            member.close()
        if self.groups is not None:
            self.groups.close()
        if self.reader is not None:
            self.reader.close()
