#!/usr/bin/env python3
"""The lesson's program in plain Python beside every backend of mandel.

The same picture, proven to be the same by its digest, and how many times
faster than Python's loops each way is. The ways run in turn, so that a
disturbance meets all of them.

Environment: BUILD (the folder of mandel), PIXELS (the side, 400), WORKERS
(all usable CPUs), PYTHON_RUNS (3) and C_RUNS (7): the median of so many.
Exit status: 0 done; 1 something could not be run; 2 a bad environment;
3 a digest differs.
"""

import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LESSON = os.path.join(HERE, "..", "scripts", "lesson.py")
MANDEL = os.path.join(os.environ.get("BUILD") or "build", "mandel")


def fail(status, sentence):
    """One line, and the end."""
    print(f"python.py: {sentence}", file=sys.stderr)
    sys.exit(status)


def setting(name, default, most):
    """A whole number from the environment."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        fail(2, f"{name} must be a whole number from 1 to {most}, not {text!r}")
    return int(text)


def output_of(command):
    """What the command prints."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
    except OSError as error:
        fail(1, f"cannot run {command[0]!r}: {error.strerror}")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        fail(1, f"'{' '.join(command)}' ended with {done.returncode}: {last}")
    return done.stdout


def record_of(command):
    """The JSON object that the command prints."""
    text = output_of(command)
    try:
        return json.loads(text)
    except ValueError:
        fail(1, f"'{' '.join(command)}' printed no JSON object")


class Way:
    """One way of computing the picture: its command, and what its runs gave."""

    def __init__(self, name, command, seconds_key):
        self.name, self.command, self.seconds_key = name, command, seconds_key
        self.seconds, self.digests, self.record = [], set(), {}

    def run(self):
        """One more run."""
        self.record = record_of(self.command)
        self.seconds.append(self.record[self.seconds_key])
        self.digests.add(self.record["sha256"])

    def workers(self):
        """How many computed."""
        return self.record.get("workers_started", self.record["workers"])

    def median(self):
        """Seconds of computing, without the start of the program."""
        return statistics.median(self.seconds)


def python_ways(side, workers):
    """The three ways of the lesson."""
    return [Way(f"python {way}",
                [sys.executable, LESSON, "--pixels", str(side),
                 "--workers", str(workers), "--way", way], "seconds")
            for way in ("sequential", "queue", "pool")]


def c_ways(side, workers):
    """Every backend that can be used here, with the scalar and with the default kernel."""
    common = ["--json", "--view", "lesson", "--pixels", str(side), "--workers", str(workers),
              "--shortcuts", "off"]
    lines = [line.split("\t") for line in output_of([MANDEL, "--list", "backends"]).splitlines()]
    backends = [line[0] for line in lines if line[1] == "available"]
    if not backends:
        fail(1, f"'{MANDEL}' has no backend")
    probe = record_of([MANDEL, "--backend", backends[0], *common])
    kernels = ["scalar"] if probe["kernel"] == "scalar" else ["scalar", probe["kernel"]]
    return [Way(f"{backend}, {kernel}",
                [MANDEL, "--backend", backend, "--kernel", kernel, *common], "render_s")
            for kernel in kernels for backend in backends]


def run_in_turn(ways, runs):
    """Every way once, then every way again: so the machine's moods meet all alike."""
    for turn in range(runs):
        for way in ways:
            if sys.stderr.isatty():
                print(f"\r\033[Krun {turn + 1} of {runs}: {way.name}", end="", file=sys.stderr)
            way.run()
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def check_digests(ways):
    """All pictures must be the one that Python's loops computed."""
    expected = ways[0].digests
    wrong = [way.name for way in ways if way.digests != expected or len(way.digests) != 1]
    if wrong:
        fail(3, f"wrong result: the digest is not that of {ways[0].name}: {'; '.join(wrong)}")


def time_text(seconds):
    """Readable at a glance, three digits or so."""
    return f"{seconds:9.3f} s " if seconds >= 1 else f"{seconds * 1e3:9.3f} ms"


def print_table(ways, side):
    """What a person reads."""
    reference = ways[0].median()
    width = max(len(way.name) for way in ways)
    print(f"Lesson, {side}x{side} pixels: median seconds of computing, "
          "without the start of the program.")
    print(f"{'way':{width}}  workers          time  times faster than Python's sequential")
    for way in ways:
        factor = reference / way.median()
        print(f"{way.name:{width}}  {way.workers():7}  {time_text(way.median())}  "
              f"{factor:,.{2 if factor < 10 else 1 if factor < 100 else 0}f}")
    print(f"All digests are equal: {min(ways[0].digests)}")


def main():
    """Measure, prove, tell."""
    side, workers = setting("PIXELS", 400, 16384), setting("WORKERS", len(os.sched_getaffinity(0)), 512)
    python_runs, c_runs = setting("PYTHON_RUNS", 3, 1000), setting("C_RUNS", 7, 1000)
    python, c_programs = python_ways(side, workers), c_ways(side, workers)
    run_in_turn(python, python_runs)
    run_in_turn(c_programs, c_runs)
    check_digests(python + c_programs)
    print_table(python + c_programs, side)


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)