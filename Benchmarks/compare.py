#!/usr/bin/python3
"""Makes the table of a benchmark: compare.py FILE RECORDS

FILE has a line per run: `job=NAME records=N rate=R cpu_ns=C peak_mib=M results=K`, and `topic_results=K` where the job wrote
some: the output topic's own count. Exit code 1 if the counts of any run are not what they must be.
"""
import statistics
import sys

TITLES = {"drain": "bare drain (C)", "drain-again": "the same again (A/A)", "cpp": "by hand in C++", "penstock": "penstock", "slow": "penstock, slow lane",
          "tumbling": "tumbling 1 min", "sliding": "sliding 10 min / 10 s", "keys-1k": "1,000 keys, 1 h", "keys-1m": "1,000,000 keys, 1 h", "at-least-once": "at_least_once, 1 s", "exactly-once": "exactly_once, 1 s",
          "no-checkpoints": "1,000,000 keys, none", "checkpoints": "1,000,000 keys, 5 s"}
# Jobs whose rates are compared, and the least that the second must keep of the first's.
RATES = (("at-least-once", "exactly-once", 0.9), ("no-checkpoints", "checkpoints", 0.85))
# The checkpoints without which a run says nothing of their cost.
CHECKPOINTS = {"at-least-once": 3, "exactly-once": 3, "checkpoints": 2}
PAUSE_TARGET_MS, RESTART_TARGET_S = 50, 3
# Jobs whose CPU per record is compared, and the most that the second may take of the first's.
SHAPES = (("tumbling", "sliding", 1.5), ("keys-1k", "keys-1m", 2.5))
RATE_TARGET, CPU_TARGET, MEMORY_TARGET_MIB = 0.9, 1.2, 64


def word(is_met):
    return "met" if is_met else "MISSED"


def main():
    records = int(sys.argv[2])
    runs = {}
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            run = dict(part.split("=", 1) for part in line.split())
            runs.setdefault(run.pop("job"), []).append({name: float(value) for name, value in run.items()})
    wrong = []

    def median(job, name):
        values = [run[name] for run in runs.get(job, ()) if name in run]
        return statistics.median(values) if values else None

    def ratio(job, other):
        mine, theirs = median(job, "rate"), median(other, "rate")
        return f"{mine / theirs:6.2f}" if mine and theirs else "     -"

    print(f"{'median of the rounds':<22}{'records/s':>12}{'CPU ns/rec':>12}{'peak MiB':>10}{'of drain':>10}{'of C++':>9}   range of records/s")
    for job, title in TITLES.items():
        if job not in runs or job == "slow":
            continue
        rates = [run["rate"] for run in runs[job]]
        print(f"{title:<22}{median(job, 'rate'):>12,.0f}{median(job, 'cpu_ns'):>12.0f}{median(job, 'peak_mib'):>10.1f}"
              f"{ratio(job, 'drain'):>10}{ratio(job, 'cpp'):>9}   {min(rates):,.0f} - {max(rates):,.0f}")
    if median("penstock", "resident_mib") is not None:
        print(f"penstock resident after the last record: {median('penstock', 'resident_mib'):.1f} MiB")
    if "cpp" in runs and "penstock" in runs:
        share = median("penstock", "rate") / median("cpp", "rate")
        cpu, peak = median("penstock", "cpu_ns") / median("cpp", "cpu_ns"), median("penstock", "peak_mib")
        print(f"targets: at least {RATE_TARGET} of the C++ program's rate: {share:.2f}, {word(share >= RATE_TARGET)}; "
              f"at most {CPU_TARGET} of its CPU: {cpu:.2f}, {word(cpu <= CPU_TARGET)}; under {MEMORY_TARGET_MIB} MiB: {peak:.1f}, {word(peak < MEMORY_TARGET_MIB)}")
    if "slow" in runs:
        peak = max(run["peak_mib"] for run in runs["slow"])
        print(f"memory while the lane is slower than the broker: peak {peak:.1f} MiB at {median('slow', 'rate'):,.0f} records/s, "
              f"target: under {MEMORY_TARGET_MIB} MiB, {word(peak < MEMORY_TARGET_MIB)}")
        if median("penstock", "cpu_ns") and median("slow", "cpu_ns") - median("penstock", "cpu_ns") < 200:
            wrong.append("the slow lane was not slowed: PENSTOCK_BENCH_RECORD_DELAY_NS had no effect")

    for job, other, most in SHAPES:
        if job in runs and other in runs:
            share = median(other, "cpu_ns") / median(job, "cpu_ns")
            print(f"target: {TITLES[other]} at most {most} x the CPU a record of {TITLES[job]}: {share:.2f}, {word(share <= most)}; "
                  f"resident after the last record {median(other, 'resident_mib'):.0f} MiB against {median(job, 'resident_mib'):.0f}")

    for job, other, least in RATES:
        if job in runs and other in runs:
            share = median(other, "rate") / median(job, "rate")
            print(f"target: {TITLES[other]} at least {least} of the rate of {TITLES[job]}: {share:.2f}, {word(share >= least)}")
    if "checkpoints" in runs:
        pause = max(run["pause_ms"] for run in runs["checkpoints"])
        print(f"target: no pause of the loop for a checkpoint longer than {PAUSE_TARGET_MS} ms: {pause:.0f} ms, {word(pause <= PAUSE_TARGET_MS)}")
        restart = max(run["restart_s"] for run in runs["checkpoints"])
        print(f"target: running again with its windows under {RESTART_TARGET_S} s after SIGKILL: {restart:.2f} s, {word(restart < RESTART_TARGET_S)}")

    for job, least in CHECKPOINTS.items():
        wrong += [f"{TITLES[job]}: {run['checkpoints']:.0f} checkpoints among its records, which says nothing of their cost: take more records"
                  for run in runs.get(job, ()) if run["checkpoints"] < least]
    for job, each in runs.items():
        wrong += [f"{TITLES[job]}: read {run['records']:.0f} records of {records}" for run in each if run["records"] != records]
        wrong += [f"{TITLES[job]}: {run['results']:.0f} results by its own count, {run['topic_results']:.0f} in the topic"
                  for run in each if "topic_results" in run and run["topic_results"] != run["results"]]
    counts = {job: sorted({run["results"] for run in each}) for job, each in runs.items() if job in ("cpp", "penstock", "slow")}
    if len({count for values in counts.values() for count in values}) > 1:
        wrong.append("results differ in number: " + ", ".join(f"{TITLES[job]} {values}" for job, values in counts.items()))
    elif counts:
        print(f"counts agree: {records:,} records read and {next(iter(counts.values()))[0]:,.0f} results written by every run")
    for text in wrong:
        print(f"WRONG: {text}")
    sys.exit(1 if wrong else 0)


main()
