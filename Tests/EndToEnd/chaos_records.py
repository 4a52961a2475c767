"""An endless stream of records for one partition, the same for the same seed however it is cut: out of order, late, far too late, bad,
filtered."""
import json
import random

from chaos_jobs import LATENESS_MS, MAX_DELAY_MS
from generator import BAD, Record

STEP_MS = 240
KEYS_AT_A_TIME, KEYS = 8, 40
# Kinds of bad records whose key is the record key; a very deep one costs too much to have it so often.
_BAD = [name for name in BAD if "key" not in name and "nesting" not in name]


class Stream:
    """Records of one partition."""

    def __init__(self, seed, partition, base):
        self.rng = random.Random(f"{seed}/{partition}")
        self.partition, self.base = partition, base
        self.arrival = self.largest = base
        self.count = 0

    @property
    def watermark(self):
        return self.largest - MAX_DELAY_MS

    def next(self):
        rng = self.rng
        self.count += 1
        self.arrival += rng.randrange(2 * STEP_MS)
        kind = rng.random()
        ts, far, test = self.arrival - rng.randrange(MAX_DELAY_MS), False, kind < 0.05
        if kind > 0.98 and self.arrival > self.base + 60_000:
            ts, far = self.watermark - LATENESS_MS - 1 - rng.randrange(30_000), True
        elif kind > 0.93:
            ts = self.watermark - rng.randrange(LATENESS_MS)
        key = self._key(ts)
        if 0.05 < kind < 0.08:
            return self._bad(ts, key)
        self.largest = max(self.largest, ts)
        return self._record(ts, key, far, test)

    def closing(self, ts):
        """One that the filter leaves out and that pushes event time to `ts`."""
        self.count += 1
        self.largest = max(self.largest, ts)
        return self._record(ts, self._key(ts), False, True)

    def _key(self, ts):
        """Keys come and go."""
        number = (ts // 60_000 + self.rng.randrange(KEYS_AT_A_TIME)) % KEYS
        return f"p{self.partition}-k{number}"

    def _record(self, ts, key, far, test):
        document = {"timestamp": ts, "value": self.rng.randrange(-1_000, 100_000), "far": far, "test": test, "n": self.count}
        return Record(self.partition, json.dumps(document).encode(), key.encode())

    def _bad(self, ts, key):
        which = self.rng.randrange(len(_BAD) + 2)
        if which >= len(_BAD):
            record_key, reason = ((None, "missing_key"), (b"\xff\xfe", "bad_key"))[which - len(_BAD)]
            return self._record(ts, key, False, False)._replace(key=record_key, reason=reason)
        reason, make = BAD[_BAD[which]]
        value = make(self.rng, ts, key)
        return Record(self.partition, value.encode() if isinstance(value, str) else value, key.encode(), None, reason)
