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
    between = cosine(*impostor)
    allowed = int(1e-4 * len(between))
    threshold = np.partition(between, len(between) - allowed - 1)[len(between) - allowed - 1]
    vectors = unit(rows)
    missed = np.array([np.sum((vectors @ vectors[i] <= threshold) & same[i]) for i in range(count)])
    mates = same.sum(axis=1) - 1
    doubtful = (mates >= 40) & (missed > mates / 2)
    with_doubtful = doubtful[genuine[0]] | doubtful[genuine[1]]
    all_missed = cosine(*genuine) <= threshold
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
    offset = np.partition(against - 0.2 * norm[single], against.shape[1] - 50, axis=1)[:, -50:].mean(axis=1)
    report(
        "cosine - 0.2 (ln norm + ln norm) - half the mean of the 50 nearest of the cohort",
        lambda a, b: cosine(a, b) - 0.2 * (norm[a] + norm[b]) - 0.5 * (offset[a] + offset[b]),
    )

    # Weights beside the norms' that were the best of a grid on these very pairs: they flatter themselves.
    standard = lambda values: (values - values.mean()) / values.std()
    crowd = standard(np.partition(against, against.shape[1] - 20, axis=1)[:, -20:].mean(axis=1))
    mean_face = unit(rows)[single].mean(axis=0)
    ordinary = standard(unit(rows) @ (mean_face / np.linalg.norm(mean_face)))
    leading = np.linalg.eigh(np.cov(unit(rows)[single].T))[1][:, -8:]
    energy = standard(((unit(rows) @ leading) ** 2).sum(axis=1))
    for name, extra in (
        ("0.008 nearness to the 20 nearest of the cohort", 0.008 * crowd),
        ("0.008 the same + 0.004 likeness to the mean face", 0.008 * crowd - 0.004 * ordinary),
        ("0.009 share in the 8 leading directions of the cohort", 0.009 * energy),
    ):
        offsets = 0.17 * norm + extra
        report(f"cosine - 0.17 (ln norm + ln norm) - {name}", lambda a, b, o=offsets: cosine(a, b) - o[a] - o[b])

    # Each embedding as a von Mises-Fisher distribution about its subject, as concentrated as it is long:
    # the log likelihood ratio of one subject against two.
    half = rows.shape[1] / 2 - 1

    def log_constant(concentration):
        ratio = concentration / half
        root = np.sqrt(1 + ratio**2)
        log_bessel = half * (root + np.log(ratio / (1 + root))) - 0.5 * np.log(root)
        return half * np.log(concentration) - log_bessel

    for typical in (800, 1600, 2400):
        concentration = typical * np.exp(norm - np.median(norm))

        def likelihood_ratio(a, b, k=concentration):
            both = np.sqrt(k[a] ** 2 + k[b] ** 2 + 2 * k[a] * k[b] * cosine(a, b))
            return log_constant(k[a]) + log_constant(k[b]) - log_constant(both)

        report(f"von Mises-Fisher likelihood ratio, typical concentration {typical}", likelihood_ratio)

    print(
        f"{doubtful.sum()} pictures score below the threshold of 1e-4 against more than half of 40 or more mates: "
        f"{np.sum(all_missed & with_doubtful)} of {all_missed.sum()} misses; "
        f"FNMR of the others {100 * np.mean(all_missed[~with_doubtful]):.2f} %"
    )


if __name__ == "__main__":
    main()
