/* Experiment faults: renders whose workers are killed, more and more of them: what a death costs,
 * and how soon somebody else computes in the dead one's place. */
#include "bench/faults/faults.h"
#include "bench/experiments/experiment.h"

const struct experiment experiment_faults = {
    .name = "faults",
    .summary = "what does it cost when workers die in the middle of a render?",
    .instrument = &faults_instrument,
};
