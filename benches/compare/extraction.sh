#!/usr/bin/env bash
# Extracts the minutiae of the development pictures and prints error rates beside other extractors' templates.
# usage: BIOMATCH_DATA=DIR benches/compare/extraction.sh [FOLDER] [NETWORK...]
# FOLDER (default /tmp/biomatch-extraction) takes records and scores; a NETWORK is a file for `extract --extractor`.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${BIOMATCH_DATA:-}" ] || { echo "BIOMATCH_DATA is not set: the pictures are below it" >&2; exit 2; }
folder=${1:-/tmp/biomatch-extraction}
cd "$here/../.."
cargo build -q --release --locked
target=$(cargo metadata --format-version 1 --no-deps --offline | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
python3 "$here/extraction.py" "$target/release/biomatch" "$BIOMATCH_DATA" "$folder" "${@:2}"
