#!/usr/bin/env bash
# Compares face searches from scratch: vectors, this engine, rivals; writes benches/record/DATE-face-search.md.
# usage: benches/compare/face_search.sh [FOLDER]     FOLDER (default /tmp/biomatch-compare) takes 6 GB a million.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-/tmp/biomatch-compare}
sets=${SETS:-"10000:512:faces 100000:512:faces 1000000:512:faces 100000:512:uniform 100000:128:faces"}
mkdir -p "$folder"
[ -x "$folder/venv/bin/python" ] || {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install numpy faiss-cpu simsimd
}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/target}
cargo build -q --release --manifest-path "$here/Cargo.toml"
engine=$CARGO_TARGET_DIR/release/face-search
results=$folder/results.ndjson
: > "$results"
for set in $sets; do
    IFS=: read -r count dimension kind <<< "$set"
    of=$folder/$set
    load=$(cut -d' ' -f1 /proc/loadavg)
    [ -f "$of/faces.f32" ] || "$engine" make "$of" "$count" "$dimension" "$kind"
    echo "{\"set\":\"$set\",\"load\":$load}" >> "$results"
    "$engine" run "$of" "$count" "$dimension" | tee -a "$results"
    BIOMATCH_KERNELS=avx2 "$engine" run "$of" "$count" "$dimension" | sed 's/"biomatch"/"biomatch avx2"/' | tee -a "$results"
    "$folder/venv/bin/python" "$here/face_search.py" "$of" "$count" "$dimension" | tee -a "$results"
done
"$folder/venv/bin/python" "$here/face_search_table.py" "$results" > "$here/../record/$(date +%F)-face-search.md"
