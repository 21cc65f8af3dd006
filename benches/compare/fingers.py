"""Fingerprints: biomatch beside NIST's bozorth3, same templates, same pairs, same run.

usage: fingers.py BIOMATCH FINGERS [EXTRACTOR...]

BIOMATCH is the release binary; FINGERS holds EXTRACTOR/DATABASE/FINGER_IMPRESSION.iso (ISO/IEC
19794-2:2005). All pairs inside each database are compared by both, one thread each, and both score files
are evaluated by `biomatch evaluate`. Prints Markdown: put it in benches/record/ under its date.

Rival: the C code of NBIS (public domain), taken from the sources of the crate nbis-rs and compiled here
with `cc -O3 -march=native`. It gets what its own reader would make of the templates: the best 150 minutiae by quality,
y upwards, directions out of the ridge in whole degrees, sorted by x and y. Its tables of a probe are made
once for all comparisons of that probe in a row, as its own program does.
"""

import csv
import ctypes
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CRATE = "nbis-rs"
VERSION = "0.1.0"

# Its own program does not compare templates of fewer: they score zero.
LEAST_MINUTIAE = 10


class Xyt(ctypes.Structure):
    _fields_ = [("nrows", ctypes.c_int)] + [(name, ctypes.c_int * 200) for name in ("x", "y", "theta")]


def build_bozorth3(folder):
    """Fetches the crate's sources with cargo and compiles the matcher."""
    project = Path(folder) / "fetch"
    (project / "src").mkdir(parents=True)
    (project / "src" / "lib.rs").touch()
    manifest = f'[package]\nname = "fetch"\nversion = "0.0.0"\n[dependencies]\n{CRATE} = "={VERSION}"\n[workspace]\n'
    (project / "Cargo.toml").write_text(manifest)
    subprocess.run(["cargo", "fetch", "-q"], cwd=project, check=True)
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--offline"], cwd=project, check=True, capture_output=True
    )
    packages = json.loads(metadata.stdout)["packages"]
    source = next(Path(p["manifest_path"]).parent for p in packages if p["name"] == CRATE) / "ext/nbis/bozorth"
    library = Path(folder) / "bozorth3.so"
    flags = ["-O3", "-march=native", "-w", "-shared", "-fPIC", "-DNOVERBOSE", f"-I{source / 'include'}"]
    # bz_io.c reads files for its own program and wants that program's globals; only its names for
    # messages are needed here.
    names = Path(folder) / "names.c"
    functions = ("get_progname", "get_probe_filename", "get_gallery_filename")
    names.write_text("".join(f'char *{name}(void) {{ return "bozorth3"; }}\n' for name in functions))
    files = sorted(str(f) for f in (source / "src/lib/bozorth3").glob("*.c") if f.name != "bz_io.c")
    subprocess.run(["cc", *flags, "-o", str(library), *files, str(names), "-lm"], check=True)
    bozorth3 = ctypes.CDLL(str(library))
    ctypes.c_int.in_dll(bozorth3, "min_computable_minutiae").value = LEAST_MINUTIAE
    stderr = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stderr").value
    ctypes.c_void_p.in_dll(bozorth3, "errorfp").value = stderr
    return bozorth3


def read_for_bozorth3(path):
    record = Path(path).read_bytes()
    height, count = int.from_bytes(record[16:18], "big"), record[27]
    minutiae = []
    for at in range(28, 28 + 6 * count, 6):
        x, y = (int.from_bytes(record[at + i : at + i + 2], "big") & 0x3FFF for i in (0, 2))
        theta = (round(record[at + 4] * 360 / 256) + 180) % 360
        minutiae.append((record[at + 5], x, height - y, theta))
    minutiae = sorted(sorted(minutiae, key=lambda m: -m[0])[:150], key=lambda m: (m[1], m[2]))
    xyt = Xyt(len(minutiae))
    for i, (_, xyt.x[i], xyt.y[i], xyt.theta[i]) in enumerate(minutiae):
        pass
    return xyt


