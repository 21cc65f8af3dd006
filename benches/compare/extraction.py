"""Minutiae from pictures: the extractor that ships beside templates of other extractors of the same pictures.

usage: extraction.py BIOMATCH DATA FOLDER [NETWORK...]

BIOMATCH is the release binary; DATA holds pictures/fingers/DATABASE/FINGER_IMPRESSION.png and
fingers/EXTRACTOR/DATABASE/FINGER_IMPRESSION.iso. FOLDER takes the records and scores. Each NETWORK is a file
for `biomatch extract --extractor`, measured too. All pairs inside each database are compared by our matcher. Prints
Markdown: put it in benches/record/ under its date.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from fingers import evaluate, processor

# Databases on which the extractor was chosen, and those that were only looked at afterwards.
CHOSEN = ["fvc2002_DB1_B", "fvc2002_DB3_B", "fvc2004_DB1_B", "fvc2004_DB3_B"]
HELD_BACK = ["fvc2002_DB2_B", "fvc2002_DB4_B"]
DPI = {"fvc2002_DB2_B": 569, "fvc2004_DB3_B": 512}
RIVALS = ["leader", "mindtct", "sourceafis", "secugen"]


def extract(biomatch, data, records, network, threads):
    """Records of all pictures; wall seconds, pictures, and the greatest memory of a process in MB."""
    spent, pictures = 0.0, 0
    for database in CHOSEN + HELD_BACK:
        command = [biomatch, "-q", "extract", str(Path(data) / "pictures/fingers" / database), "--force"]
        command += ["--out", str(records / database), "--dpi", str(DPI.get(database, 500)), "--threads", str(threads)]
        if network:
            command += ["--extractor", network]
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        spent += time.perf_counter() - start
        pictures += json.loads(done.stdout)["records"]
    return spent, pictures, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def rates(biomatch, records, databases, folder):
    pairs, truth, scores = (str(folder / f"{name}.csv") for name in ("pairs", "truth", "scores"))
    lines, truths = [], []
    for database in databases:
        subprocess.run([biomatch, "-q", "pairs", "--root", str(records / database), "--out", pairs, "--truth", truth], check=True)
        for path, rows in ((pairs, lines), (truth, truths)):
            head, *there = Path(path).read_text().splitlines()
            rows += ([] if rows else [head]) + [",".join(f"{database}/{cell}" for cell in row.split(",")) for row in there]
    Path(pairs).write_text("\n".join(lines) + "\n")
    Path(truth).write_text("\n".join(truths) + "\n")
    subprocess.run([biomatch, "-q", "score", "--root", str(records), "--pairs", pairs, "--out", scores], check=True)
    return evaluate(biomatch, scores, truth)


def main():
    biomatch, data, folder, *networks = sys.argv[1:]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cores = os.cpu_count()
    print(f"Machine: {processor()}, {cores} processors, load {os.getloadavg()[0]:.1f}. Percent, with 95 % intervals by finger.\n")
    print("| templates | pictures | mean EER | pooled EER | pooled FNMR at FMR 1e-3 | at 1e-4 |")
    print("|---|---|---|---|---|---|")
    ours = {("biomatch" if network is None else Path(network).stem): network for network in [None, *networks]}
    speeds = []
    for name, network in ours.items():
        records = folder / name
        one, pictures, megabytes = extract(biomatch, data, records, network, 1)
        all_cores, _, _ = extract(biomatch, data, records, network, cores)
        speeds.append(
            f"| {name} | {1e3 * one / pictures:.0f} | {pictures / all_cores:.1f} | {one / all_cores:.2f} | {megabytes:.0f} |"
        )
    sources = {name: folder / name for name in ours} | {name: Path(data) / "fingers" / name for name in RIVALS}
    for what, databases in (("chosen on", CHOSEN), ("held back", HELD_BACK), ("all six", CHOSEN + HELD_BACK)):
        for name, records in sources.items():
            print(f"| {name} | {what} | {' | '.join(rates(biomatch, records, databases, folder))} |", flush=True)
    print(f"\n| extractor | ms a picture, one thread | pictures a second, {cores} threads | ratio | greatest memory, MB |")
    print("|---|---|---|---|---|")
    print("\n".join(speeds))


if __name__ == "__main__":
    main()
