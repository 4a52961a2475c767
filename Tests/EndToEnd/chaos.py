"""The crash harness: rounds of one fault each, from one seed, under one guarantee. See scripts/chaos."""
import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

from chaos_actions import Actions
from chaos_world import World
from kafka_node import KafkaNode
from topics import Cluster

# A node that stands still for as long as it does here must not lose its partitions, and one that starts must not end transactions before it
# listens, however busy the machine is: Kafka 4.3.1 then calls them ended without having written their markers. So what they hold is never
# stable again, or goes into the next transaction of the same producer.
NODE = {"broker.session.timeout.ms": "9000", "transaction.abort.timed.out.transaction.cleanup.interval.ms": "20000"}


class Run:
    """`rounds` rounds, or fewer when the time is up, but not before `least` rounds and crashes at points. `only`: the names of the actions to
    choose from."""

    def __init__(self, binary, kafka_home, folder, guarantee, seed, rounds, seconds, only=None, fault=None, say=print, changes=None, least=(0, 0)):
        self.binary, self.kafka_home, self.folder = binary, kafka_home, folder
        self.guarantee, self.seed, self.rounds, self.seconds, self.only, self.fault, self.say = guarantee, seed, rounds, seconds, only, fault, say
        # To the specs of the pipelines.
        self.changes = changes
        self.least = least
        self.done = 0
        self.points = {}

    @property
    def reached(self):
        """Crashes at named points."""
        return sum(hits for hits, _ in self.points.values())

    def _is_too_little(self):
        rounds, crashes = self.least
        # A point that is never reached must not keep it going for ever.
        return self.done < rounds or (self.reached < crashes and self.done < 4 * rounds)

    def run(self):
        """Raises AssertionError where anything was lost, came twice or is wrong."""
        begun = time.monotonic()
        self.say(f"chaos: {self.guarantee}, seed {self.seed}, at most {self.rounds} rounds in {self.seconds} s" + (f", planted: {self.fault}" if self.fault else ""))
        world, node = None, KafkaNode(self.kafka_home, self.folder / "kafka", settings=NODE)
        try:
            world = World(self.binary, Cluster(node.start().bootstrap), self.folder, self.guarantee, self.seed, fault=self.fault, changes=self.changes)
            plan = random.Random(f"{self.seed}/plan")
            actions = Actions(world, node, plan)
            self.points = actions.points
            for name in self.only or []:
                if name not in actions.names:
                    raise SystemExit(f"chaos: no action {name!r} under {self.guarantee}; there are {', '.join(sorted(set(actions.names)))}")
            world.settle(0)
            bag = []
            while self.done < self.rounds and (time.monotonic() - begun < self.seconds or self._is_too_little()):
                if not bag:
                    bag = list(self.only or actions.names)
                    plan.shuffle(bag)
                name, since = bag.pop(), time.monotonic()
                self.done += 1
                try:
                    did = actions.run(name)
                    disturbed = time.monotonic()
                    world.settle(self.done)
                except BaseException:
                    self.say(f"round {self.done} ({name}) failed; seed {self.seed}")
                    raise
                self.say(f"round {self.done}: {did}; {disturbed - since:.1f} s, settled in {time.monotonic() - disturbed:.1f} s")
                if self.done % 10 == 0:
                    world.check_metadata()
            self.say(world.finish())
            reached = ", ".join(f"{point} {hits}" + (f" (missed {missed})" if missed else "") for point, (hits, missed) in self.points.items())
            self.say(f"chaos: {self.guarantee}, seed {self.seed}: {self.done} rounds in {time.monotonic() - begun:.0f} s; crashes at: {reached}")
        except BaseException:
            self.say(world.logs() if world else "")
            raise
        finally:
            if world:
                world.close()
            node.close()
        return self


def main():
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="Kills, pauses and cheats the daemon and its Kafka, and compares all that comes out with an oracle.")
    parser.add_argument("--guarantee", choices=["at_least_once", "exactly_once"], default="exactly_once")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="the same seed does the same things; without it a new one, which is printed")
    parser.add_argument("--seconds", type=int, default=1800, help="no new round begins after so many seconds")
    parser.add_argument("--binary", type=pathlib.Path, required=True, help="the daemon, built with -Xswiftc -DPENSTOCK_CRASH_POINTS")
    parser.add_argument("--only", type=lambda text: text.split(","), help="actions to choose from, with commas")
    parser.add_argument("--fault", help="a fault to plant (PENSTOCK_FAULT), which must be found")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder in which data and logs stay")
    arguments = parser.parse_args()
    home = os.environ.get("KAFKA_HOME")
    if not home:
        parser.error("KAFKA_HOME must name a Kafka distribution (a folder with libs/)")
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed is None else arguments.seed
    if arguments.keep is not None:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"chaos-{seed}.", dir=arguments.keep))
    try:
        Run(arguments.binary.resolve(), home, folder, arguments.guarantee, seed, arguments.rounds, arguments.seconds, arguments.only, arguments.fault,
            lambda text: print(text, flush=True)).run()
    except AssertionError:
        traceback.print_exc()
        print(f"chaos: FAILED under {arguments.guarantee}, seed {seed}", flush=True)
        return 1
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
