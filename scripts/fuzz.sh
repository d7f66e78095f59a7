#!/usr/bin/env bash
# Runs every fuzz target of the repository for FUZZTIME each (60s where it is not set), one after the
# other, and fails when one of them found something. ONLY names a part of a package's path or of a
# target, to run those alone. What is found is kept under the package's testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${FUZZTIME:-60s}
only=${ONLY:-}
found=0 ran=0
for dir in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do
  for target in $(grep -h --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' | sort -u); do
    case "$dir $target" in *"$only"*) ;; *) continue ;; esac
    echo "== $dir $target ($time)"
    ran=$((ran + 1))
    # A moment for making an input shorter: the default takes a minute each and leaves none to look for others.
    "${GO:-go}" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 2s "$dir" | tail -n 3 || found=$((found + 1))
  done
done
echo "$ran fuzz targets ran for $time each, $found found something"
[ "$found" -eq 0 ] && [ "$ran" -gt 0 ]
