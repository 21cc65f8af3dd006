#!/usr/bin/env bash
# Trains the minutiae extractor from nothing: train.sh OUT [settings of train.py].
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: train.sh OUT [settings]}
shift
mkdir -p "$out"
cargo build --release --locked -p biomatch-datasets --example training_crops --manifest-path "$here/../../Cargo.toml"
[ -x "$out/venv/bin/python" ] || python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet -r "$here/requirements.txt"
"$out/venv/bin/python" "$here/train.py" "$out" "$@"
