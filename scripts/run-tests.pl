#!/usr/bin/env perl
# Runs TAP programs and scripts, each in a process of its own with a time limit, and sums up:
# the last line is "N passed, N failed". Usage: scripts/run-tests.pl PROGRAM... SCRIPT.sh...
# The scripts that only wait for what they started run two at a time, where there are two CPUs; all others assert
# something about time, and run alone.
use strict;
use warnings;
use TAP::Harness;

$ENV{CMOCKA_MESSAGE_OUTPUT} = 'TAP';
my $limit   = $ENV{TEST_TIMEOUT_S} // 600;
my $verbose = $ENV{V} ? 1 : 0;
my $cpus    = `nproc`;
my $harness = TAP::Harness->new({
    jobs      => $cpus > 1 ? 2 : 1,
    rules     => {seq => [{par => 'tests/{bench,compare,faults,hostile,ipc,kernels,limits,model,page,starved,why}.sh'}, {seq => '**'}]},
    verbosity => $verbose,
    timer     => 1,
    merge     => 0,
    exec      => sub {
        my ($harness, $test) = @_;
        my @command = ('timeout', '-k', 5, $limit);
        push @command, 'bash' if $test =~ /\.sh$/;
        return [@command, $test];
    },
});

# What a program says of its tests (TAP's comments) is told if one of them failed.
my %said;
$harness->callback(made_parser => sub {
    my ($parser, $job) = @_;
    $parser->callback(comment => sub { push @{$said{$job->[1]}}, $_[0]->as_string });
    $parser->callback(test => sub { push @{$said{$job->[1]}}, $_[0]->as_string unless $_[0]->is_ok });
});
$harness->callback(after_test => sub {
    my ($job, $parser) = @_;
    print STDERR map {"$_\n"} @{$said{$job->[1]} // []} if $parser->has_problems;
});

my $all    = $harness->runtests(@ARGV);
my $passed = $all->passed;
my $failed = $all->failed;
# A program that crashed or ran out of time is a failure even if every line that it printed was fine.
$failed ||= 1 unless $all->all_passed;
printf "%d passed, %d failed\n", $passed, $failed;
exit($failed ? 1 : 0);
