typedef int bench_empty;
