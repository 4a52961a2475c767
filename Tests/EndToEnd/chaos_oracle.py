"""What must have come out by now: grows with every record that is sent, and says from which offset on a window can no longer change."""
import collections
import threading
import time

from chaos_jobs import JOBS, LATENESS_MS, MAX_DELAY_MS, PARTITIONS, WITH_DEAD_LETTERS
from decoding import Bad, decode
from oracle import Arrangement


class Gone:
    """A window that no record from `offset` on can change."""
    __slots__ = ("partition", "offset", "identity", "window")

    def __init__(self, partition, offset, identity, window):
        self.partition, self.offset, self.identity, self.window = partition, offset, identity, window


class Expectation:
    """Of the pipelines of `kinds`. `add` is called by the thread that sends, in the order of each partition's log."""

    def __init__(self, kinds=tuple(JOBS)):
        self.kinds = kinds
        self._lock = threading.Lock()
        self._now_ms = int(time.time() * 1000)
        self._counts = [0] * PARTITIONS
        self._arrangements = {kind: [Arrangement(job, MAX_DELAY_MS, LATENESS_MS) for _ in range(PARTITIONS)] for kind, job in self._jobs()}
        self._gone = {kind: [collections.deque() for _ in range(PARTITIONS)] for kind in kinds}
        # (partition, offset): why it becomes a dead letter.
        self._dead = [collections.deque() for _ in range(PARTITIONS)]

    def _jobs(self):
        return [(kind, JOBS[kind]) for kind in self.kinds]

    def add(self, record):
        with self._lock:
            partition = record.partition
            offset = self._counts[partition]
            self._counts[partition] += 1
            found = {}
            for kind, job in self._jobs():
                text = str(job.filter)
                if text not in found:
                    [found[text]] = decode(record, job, self._now_ms, offset)
                    assert (found[text].args[0] if isinstance(found[text], Bad) else None) == record.reason, record
                arrangement = self._arrangements[kind][partition]
                before = arrangement.watermark
                outcome = arrangement.add(found[text])
                if kind == WITH_DEAD_LETTERS and (isinstance(found[text], Bad) or outcome == "late_dropped"):
                    self._dead[partition].append((offset, "late" if outcome == "late_dropped" else outcome))
                if arrangement.watermark != before:
                    gone = [Gone(partition, offset + 1, *item) for item in arrangement.take_gone()]
                    self._gone[kind][partition].extend(gone)

    def counts(self):
        """{partition: records so far}"""
        with self._lock:
            return dict(enumerate(self._counts))

    def take_gone(self, kind, below):
        """The windows that records under the offsets `below` ({partition: offset}) have closed for good. Each is returned once."""
        with self._lock:
            return self._take(self._gone[kind], below, lambda gone: gone.offset)

    def take_dead(self, below):
        """[(partition, offset, reason)] of the dead letters of records under the offsets `below`. Each is returned once."""
        with self._lock:
            return [(partition, *item) for partition, queue in enumerate(self._dead)
                    for item in self._take([queue], {0: below.get(partition, 0) - 1}, lambda dead: dead[0])]

    @staticmethod
    def _take(queues, below, offset_of):
        taken = []
        for partition, queue in enumerate(queues):
            while queue and offset_of(queue[0]) <= below.get(partition, 0):
                taken.append(queue.popleft())
        return taken

    def nothing_is_open(self):
        """Every window was closed for good and taken."""
        with self._lock:
            return not any(arrangement.finish().windows for each in self._arrangements.values() for arrangement in each) and not any(
                queue for queues in self._gone.values() for queue in queues)
