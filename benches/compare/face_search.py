"""Rival face searches on the vectors of `face-search make`, one JSON object a measurement.

usage: face_search.py FOLDER COUNT DIMENSION [--hnsw-up-to N]

Exact: FAISS flat (f32). Approximate: FAISS 8-bit codes, uniform 8-bit codes, HNSW; simsimd scores 8-bit
codes on one thread, and numpy finds the best. The best of seven rounds of five single searches, and of
two batches. Recall is against FAISS flat, top 1, and the mate rate is how often the mate comes first.
"""

import argparse
import json
import time

import faiss
import numpy as np

ROUNDS = 7
TOP = 10
NO_MATE = 2**32 - 1


def say(who, what, threads, seconds, **of):
    print(json.dumps({"who": who, "what": what, "threads": threads, "seconds": seconds, **of}), flush=True)


def best(work, rounds=ROUNDS):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(who, search, rows, probes, truth, mates, bytes_a_vector, batches=(100, 1000)):
    """`search(probes)` gives the row of the best for each."""
    found = np.concatenate([search(probes[i : i + 1]) for i in range(len(truth))])
    recall = float(np.mean(found == truth))
    mated = mates[: len(truth)] != NO_MATE
    mate_rate = float(np.mean(found[mated] == mates[: len(truth)][mated]))
    for threads in (1, 2):
        faiss.omp_set_num_threads(threads)
        seconds = best(lambda: [search(probes[i : i + 1]) for i in range(5)]) / 5
        say(who, "single top 10", threads, seconds, ms=seconds * 1e3, m_vectors_s=rows / seconds / 1e6,
            bytes_a_vector=bytes_a_vector, recall=recall, mate_rate=mate_rate)
        for batch in batches:
            seconds = best(lambda: search(probes[:batch]), 2)
            say(who, "batch", threads, seconds, probes=batch, m_pairs_s=rows * batch / seconds / 1e6)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("count", type=int)
    parser.add_argument("dimension", type=int)
    parser.add_argument("--hnsw-up-to", type=int, default=100_000)
    args = parser.parse_args()

    def load(name, kind):
        return np.fromfile(f"{args.folder}/{name}", dtype=kind)

    faces = load("faces.f32", np.float32).reshape(args.count, args.dimension)
    probes = load("probes.f32", np.float32).reshape(-1, args.dimension)
    mates = load("mates.u32", np.uint32)
    checked = 200

    def by(index):
        return lambda probes: index.search(probes, TOP)[1][:, 0]

    flat = faiss.IndexFlatIP(args.dimension)
    flat.add(faces)
    faiss.omp_set_num_threads(2)
    truth = flat.search(probes[:checked], 1)[1][:, 0]
    measure("faiss flat", by(flat), args.count, probes, truth, mates, 4 * args.dimension)
    del flat

    kinds = {
        "faiss sq8": faiss.ScalarQuantizer.QT_8bit,
        "faiss sq8 uniform": faiss.ScalarQuantizer.QT_8bit_uniform,
    }
    for name, kind in kinds.items():
        index = faiss.IndexScalarQuantizer(args.dimension, kind, faiss.METRIC_INNER_PRODUCT)
        index.train(faces[:100_000])
        index.add(faces)
        measure(name, by(index), args.count, probes, truth, mates, args.dimension, batches=(100,))
        del index

    if args.count <= args.hnsw_up_to:
        start = time.perf_counter()
        index = faiss.IndexHNSWFlat(args.dimension, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.add(faces)
        say("faiss hnsw32", "build", 2, time.perf_counter() - start)
        for ef in (64, 256, 1024):
            index.hnsw.efSearch = ef
            measure(f"faiss hnsw32 ef {ef}", by(index), args.count, probes, truth, mates,
                    4 * args.dimension + 4 * 64)
        del index

    # Loaded late: what it does at import has been seen to disturb others.
    import simsimd

    codes = np.rint(faces / np.abs(faces).max() * 127).astype(np.int8)
    scale = np.abs(probes).max()

    def simsimd_best(probes):
        coded = np.rint(probes / scale * 127).astype(np.int8)
        distances = np.asarray(simsimd.cdist(coded, codes, "cosine", threads=1))
        return np.atleast_2d(distances).argmin(axis=1)

    if args.count <= 100_000:
        measure("simsimd i8 + numpy", simsimd_best, args.count, probes, truth, mates, args.dimension,
                batches=(100,))


if __name__ == "__main__":
    main()
