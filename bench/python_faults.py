#!/usr/bin/env python3
"""What becomes of Python's multiprocessing, and of mandel, when a worker dies.

One kill -9 per trial, at a random instant. Each trial is a program of its
own, in a session of its own, all of which is killed when the trial is over.
It ends right; or it ends as if it were right, but something is missing; or
it raises; or it hangs, which means that all of it has slept for most of
TIMEOUT seconds: one that merely gets no CPU does not sleep.

Environment: BUILD (the folder of mandel), TRIALS (20, of each kind), TIMEOUT
(3 seconds), SEED (random).
Exit status: 0 done; 1 something could not be run; 2 a bad environment; 3 one
of mandel's trials did not end right.
"""

import concurrent.futures
import ctypes
import json
import multiprocessing
import os
import platform
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MANDEL = os.path.join(os.environ.get("BUILD") or "build", "mandel")
sys.path.insert(0, os.path.join(HERE, "..", "scripts"))
sys.dont_write_bytecode = True  # nothing new in the folder of scripts
import lesson  # pylint: disable=wrong-import-position

WORKERS = 2
ITEMS = 100
SIDE = 200  # of the lesson's picture in Python; its digest:
PICTURE = "1e720e8f140fdeac56f5c7680b8de9e72f0704e9704575792da77dd63059deea"
TRIALS_AT_ONCE = 6  # most of them wait in vain
LOOKS = 30  # in TIMEOUT seconds, whether a trial sleeps
SERVER = "manager"  # of mandel's children the one that cannot be replaced
MANDEL_OPTIONS = ["--kernel", "scalar", "--pixels", "1024", "--workers", str(WORKERS), "--json"]

# Worker processes are forked, as mandel's are, whatever Python's default is.
processes = multiprocessing.get_context("fork")


# ---- the trials of Python: each returns what is missing at its end; the table has their
# descriptions ----

def pause(least, most):
    """Lets a random time pass."""
    time.sleep(random.uniform(least, most))


def kill(pid):
    """The one kill of a trial."""
    os.kill(pid, signal.SIGKILL)


def kill_one_of(workers):
    """Kills a random one."""
    kill(random.choice(workers).pid)


def start(target, *args, workers=WORKERS):
    """Starts workers with the same arguments."""
    started = [processes.Process(target=target, args=args, daemon=True) for _ in range(workers)]
    for process in started:
        process.start()
    return started


def join(workers):
    """Waits for all to end."""
    for worker in workers:
        worker.join()


def double(number):
    """A task of a pool."""
    time.sleep(0.005)
    return 2 * number


def count_missing(doubled):
    """How many of the pool's results are not there."""
    return sum(doubled[i:i + 1] != [2 * i] for i in range(ITEMS))


def pool_busy():
    """Pool.map, a busy worker"""
    with processes.Pool(WORKERS) as pool:
        doubled = pool.map_async(double, range(ITEMS), chunksize=5)
        pause(0.02, 0.15)
        kill_one_of(multiprocessing.active_children())
        return count_missing(doubled.get())


def pool_idle():
    """Pool.map, after an idle worker"""
    with processes.Pool(WORKERS) as pool:
        pause(0.05, 0.15)
        kill_one_of(multiprocessing.active_children())
        return count_missing(pool.map(double, range(ITEMS), chunksize=5))


def executor():
    """ProcessPoolExecutor.map, a worker"""
    with concurrent.futures.ProcessPoolExecutor(WORKERS, processes) as pool:
        doubled = pool.map(double, range(ITEMS), chunksize=5)
        pause(0.02, 0.15)
        kill_one_of(multiprocessing.active_children())
        return count_missing(list(doubled))


def read_items(items, seen):
    """Marks the items that it gets."""
    for item in iter(items.get, None):
        seen[item] = 1


