#!/usr/bin/env bash
# Runs LEADER in biomatch and in onnxruntime on pictures of the development data, and compares the minutiae.
# usage: BIOMATCH_DATA=DIR BIOMATCH_MODELS=DIR benches/compare/leader.sh [FOLDER] [EVERY]
# FOLDER (default /tmp/biomatch-leader) takes the records and Python's packages; EVERY (default 1) takes each such
# picture. The folder of models has leader.onnx (docs/models/README.md).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${BIOMATCH_DATA:-}" ] || { echo "BIOMATCH_DATA is not set: the pictures are below it" >&2; exit 2; }
[ -n "${BIOMATCH_MODELS:-}" ] || { echo "BIOMATCH_MODELS is not set: leader.onnx is in it" >&2; exit 2; }
folder=${1:-/tmp/biomatch-leader}
mkdir -p "$folder/records"
cd "$here/../.."
cargo run -q --release --example minutiae "$BIOMATCH_MODELS/leader.onnx" "$folder/records" "${2:-1}"
[ -f "$folder/venv/done" ] || {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install numpy pillow onnxruntime
    touch "$folder/venv/done"
}
"$folder/venv/bin/python" "$here/leader.py" "$BIOMATCH_MODELS/leader.onnx" "$BIOMATCH_DATA/pictures/fingers" "$folder/records"
