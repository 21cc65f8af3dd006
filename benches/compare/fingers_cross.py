"""Error rates of fingerprints with weights that were fitted elsewhere.

usage: fingers_cross.py BIOMATCH FINGERS

BIOMATCH is the release binary; FINGERS holds EXTRACTOR/DATABASE/FINGER_IMPRESSION.iso. The score is a weighted
sum of two numbers of a pair (`src/fingerprint/score/combination.rs`). This prints, for all pairs inside each database, the
error rates of the shipped weights, of weights fitted without the database that is scored (all extractors
together), and of weights fitted without the extractor that is scored (all databases). The fit is logistic
regression, every pair alike. All other constants are the shipped ones. Percent, with 95 % intervals by
finger from `biomatch evaluate`. Needs Python with numpy. Prints Markdown: put it in benches/record/.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from fingers import evaluate

FLOOR = 0.001  # RELAXED_FLOOR of src/fingerprint/parameters.rs
NOT_COMPARABLE = -1.0e3


def numbers(biomatch, root, folder):
    """Of all pairs of a folder: names, database, whether mated, shipped score, the two numbers and one."""
    pairs, truth, out = (str(folder / f"{root.name}-{n}.csv") for n in ("pairs", "truth", "numbers"))
    subprocess.run([biomatch, "-q", "pairs", "--root", str(root), "--out", pairs, "--truth", truth], check=True)
    example = ["cargo", "run", "-q", "--release", "--example", "finger_numbers", "--", str(root), pairs, out]
    subprocess.run(example, cwd=Path(__file__).parents[2], check=True)
    subject = {row["id"]: row["subject"] for row in csv.DictReader(open(truth, newline=""))}
    rows = list(csv.DictReader(open(out, newline="")))
    relaxed, share, score = (np.array([float(row[n]) for row in rows]) for n in ("relaxed", "share", "score"))
    return {
        "truth": truth,
        "names": [(row["a"], row["b"]) for row in rows],
        "database": np.array([row["a"].split("/")[0] for row in rows]),
        "mated": np.array([subject[row["a"]] == subject[row["b"]] for row in rows]),
        "shipped": score,
        "terms": np.stack([np.log(relaxed + FLOOR), share, np.ones(len(rows))], 1),
        "comparable": score > NOT_COMPARABLE,
    }


def fit(terms, mated):
    """Weights of the most likely logistic model, by Newton's method."""
    scale = np.array([*terms[:, :2].std(0), 1.0])
    terms = terms / scale
    weights = np.zeros(3)
    for _ in range(30):
        odds = 1 / (1 + np.exp(-terms @ weights))
        curvature = (terms * (odds * (1 - odds))[:, None]).T @ terms + 1e-9 * np.eye(3)
        weights += np.linalg.solve(curvature, terms.T @ (mated - odds))
    return weights / scale


def main():
    biomatch, fingers = sys.argv[1], Path(sys.argv[2])
    extractors = sorted(p.name for p in fingers.iterdir() if any(p.glob("*/*.iso")))
    print("| templates | weights | mean EER | pooled EER | pooled FNMR at FMR 1e-3 | at 1e-4 |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        sets = {e: numbers(biomatch, fingers / e, Path(folder)) for e in extractors}

        def fitted(use):
            """Weights from the pairs that `use` picks of each extractor's set."""
            picked = [(s, use(e, s) & s["comparable"]) for e, s in sets.items()]
            terms, mated = ([s[n][of] for s, of in picked] for n in ("terms", "mated"))
            return fit(np.concatenate(terms), np.concatenate(mated).astype(float))

        databases = sorted(set(next(iter(sets.values()))["database"]))
        without = {d: fitted(lambda _, s: s["database"] != d) for d in databases}
        for extractor, s in sets.items():
            others = fitted(lambda e, s: np.full(len(s["mated"]), e != extractor))
            by_database = np.array([without[d] for d in s["database"]])
            for label, score in (
                ("shipped", s["shipped"]),
                ("fitted without the database", (s["terms"] * by_database).sum(1)),
                ("fitted without the extractor", s["terms"] @ others),
            ):
                score = np.where(s["comparable"], score, NOT_COMPARABLE)
                path = str(Path(folder) / "scores.csv")
                with open(path, "w", newline="") as out:
                    rows = ([*names, value] for names, value in zip(s["names"], score))
                    csv.writer(out).writerows([["a", "b", "score"], *rows])
                print(f"| {extractor} | {label} | {' | '.join(evaluate(biomatch, path, s['truth']))} |", flush=True)


if __name__ == "__main__":
    main()
