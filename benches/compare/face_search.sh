#!/usr/bin/env bash
# Compares face searches from scratch: vectors, this engine, rivals; writes benches/record/DATE-face-search.md.
# usage: benches/compare/face_search.sh [--quick] [FOLDER]
# FOLDER (default /tmp/biomatch-compare) takes 8 GB; --quick does with 10,000 faces, in two minutes.
# SETS="100000:512:faces" chooses what is run (count:dimension:kind, faces or uniform).
# With BIOMATCH_DATA set, the table has the real embeddings too.
set -euo pipefail

main() { # a function is read whole: an edit of this file does not change a run
here=$(cd "$(dirname "$0")" && pwd)
sets=${SETS:-"1000000:512:faces 100000:512:faces 10000:512:faces 100000:512:uniform 100000:128:faces"}
# The graphs that take minutes to build at 100,000 are built at 10,000.
faiss_hnsw_at=100000:512:faces
usearch_hnsw_at=10000:512:faces
record=
[ -n "${SETS:-}" ] || record=$here/../record/$(date +%F)-face-search.md
if [ "${1:-}" = --quick ]; then
    shift
    sets="10000:512:faces"
    faiss_hnsw_at=10000:512:faces
    record=
fi
folder=${1:-/tmp/biomatch-compare}
mkdir -p "$folder"
python=$folder/venv/bin/python
results=$folder/results.ndjson
steps=$folder/steps.log
begin=$SECONDS

step() { printf '%4d s  %s\n' $((SECONDS - begin)) "$*" >&2; }
# Runs a measurement; one that fails or takes ten minutes leaves a line in the table, and the others go on.
run() { timeout 600 "$@" >> "$results" 2>> "$steps" ||
    echo "{\"failed\":\"$(basename "$1") $(basename "$2") ${3:-}\"}" >> "$results"; }

step "Python packages"
[ -f "$folder/venv/done" ] || {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install numpy faiss-cpu usearch simsimd numkong
    touch "$folder/venv/done"
}
step "this engine"
CARGO_TARGET_DIR=$folder/target cargo build -q --release --manifest-path "$here/Cargo.toml"
engine=$folder/target/release/face-search
: > "$results"
: > "$steps"

for set in $sets; do
    IFS=: read -r count dimension kind <<< "$set"
    of=$folder/$set
    where=("$of" "$count" "$dimension")
    [ -f "$of/mates.u32" ] || { step "$set: vectors" && "$engine" make "${where[@]}" "$kind"; }
    printf '{"set":"%s","load":%s}\n' "$set" "$(cut -d' ' -f1 /proc/loadavg)" >> "$results"
    step "$set: enrolment"
    run "$engine" enrol "${where[@]}"
    run "$engine" open "${where[@]}"
    step "$set: searches"
    run "$engine" scan "${where[@]}" 1000000000
    # The rivals of the targets stand between two measurements of this engine, and the best of each counts: a
    # machine that is slower for a while is so for both.
    for rival in faiss-flat faiss-sq8-uniform; do
        step "$set: $rival"
        run "$python" "$here/face_search.py" $rival "${where[@]}"
        step "$set: searches again"
        run "$engine" again "${where[@]}"
    done
    step "$set: searches with AVX2, with AVX-VNNI and without"
    for level in avx2 avxvnni; do
        BIOMATCH_KERNELS=$level run "$engine" scan "${where[@]}" 100000000
    done
    [ "$count" -gt 100000 ] || BIOMATCH_KERNELS=scalar run "$engine" scan "${where[@]}" 1000000
    run "$engine" kernels "${where[@]}"
    step "$set: exactness"
    exact_seconds=20
    [ "$kind$dimension" != faces512 ] || exact_seconds=50
    run "$engine" exact "${where[@]}" $exact_seconds
    rivals=simsimd
    if [ "$count" -le 100000 ]; then
        rivals+=" numkong"
        [ "$kind$dimension" != faces512 ] || rivals+=" faiss-sq8 usearch-exact"
    fi
    [ "$set" != $faiss_hnsw_at ] || rivals+=" faiss-hnsw"
    [ "$set" != $usearch_hnsw_at ] || rivals+=" usearch-hnsw"
    for rival in $rivals; do
        step "$set: $rival"
        run "$python" "$here/face_search.py" "$rival" "${where[@]}"
    done
    [ "$set" != $faiss_hnsw_at ] || run "$engine" again "${where[@]}"
done

if [ -n "${BIOMATCH_DATA:-}" ]; then
    step "real embeddings"
    (cd "$here/../.." && timeout 600 cargo test -q --test faces real::a_search_by_codes -- --nocapture 2>> "$steps") |
        "$python" -c 'import json, sys; [print(json.dumps({"real": line.strip()})) for line in sys.stdin if line[0].isdigit() or line.startswith(("FNIR", "one-bit"))]' \
            >> "$results"
fi
step "table"
"$python" "$here/face_search_table.py" "$results" | tee ${record:+"$record"}
step "done"
}

main "$@"