def bozorth3(library, root, pairs, scores):
    """Scores all pairs; processor seconds a comparison."""
    rows = list(csv.DictReader(open(pairs, newline="")))
    templates = {n: read_for_bozorth3(Path(root) / n) for n in {n for r in rows for n in (r["a"], r["b"])}}
    probe, length, results = None, 0, []
    start = time.process_time()
    for row in rows:
        if row["a"] != probe:
            probe = row["a"]
            length = library.bozorth_probe_init(ctypes.byref(templates[probe]))
        a, b = templates[probe], templates[row["b"]]
        if min(a.nrows, b.nrows) < LEAST_MINUTIAE:
            results.append(0)
            continue
        library.bozorth_gallery_init(ctypes.byref(b))
        results.append(library.bozorth_to_gallery(length, ctypes.byref(a), ctypes.byref(b)))
    spent = time.process_time() - start
    with open(scores, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["a", "b", "score"])
        writer.writerows([row["a"], row["b"], score] for row, score in zip(rows, results))
    return spent / len(rows)


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def processor_seconds(command):
    def children():
        return os.times().children_user + os.times().children_system

    start = children()
    subprocess.run(command, check=True)
    return children() - start


def biomatch_score(biomatch, root, pairs, scores, folder):
    """Scores all pairs; processor seconds a comparison, without reading and preparing the records."""
    rows = list(csv.reader(open(pairs, newline="")))[1:]
    names = sorted({name for row in rows for name in row})
    few = str(Path(folder) / "few.csv")
    with open(few, "w", newline="") as out:
        csv.writer(out).writerows([["a", "b"], *zip(names, names)])
    command = [biomatch, "-q", "score", "--threads", "1", "--root", root, "--pairs"]
    prepared = processor_seconds([*command, few, "--out", str(Path(folder) / "few-scores.csv")])
    spent = processor_seconds([*command, pairs, "--out", scores])
    return (spent - prepared) / (len(rows) - len(names))


def evaluate(biomatch, scores, truth):
    command = [biomatch, "evaluate", scores, "--truth", truth, "--group-by", "folder", "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    mean, pooled = report["mean"], report["pooled"]["rates"]

    def text(estimate):
        interval = estimate["interval"]
        return f"{100 * estimate['rate']:.2f} [{100 * interval['low']:.2f}, {100 * interval['high']:.2f}]"

    at = {point["fmr_limit"]: text(point["fnmr"]) for point in pooled["fnmr_at"]}
    return [text(mean["eer"]), text(pooled["eer"]), at[0.001], at[0.0001]]


def main():
    biomatch, fingers, *extractors = sys.argv[1:]
    extractors = extractors or sorted(p.name for p in Path(fingers).iterdir() if any(p.glob("*/*.iso")))
    version = subprocess.run([biomatch, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    print(f"Machine: {processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; one thread each, one run.")
    print(f"biomatch {version}; bozorth3 of {CRATE} {VERSION}. Percent, with 95 % intervals by finger.\n")
    print("| templates | matcher | mean EER | pooled EER | pooled FNMR at FMR 1e-3 | at 1e-4 | us a comparison |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        library = build_bozorth3(folder)
        pairs, truth, ours, theirs = (str(Path(folder) / f"{n}.csv") for n in ("pairs", "truth", "ours", "theirs"))
        for extractor in extractors:
            root = str(Path(fingers) / extractor)
            subprocess.run([biomatch, "-q", "pairs", "--root", root, "--out", pairs, "--truth", truth], check=True)
            for name, scores, spent in (
                ("biomatch", ours, biomatch_score(biomatch, root, pairs, ours, folder)),
                ("bozorth3", theirs, bozorth3(library, root, pairs, theirs)),
            ):
                rates = " | ".join(evaluate(biomatch, scores, truth))
                print(f"| {extractor} | {name} | {rates} | {1e6 * spent:.0f} |", flush=True)


if __name__ == "__main__":
    main()
