#!/usr/bin/env bash
# Checks that includes point one way: base <- core <- kernels; base <- mp; {core, kernels, mp, base} <- backends;
# {core, base} <- image; all of src but main <- bench, tests. No backend includes another.
set -euo pipefail
cd "$(dirname "$0")/.."

wrong=0
# may LAYER ALLOWED...: every quoted include of src/LAYER must start with one of ALLOWED.
may() {
    local layer=$1 allowed line
    shift
    allowed=$(IFS='|'; echo "$*")
    while IFS= read -r line; do
        echo "layer $layer may not include this: $line" >&2
        wrong=1
    done < <(grep -rnE '^#include "' "src/$layer" --include='*.[ch]' --include='*.def' |
        grep -vE "#include \"($allowed)/" || true)
}

may base base
may core core base
may kernels kernels core base
may mp mp base
may image image core base
may backends backends kernels core mp base

# A variant is a file that a registry lists: nobody includes one, so none may have a header.
while IFS= read -r name; do
    if [ -e "src/backends/$name.h" ]; then
        echo "backend $name has a header: what is shared belongs into a file that is no variant" >&2
        wrong=1
    fi
done < <(sed -n 's/^BACKEND(\(.*\))/\1/p' src/backends/backends.def | tr _ -)

if grep -rnE '#include "(bench|tests)/' src; then
    echo "src may not include bench or tests" >&2
    wrong=1
fi
exit $wrong
