"""Fits the table of `extraction::Usefulness`: of a picture's comparisons with its mates, the share that is found, by the
mean quality of its minutiae.

usage: usefulness.py RECORDS SCORES.csv

RECORDS holds DATABASE/FINGER_IMPRESSION.iso, as `biomatch extract` writes them (benches/compare/extraction.sh leaves both);
SCORES has all pairs inside each database. A mate is found if it reaches the score of FMR 1e-3 of its database. Shares
come from isotonic regression, which never falls.
"""

import csv
import sys
from pathlib import Path

FMR = 1e-3
# Where the table has a point: these parts of the pictures have less.
PARTS = [0.01, 0.03, 0.08, 0.2, 0.4, 0.7]
# Templates of fewer minutiae count as less useful, in proportion.
ENOUGH = 20
# Templates of fewer minutiae count as less useful, in proportion.
ENOUGH = 20


def certainty(path):
    """The mean quality of a template's minutiae; of fewer than enough, as if the others had none."""
    record = path.read_bytes()
    return sum(record[28 + 6 * i + 5] for i in range(record[27])) / max(record[27], ENOUGH)


def isotonic(values):
    """The never falling numbers nearest to these by squares."""
    blocks = []
    for value in values:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (a, n), (b, m) = blocks[-2:]
            blocks[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    return [value for value, count in blocks for _ in range(count)]


def main():
    records, scores = Path(sys.argv[1]), sys.argv[2]
    mates, others = [], {}
    for row in csv.DictReader(open(scores, newline="")):
        (database, a), (_, b) = row["a"].split("/"), row["b"].split("/")
        if a.split("_")[0] == b.split("_")[0]:
            mates.append((database, row["a"], row["b"], float(row["score"])))
        else:
            others.setdefault(database, []).append(float(row["score"]))
    least = {name: sorted(values)[-max(1, int(FMR * len(values)))] for name, values in others.items()}
    samples = sorted(
        (certainty(records / name), float(score > least[database]))
        for database, a, b, score in mates
        for name in (a, b)
    )
    shares = isotonic([found for _, found in samples])
    print(f"{len(samples)} comparisons of pictures with their mates, {sum(f for _, f in samples) / len(samples):.4f} found")
    for part in PARTS:
        at = int(part * len(samples))
        print(f"    ({samples[at][0]:.1f}, {100 * shares[at]:.1f}),")


if __name__ == "__main__":
    main()
