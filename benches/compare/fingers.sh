#!/usr/bin/env bash
# Measures everything of fingerprints from scratch and prints one table of targets, what 100 million people need,
# and what each part said; a whole run writes benches/record/DATE-fingerprints.md.
# usage: BIOMATCH_DATA=DIR benches/compare/fingers.sh [--quick] [FOLDER]
# FOLDER (default /tmp/biomatch-fingers) takes the gallery (2 GB at a million fingers) and what the parts say.
# PARTS="errors cross speed enrol codes generator cascade" chooses; FINGERS=1000000 sizes the cascade's gallery.
# --quick proves the command, not the engine: four parts, few samples, one extractor, 2,000 fingers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
all="errors cross speed enrol codes generator cascade"
parts=${PARTS:-$all}
fingers=${FINGERS:-1000000}
sampling=()
extractors=()
record=
[ "$parts" != "$all" ] || record=$here/../record/$(date +%F)-fingerprints.md
if [ "${1:-}" = --quick ]; then
    shift
    parts=${PARTS:-errors speed enrol cascade}
    fingers=${FINGERS:-2000}
    sampling=(--sample-size 10 --warm-up-time 0.2 --measurement-time 0.5)
    extractors=(secugen)
    record=
fi
[ -n "${BIOMATCH_DATA:-}" ] || { echo "BIOMATCH_DATA is not set: the targets are of its templates" >&2; exit 2; }
folder=${1:-/tmp/biomatch-fingers}
mkdir -p "$folder"
templates=$BIOMATCH_DATA/fingers
begin=$SECONDS
cd "$root"
target=$(cargo metadata --format-version 1 --no-deps --offline | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
biomatch=$target/release/biomatch

step() { printf '%5d s  %s\n' $((SECONDS - begin)) "$*" >&2; }
wanted() { [[ " $parts " == *" $1 "* ]]; }
# Runs a part; one that fails leaves a line, and the others go on.
part() {
    local name=$1
    shift
    wanted "$name" || return 0
    step "$name"
    # The load before a part, and how long it took, are of the record.
    echo "load $(cut -d' ' -f1 /proc/loadavg)" > "$folder/$name.txt"
    local from=$SECONDS
    "$@" >> "$folder/$name.txt" 2>> "$folder/steps.log" || echo "failed: $*" >> "$folder/$name.txt"
    echo "seconds $((SECONDS - from))" >> "$folder/$name.txt"
}
# Only what this run measured may be in the table: criterion keeps results of earlier runs.
bench() {
    local name=$1 filter=$2 groups=$3
    rm -rf "$target"/criterion/$groups
    cargo bench -q --bench "$name" -- "${sampling[@]}" "$filter"
}

rm -f "$folder"/*.txt
: > "$folder/steps.log"
step "build"
products=(--bin biomatch)
! wanted cross || products+=(--example finger_numbers)
! wanted codes || products+=(--example code_penetration)
! wanted generator || products+=(--example generator_realism)
! wanted cascade || products+=(--example cascade_table)
cargo build -q --release "${products[@]}"
part errors python3 "$here/fingers.py" "$biomatch" "$templates" "${extractors[@]}"
# Fits by numpy, which a bare machine does not have.
python=$folder/venv/bin/python
! wanted cross || [ -f "$folder/venv/done" ] || {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install numpy
    touch "$folder/venv/done"
}
part cross "$python" "$here/fingers_cross.py" "$biomatch" "$templates"
part speed bench fingerprint non-mates 'finger_non-mates_*'
part enrol bench enrolment enrolment 'finger_enrolment_*'
part codes "$target/release/examples/code_penetration"
part generator "$target/release/examples/generator_realism"
part cascade "$target/release/examples/cascade_table" --fingers "$fingers" --folder "$folder/cascade"
step "table"
python3 "$here/fingers_table.py" "$folder" "$target/criterion" "$parts" | tee ${record:+"$record"}
step "done"