def queue_reader():
    """Queue, one of two readers"""
    items, seen = processes.Queue(), processes.RawArray(ctypes.c_byte, ITEMS)
    readers = start(read_items, items, seen)
    fatal = random.randrange(ITEMS // 10, ITEMS)
    for item in range(ITEMS):
        items.put(item)
        pause(0, 0.002)
        if item == fatal:
            kill_one_of(readers)
    for _ in readers:
        items.put(None)
    join(readers)
    return ITEMS - sum(seen)


def write_items(items):
    """Puts items as fast as it can, and says when these were all."""
    for item in range(ITEMS):
        items.put((os.getpid(), item, b"x" * 10000))
    items.put((os.getpid(), None, b""))


def queue_writer():
    """Queue, one of two writers in put"""
    items = processes.Queue()
    writers = start(write_items, items)
    victim, survivor = random.sample([writer.pid for writer in writers], 2)
    fatal = random.randrange(ITEMS // 10, ITEMS // 2)
    got = 0
    while True:
        writer, item, _ = items.get()
        if writer == survivor and item is None:
            return ITEMS - got
        got += writer == survivor
        time.sleep(0.001)  # so the pipe is full, and writers wait
        fatal -= 1
        if fatal == 0:
            kill(victim)


def take_turns(lock, holder):
    """Does something under a lock, again and again."""
    for _ in range(ITEMS):
        with lock:
            holder.value = os.getpid()
            time.sleep(0.002)
            holder.value = 0


def lock_holder():
    """Lock, who holds it"""
    lock, holder = processes.Lock(), processes.RawValue(ctypes.c_int, 0)
    workers = start(take_turns, lock, holder)
    pause(0.02, 0.15)
    while not holder.value:
        pass
    kill(holder.value)
    join(workers)
    return 0


def meet(barrier):
    """Meets the others again and again."""
    for _ in range(ITEMS):
        pause(0, 0.002)
        barrier.wait()


def barrier_party():
    """Barrier, one of two parties"""
    parties = start(meet, processes.Barrier(WORKERS))
    pause(0.02, 0.1)
    kill_one_of(parties)
    join(parties)
    return 0


def lesson_queue():
    """the lesson's queue, a consumer"""
    def kill_consumer():
        """The lesson starts its consumers first, then its producer."""
        children = sorted(multiprocessing.active_children(), key=lambda child: child.pid)
        kill_one_of(children[:WORKERS])

    threading.Timer(random.uniform(0.05, 0.25), kill_consumer).start()
    counts = lesson.queue(SIDE, SIDE, WORKERS)
    return 0 if lesson.digest(counts) == PICTURE else 1


def lesson_until_end():
    """the same, collected until they end"""
    tasks, results = processes.Queue(), processes.Queue()
    consumers = start(lesson.consume, tasks, results)
    start(lesson.produce, tasks, SIDE, SIDE, WORKERS, workers=1)
    threading.Timer(random.uniform(0.05, 0.25), kill_one_of, [consumers]).start()
    missing = SIDE * SIDE
    while any(consumer.is_alive() for consumer in consumers) or not results.empty():
        try:
            missing -= len(results.get(timeout=0.1)[1])
        except queue.Empty:
            pass
    return missing


PYTHON = [pool_busy, pool_idle, executor, queue_reader, queue_writer, lock_holder, barrier_party,
          lesson_queue, lesson_until_end]


# ---- running trials ----

def fail(status, sentence):
    """One line, and the end."""
    print(f"python_faults.py: {sentence}", file=sys.stderr)
    sys.exit(status)


def setting(name, default, most):
    """A whole number from the environment."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        fail(2, f"{name} must be a whole number from 1 to {most}, not {text!r}")
    return int(text)


def read(path):
    """A file of a process, or nothing when that has ended."""
    try:
        with open(path, encoding="utf8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def tasks(pid):
    """The folders of a process's threads."""
    folder = f"/proc/{pid}/task"
    try:
        return [f"{folder}/{thread}" for thread in os.listdir(folder)]
    except OSError:
        return []


class Session:
    """A program in a session of its own, which ends with all of its processes."""

    running = set()

    def __init__(self, command):
        self.output = tempfile.TemporaryFile()  # a pipe would wait for orphans too
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output,
                                            stderr=subprocess.DEVNULL, start_new_session=True)
        except OSError as error:
            fail(1, f"cannot run {command[0]!r}: {error.strerror}")

    def __enter__(self):
        Session.running.add(self)
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.wait()
        self.output.close()
        Session.running.discard(self)

    def kill(self):
        """Ends whatever is left of it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def await_end(self, timeout):
        """Its exit status; None: it hangs. One that is awake has more time, but not for ever."""
        for _ in range(20):
            awake = 0
            for _ in range(LOOKS):
                try:
                    return self.process.wait(timeout / LOOKS)
                except subprocess.TimeoutExpired:
                    awake += self.is_awake()
            if awake < LOOKS / 2:  # some look now and then whether to go on
                break
        return None

    def is_awake(self):
        """Does a thread of it run, or wait for a CPU?"""
        threads = [thread for pid in (self.process.pid, *self.children()) for thread in tasks(pid)]
        stats = (read(f"{thread}/stat") for thread in threads)
        return any(stat.rpartition(")")[2].split()[:1] == ["R"] for stat in stats)

    def children(self):
        """The process ids of its main process's children."""
        return [int(pid) for thread in tasks(self.process.pid)
                for pid in read(f"{thread}/children").split()]

    def said(self):
        """What it printed."""
        self.output.seek(0)
        return self.output.read().decode()


class Tally:
    """How the trials of one kind ended."""

    def __init__(self, name):
        self.name, self.missing = name, []
        self.right = self.raised = self.hung = 0

    def add(self, status, missing):
        """One more: its exit status (None: it hangs), and what was missing at its end."""
        self.hung += status is None
        self.raised += status not in (0, None)
        self.right += status == 0 and missing == 0
        if status == 0 and missing:
            self.missing.append(missing)

    def line(self, width):
        """Of the table."""
        lost = f"{min(self.missing):,} to {max(self.missing):,}" if self.missing else ""
        return (f"  {self.name:{width}}  {self.right or '-':>5}  {len(self.missing) or '-':>8}  "
                f"{self.raised or '-':>6}  {self.hung or '-':>4}  {lost}").rstrip()


def python_trial(trial, seed, timeout):
    """Its exit status, and what was missing."""
    with Session([sys.executable, __file__, trial.__name__, str(seed)]) as session:
        status = session.await_end(timeout)
        return status, int(session.said() or 0) if status == 0 else 0


def run_python(trials, timeout, seed):
    """The tallies of all kinds; many trials at once, in turn."""
    tallies = {trial: Tally(trial.__doc__) for trial in PYTHON}
    with concurrent.futures.ThreadPoolExecutor(TRIALS_AT_ONCE) as threads:
        pending = {threads.submit(python_trial, trial, seed + i, timeout): trial
                   for i in range(trials) for trial in PYTHON}
        try:
            for done in concurrent.futures.as_completed(pending):
                tallies[pending[done]].add(*done.result())
                show_progress("Python", sum(future.done() for future in pending), len(pending))
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            for session in list(Session.running):
                session.kill()
            raise
    return list(tallies.values())


def kill_worker(session):
    """Waits for mandel's workers, then kills one of them while it renders."""
    while len(session.children()) < WORKERS and session.process.poll() is None:
        time.sleep(0.001)
    pause(0.005, 0.07)
    workers = [child for child in session.children() if read(f"/proc/{child}/comm") != SERVER]
    if workers:
        kill(random.choice(workers))


def mandel_trial(backend, expected, timeout):
    """Exit status, and 1 if the picture is wrong; again when the kill came too late."""
    while True:
        with Session([MANDEL, "--backend", backend, *MANDEL_OPTIONS]) as session:
            kill_worker(session)
            status = session.await_end(timeout)
            if status != 0:
                return status, 0
            record = json.loads(session.said())
            if record["workers_lost"]:
                return status, int(record["sha256"] != expected)


def record_of(command):
    """The JSON object that the command prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        fail(1, f"'{' '.join(command)}' gives no record: {error}")


def process_backends():
    """Of mandel: those whose workers are processes, which is to say that it has children."""
    listing = subprocess.run([MANDEL, "--list", "backends"], capture_output=True, text=True,
                             check=True).stdout
    names = [line.split("\t")[0] for line in listing.splitlines() if "\tavailable\t" in line]
    return [name for name in names if has_children(name)]


def has_children(backend):
    """Does it have some while it renders?"""
    with Session([MANDEL, "--backend", backend, *MANDEL_OPTIONS]) as session:
        while session.process.poll() is None:
            if session.children():
                return True
            time.sleep(0.001)
    return False


def run_mandel(trials, timeout):
    """The tallies of all backends; one trial at a time."""
    expected = record_of([MANDEL, "--backend", "serial", *MANDEL_OPTIONS])["sha256"]
    tallies = {backend: Tally(f"mandel -b {backend}, a worker") for backend in process_backends()}
    for i in range(trials):
        for backend, tally in tallies.items():
            tally.add(*mandel_trial(backend, expected, timeout))
        show_progress("mandel", i + 1, trials)
    return list(tallies.values())


def show_progress(what, done, planned):
    """A line that is written over, on a terminal."""
    if sys.stderr.isatty():
        end = "\r\033[K" if done == planned else ""
        print(f"\r\033[K{what}: {done} of {planned}{end}", end="", file=sys.stderr, flush=True)


def print_table(tallies, trials, timeout):
    """What a person reads."""
    width = max(len(tally.name) for tally in tallies)
    print(f"Python {platform.python_version()}. One kill -9 per trial, {trials} trials each; "
          f"hung: slept for {timeout} s.\n")
    print(f"  {'who is killed':{width}}  right  silently  raised  hung  silently missing")
    print(f"  {'':{width}}            wrong")
    for tally in tallies:
        print(tally.line(width))


def main():
    """Try, count, tell."""
    trials, timeout = setting("TRIALS", 20, 1000), setting("TIMEOUT", 3, 600)
    seed = setting("SEED", random.randrange(1, 1 << 31), 1 << 31)
    random.seed(seed)
    record_of([MANDEL, "--pixels", "1", "--json"])  # is it there?
    python, c_programs = run_python(trials, timeout, seed), run_mandel(trials, timeout)
    print_table(python + c_programs, trials, timeout)
    bad = [tally.name for tally in c_programs if tally.right != trials]
    if bad:
        fail(3, f"not always right: {'; '.join(bad)}")


def end_by_signal(number, _):
    """SIGTERM: as Ctrl-C, after what runs has been killed."""
    sys.exit(128 + number)


if len(sys.argv) == 3:  # one trial
    random.seed(int(sys.argv[2]))
    print(globals()[sys.argv[1]]())
else:
    signal.signal(signal.SIGTERM, end_by_signal)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
