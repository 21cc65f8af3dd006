#!/usr/bin/env bash
# Makes templates of all portraits of the development data, and compares error rates, embeddings and times with OpenCV's
# detector and recogniser and with onnxruntime, which run the same files.
# usage: BIOMATCH_DATA=DIR BIOMATCH_MODELS=DIR benches/compare/portraits.sh [FOLDER]
# FOLDER (default /tmp/biomatch-portraits) takes the templates and Python's packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${BIOMATCH_DATA:-}" ] || { echo "BIOMATCH_DATA is not set: the portraits are below it" >&2; exit 2; }
[ -n "${BIOMATCH_MODELS:-}" ] || { echo "BIOMATCH_MODELS is not set: it names the folder of the models" >&2; exit 2; }
folder=${1:-/tmp/biomatch-portraits}
mkdir -p "$folder/made"
cd "$here/../.."
[ -f "$folder/venv/done" ] || {
    python3 -m venv "$folder/venv"
    # OpenCV 5 no longer reads a file whose weights are listed as inputs.
    "$folder/venv/bin/pip" -q install numpy onnx onnxruntime 'opencv-python-headless<5'
    touch "$folder/venv/done"
}
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg), $(git rev-parse --short HEAD)"
echo
cargo run -q --release --example portraits "$folder/made" | tee "$folder/ours.txt"
"$folder/venv/bin/python" "$here/portraits.py" "$folder/made" "$folder/ours.txt"
