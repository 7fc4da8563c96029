#!/usr/bin/env python3
"""The lecture's example in plain Python: one Mandelbrot picture, three ways.

sequential  two loops in one process: what the others are measured against
queue       a producer puts batches of points into a task queue, N consumer
            processes take them and put the counts into a result queue, and
            the original process collects
pool        multiprocessing.Pool.map over all points, with a chunk size

All three do the same arithmetic in the same order as the C programs beside
this file, so all digests are equal: only the times differ.

Usage: lesson.py [--pixels N] [--workers N] [--way sequential|queue|pool]
Prints one JSON object per way, on a line of its own.
"""

import argparse
import array
import functools
import hashlib
import json
import multiprocessing
import os
import sys
import time

CENTER_RE, CENTER_IM = 0.1015, -0.633
EXTENT = 0.01  # the width of the view in the complex plane
MAX_ITER = 255
BATCH = 1000  # points per message: a message costs more than a point
SIDE_MAX = 16384
WORKERS_MAX = 512


def orbit(c, limit=MAX_ITER):
    """Steps of z = z² + c until |z| > 2, or limit if that does not happen."""
    z = c
    for n in range(limit):
        if abs(z) > 2.0:
            return n
        z = z * z + c
    return limit


def point(row, col, width, height):
    """The point of a pixel; row 0 has the least imaginary part."""
    extent_im = EXTENT * (height / width)
    re = (CENTER_RE - EXTENT / 2) + (EXTENT * col) / width
    im = (CENTER_IM - extent_im / 2) + (extent_im * row) / height
    return complex(re, im)


# (a) One process, two loops.

def sequential(width, height, workers):
    """All counts, row by row."""
    del workers  # it is only here so that all ways are called alike
    counts = []
    for row in range(height):
        for col in range(width):
            counts.append(orbit(point(row, col, width, height)))
    return counts


# (b) A producer, consumers and a collector, with a queue before and a queue
# behind the consumers.

def make_batches(width, height):
    """Yields (number of the first point, points); the last may be shorter."""
    first, batch = 0, []
    for row in range(height):
        for col in range(width):
            batch.append(point(row, col, width, height))
            if len(batch) == BATCH:
                yield first, batch
                first, batch = first + BATCH, []
    if batch:  # forget this line, and the picture's last points are missing
        yield first, batch


def produce(tasks, width, height, workers):
    """The producer: all batches, then one None per consumer: go home."""
    for task in make_batches(width, height):
        tasks.put(task)
    for _ in range(workers):
        tasks.put(None)


def consume(tasks, results):
    """A consumer: takes batches and sends their counts, until its None."""
    for first, batch in iter(tasks.get, None):
        results.put((first, [orbit(c) for c in batch]))


def queue(width, height, workers):
    """All counts, through a task queue and a result queue.

    If a consumer is killed, this waits for ever: its batch died with it.
    """
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    processes = [
        multiprocessing.Process(
            target=consume, args=(tasks, results), daemon=True)
        for _ in range(workers)
    ]
    processes.append(multiprocessing.Process(
        target=produce, args=(tasks, width, height, workers), daemon=True))
    for process in processes:
        process.start()

    # Results come in any order, so each says where it belongs. They are
    # collected before the processes are joined: a process does not end while
    # what it has put is not taken.
    counts = [0] * (width * height)
    missing = len(counts)
    while missing:
        first, batch = results.get()
        counts[first:first + len(batch)] = batch
        missing -= len(batch)

    for process in processes:
        process.join()
    return counts


# (c) A pool: the library does all of (b).

def count_at(index, width, height):
    """One pixel's count. No lambda: workers look the function up by name."""
    row, col = divmod(index, width)
    return orbit(point(row, col, width, height))


def pool(width, height, workers):
    """All counts, by mapping one function over all pixels."""
    function = functools.partial(count_at, width=width, height=height)
    with multiprocessing.Pool(workers) as processes:
        return processes.map(function, range(width * height), chunksize=BATCH)


WAYS = {"sequential": sequential, "queue": queue, "pool": pool}


def digest(counts):
    """SHA-256 of the counts as little-endian uint32, row by row."""
    numbers = array.array("I", counts)
    if numbers.itemsize != 4:
        raise OverflowError("unsigned int does not have 32 bits here")
    if sys.byteorder == "big":
        numbers.byteswap()
    return hashlib.sha256(numbers.tobytes()).hexdigest()


def measure(way, side, workers):
    """Runs one way; its record. The clock covers the computation alone."""
    start = time.perf_counter()
    counts = WAYS[way](side, side, workers)
    seconds = time.perf_counter() - start
    return {
        "way": way,
        "workers": 1 if way == "sequential" else workers,
        "width": side,
        "height": side,
        "seconds": seconds,
        "sha256": digest(counts),
    }


def whole_number(least, most):
    """A type for argparse: a whole number from least to most."""
    def parse(text):
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"must be a whole number from {least} to {most}, not {text!r}")
    return parse


def usable_cpus():
    """The CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description="One Mandelbrot picture in plain Python, in three ways.")
    parser.add_argument(
        "--pixels", type=whole_number(1, SIDE_MAX), default=400, metavar="N",
        help="the picture has NxN pixels (default 400)")
    parser.add_argument(
        "--workers", type=whole_number(1, WORKERS_MAX), metavar="N",
        default=min(usable_cpus(), WORKERS_MAX),
        help="processes that compute (default: the usable CPUs)")
    parser.add_argument(
        "--way", choices=list(WAYS), help="one way only (default: all)")
    options = parser.parse_args()
    for way in [options.way] if options.way else WAYS:
        record = measure(way, options.pixels, options.workers)
        print(json.dumps(record), flush=True)


# Where processes are spawned and not forked, each worker imports this file:
# without this guard it would start workers of its own.
if __name__ == "__main__":
    main()
