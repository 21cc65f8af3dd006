#!/usr/bin/env bash
# Decodes every picture of the development data and compares it with independent decoders: Pillow, and NBIS for WSQ.
# usage: BIOMATCH_DATA=DIR benches/compare/pictures.sh [FOLDER]
# FOLDER (default /tmp/biomatch-pictures) takes the decoded pictures and Python's packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${BIOMATCH_DATA:-}" ] || { echo "BIOMATCH_DATA is not set: the pictures are below it" >&2; exit 2; }
folder=${1:-/tmp/biomatch-pictures}
mkdir -p "$folder/decoded"
rm -f "$folder"/decoded/*
cd "$here/../.."
cargo run -q --release --example picture_decoders "$folder/decoded"
[ -f "$folder/venv/done" ] || {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install numpy pillow wsq
    touch "$folder/venv/done"
}
echo
"$folder/venv/bin/python" "$here/pictures.py" "$folder/decoded"
