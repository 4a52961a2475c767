"""Runs docs/api-tour.md from top to bottom. No Kafka is needed."""
import json
import pathlib
import re
import subprocess

import pytest

from daemon import EmbeddedDaemon
from waiting import die_with_parent

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/api-tour.md"
LIMIT = 120


def steps():
    """(line, command, kind of the answer that is shown or None, the answer) of each block of commands but the one that starts the daemon."""
    blocks = [(match.group(1), match.group(2), PAGE.read_text(encoding="utf-8").count("\n", 0, match.start()) + 1)
              for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)]
    found = []
    for kind, text, line in blocks:
        if kind == "sh":
            found.append((line, text, None, None))
        else:
            line, command, shown, _ = found.pop()
            assert shown is None and kind in ("json", "text"), f"line {line}"
            found.append((line, command, kind, text))
    assert found[0][1].startswith("penstock serve --embedded-broker")
    return found[1:]


def check_shape(shown, real, place=""):
    """Every member that is shown is there, and of the same type, unless one of the two is null; of lists the first item counts."""
    if isinstance(shown, dict) and real is not None:
        assert isinstance(real, dict), f"{place} is {real!r}"
        for name, value in shown.items():
            assert name in real, f"{place}/{name} is not among {list(real)}"
            check_shape(value, real[name], f"{place}/{name}")
    elif isinstance(shown, list) and real is not None:
        assert isinstance(real, list) and (real or not shown), f"{place} is {real!r}"
        if shown:
            check_shape(shown[0], real[0], f"{place}/0")
    elif shown is not None and real is not None:
        assert isinstance(real, bool) == isinstance(shown, bool) and isinstance(real, (int, float)) == isinstance(shown, (int, float)), f"{place} is {real!r}"
        # Words of an answer are what the page is about; sentences and times are not.
        if isinstance(shown, str) and re.fullmatch(r"[a-z_.]+", shown) or isinstance(shown, bool):
            assert shown == real, f"{place} is {real!r}, not {shown!r}"


def check_text(shown, real):
    """The lines that are shown come one after another; `…` stands for anything."""
    pattern = "\n".join(".*".join(map(re.escape, line.split("…"))) for line in shown.rstrip("\n").split("\n"))
    assert re.search(f"^{pattern}$", real, re.M), f"not found:\n{shown}in:\n{real}"


def test_the_tour_works_from_top_to_bottom(program, tmp_path, request):
    daemon = EmbeddedDaemon(program, tmp_path / "data", tmp_path / "log").start()
    request.node.daemons = [daemon]
    work = tmp_path / "work"
    work.mkdir()
    try:
        script = ""
        for number, (line, command, _, _) in enumerate(steps()):
            script += f"{{ echo {line} > at\n{command}}} > out-{number}\n"
        (work / "script").write_text(script.replace("localhost:8080", f"localhost:{daemon.port}"), encoding="utf-8")
        try:
            done = subprocess.run(["bash", "-euo", "pipefail", "script"], cwd=work, capture_output=True, text=True, timeout=LIMIT, check=False,
                                  preexec_fn=die_with_parent, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the commands at line {(work / 'at').read_text()} of the page did not end in {LIMIT} s")
        assert done.returncode == 0, f"code {done.returncode} at line {(work / 'at').read_text()}: {done.stderr}"
        for number, (line, command, kind, shown) in enumerate(steps()):
            real = (work / f"out-{number}").read_text(encoding="utf-8")
            try:
                if kind == "json":
                    check_shape(json.loads(shown), json.loads(real))
                elif kind == "text":
                    check_text(shown, real)
                assert "/problems/" not in real or '"status": 4' in (shown or ""), real
            except (AssertionError, ValueError) as fault:
                pytest.fail(f"line {line} of the page:\n{command}{fault}\n{real[:3000]}")
    finally:
        daemon.close()
