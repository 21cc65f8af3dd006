"""Error rates of ways to score pairs of embeddings, on the same pairs in one run.

usage: face_scores.py FACES.npy SUBJECTS.txt [--impostors N]

Genuine pairs: all of each subject. Impostor pairs: N drawn at random (default 6 million, seed 0).
FNMR at FMR f: the share of genuine pairs below the least score that at most f of the impostor pairs
reach. Needs numpy. What came of it is in docs/notes/face-score.md.
"""

import argparse

import numpy as np


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fnmr(genuine, impostor, fmr):
    allowed = int(fmr * len(impostor))
    threshold = np.partition(impostor, len(impostor) - allowed - 1)[len(impostor) - allowed - 1]
    return np.mean(genuine <= threshold)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces")
    parser.add_argument("subjects")
    parser.add_argument("--impostors", type=int, default=6_000_000)
    args = parser.parse_args()

    rows = np.load(args.faces).astype(np.float32)
    subject = np.loadtxt(args.subjects, dtype=np.int64)
    count = len(rows)
    norm = np.log(np.linalg.norm(rows, axis=1))
    same = subject[:, None] == subject[None, :]
    genuine = np.nonzero(np.triu(same, 1))
    random = np.random.default_rng(0)
    left, right = random.integers(0, count, (2, args.impostors + args.impostors // 50))
    other = subject[left] != subject[right]
    impostor = left[other][: args.impostors], right[other][: args.impostors]
    largest = np.bincount(subject[genuine[0]]).argmax()
    print(f"{count} faces, {len(genuine[0])} genuine pairs, {len(impostor[0])} impostor pairs")
    print("| score | FNMR @ 1e-2 | @ 1e-3 | @ 1e-4 | @ 1e-4 without the largest subject | even subjects | odd |")
    print("|---|---|---|---|---|---|---|")

    def report(name, score):
        g, i = score(*genuine), score(*impostor)
        parts = [slice(None), subject[genuine[0]] != largest]
        parts += [subject[genuine[0]] % 2 == parity for parity in (0, 1)]
        rates = [fnmr(g, i, 1e-2), fnmr(g, i, 1e-3)] + [fnmr(g[part], i, 1e-4) for part in parts]
        print(f"| {name} | " + " | ".join(f"{100 * rate:.2f} %" for rate in rates) + " |", flush=True)

    def cosine_of(vectors):
        cosines = vectors @ vectors.T
        return lambda a, b: cosines[a, b]

    cosine = cosine_of(unit(rows))
    report("cosine", cosine)
    report("cosine, mean removed first", cosine_of(unit(unit(rows) - unit(rows).mean(axis=0))))
    for power in (0.75, 1.5):
        report(f"cosine of signed powers, {power}", cosine_of(unit(np.sign(rows) * np.abs(rows) ** power)))
    for weight in (0.1, 0.2, 0.3):
        report(
            f"cosine - {weight} (ln norm + ln norm)",
            lambda a, b, w=weight: cosine(a, b) - w * (norm[a] + norm[b]),
        )

    # Normalisation by a cohort of people who have one picture only, so that it knows no genuine pair.
    single = np.bincount(subject)[subject] == 1
    against = unit(rows) @ unit(rows)[single].T
    against[single, np.arange(single.sum())] = -1.0  # nobody is in their own cohort
    nearest = np.partition(against, against.shape[1] - 200, axis=1)[:, -200:]
    mean, deviation = nearest.mean(axis=1), nearest.std(axis=1)
    report(
        "cosine, normalised by the 200 nearest of a cohort",
        lambda a, b: (cosine(a, b) - mean[a]) / deviation[a] + (cosine(a, b) - mean[b]) / deviation[b],
    )


if __name__ == "__main__":
    main()
