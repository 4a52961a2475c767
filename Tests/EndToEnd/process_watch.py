"""What the system says of a process: memory, descriptors, threads, time."""
import os
import pathlib


def resident_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no memory")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def descriptor_targets(pid):
    """What they lead to, for a failure."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            pass
    return sorted(found)


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def children(pid):
    """Processes that it started."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            found += pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except OSError:
            pass
    return found


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
