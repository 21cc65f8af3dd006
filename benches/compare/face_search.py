"""One rival's face searches on the vectors of `face-search make`, one JSON object a measurement.

usage: face_search.py RIVAL FOLDER COUNT DIMENSION      RIVAL: one of RIVALS below

A process for each rival: some of these libraries disturb each other. `faiss-flat`, which is exact, comes first:
it leaves `truth.npy`, the best ten rows of the first probes, and the recall of the others is against that. The
mate rate is how often the mate of a probe that has one comes first. Times are the best of several rounds.
"""

import argparse
import json
import time

import numpy as np

TOP = 10
NO_MATE = 2**32 - 1
ROUNDS = 5
# Probes of single searches, each another: a graph that is asked the same few again finds its nodes in cache.
SINGLES, GREAT_SINGLES = 100, 5
BATCHES = (10, 100, 1000)
# No second round of what takes longer, in seconds.
LONG = 2.0
RIVALS = {}


def rival(name):
    def register(function):
        RIVALS[name] = function
        return function

    return register


def say(who, what, threads, seconds, **of):
    print(json.dumps({"who": who, "what": what, "threads": threads, "seconds": seconds, **of}), flush=True)


def best(work, rounds=ROUNDS):
    times = []
    while len(times) < rounds and not (times and times[0] > LONG):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def best_each(work, count):
    """The mean over `count` numbers of the least time that `work` of each takes in some rounds."""
    times = np.full((ROUNDS, count), np.inf)
    for round in range(ROUNDS):
        for at in range(count):
            start = time.perf_counter()
            work(at)
            times[round, at] = time.perf_counter() - start
        if times[: round + 1].sum() > 2 * LONG:
            break
    return times.min(axis=0).mean()


class Set:
    """The vectors of a folder, and how many probes recall is measured with."""

    def __init__(self, folder, count, dimension):
        self.folder, self.count, self.dimension = folder, count, dimension
        self.faces = np.fromfile(f"{folder}/faces.f32", np.float32).reshape(count, dimension)
        self.probes = np.fromfile(f"{folder}/probes.f32", np.float32).reshape(-1, dimension)
        self.mates = np.fromfile(f"{folder}/mates.u32", np.uint32)
        self.checked = 1000 if count <= 100_000 else 200
        self.singles = SINGLES if count <= 100_000 else GREAT_SINGLES

    def codes(self):
        """Faces and probes as signed bytes, each on one scale."""
        faces = np.empty(self.faces.shape, np.int8)
        scale = 127 / np.abs(self.faces).max()
        for start in range(0, self.count, 50_000):
            part = self.faces[start : start + 50_000]
            faces[start : start + 50_000] = np.rint(part * scale)
        probes = np.rint(self.probes * (127 / np.abs(self.probes).max())).astype(np.int8)
        return faces, probes

    def quality(self, found):
        """Recall at one and at ten, and the mate rate, of the best ten of the checked probes."""
        truth = np.load(f"{self.folder}/truth.npy")[: len(found)]
        mates = self.mates[: len(found)]
        mated = mates != NO_MATE
        at_ten = np.mean([len(set(a) & set(b)) / TOP for a, b in zip(found.tolist(), truth.tolist())])
        return {
            "recall_1": float(np.mean(found[:, 0] == truth[:, 0])),
            "recall_10": float(at_ten),
            "mate_rate": float(np.mean(found[mated, 0] == mates[mated])) if mated.any() else None,
        }

    def measure(self, who, search, probes, bytes_a_vector, ten=None, threads=(1, 2), batches=BATCHES, checked=None):
        """`search(probes, threads)` is timed; `ten` gives the best ten rows of each probe, if that is another."""
        found = np.asarray((ten or search)(probes[: checked or self.checked], max(threads)))
        quality = self.quality(found.reshape(-1, TOP))
        for many in threads:
            seconds = best_each(lambda at: search(probes[at : at + 1], many), self.singles)
            say(who, "single top 10", many, seconds, m_vectors_s=self.count / seconds / 1e6,
                bytes_a_vector=bytes_a_vector, **quality)
            for batch in batches:
                seconds = best(lambda: search(probes[:batch], many), 2)
                say(who, "batch", many, seconds, probes=batch, m_pairs_s=self.count * batch / seconds / 1e6)


def by_faiss(index):
    import faiss

    def search(probes, threads):
        faiss.omp_set_num_threads(threads)
        return index.search(probes, TOP)[1]

    return search


@rival("faiss-flat")
def faiss_flat(of):
    import faiss

    index = faiss.IndexFlatIP(of.dimension)
    index.add(of.faces)
    search = by_faiss(index)
    np.save(f"{of.folder}/truth.npy", search(of.probes[: of.checked], 2))
    of.measure("faiss flat", search, of.probes, 4 * of.dimension)


def faiss_codes(of, name, kind):
    import faiss

    kind = getattr(faiss.ScalarQuantizer, kind)
    index = faiss.IndexScalarQuantizer(of.dimension, kind, faiss.METRIC_INNER_PRODUCT)
    index.train(of.faces[:100_000])
    index.add(of.faces)
    of.measure(name, by_faiss(index), of.probes, index.code_size, batches=(10, 100))


@rival("faiss-sq8")
def faiss_sq8(of):
    faiss_codes(of, "faiss sq8", "QT_8bit")


@rival("faiss-sq8-uniform")
def faiss_sq8_uniform(of):
    faiss_codes(of, "faiss sq8 uniform", "QT_8bit_uniform")


@rival("faiss-hnsw")
def faiss_hnsw(of):
    import faiss

    faiss.omp_set_num_threads(2)
    start = time.perf_counter()
    index = faiss.IndexHNSWFlat(of.dimension, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 100
    index.add(of.faces)
    say("faiss hnsw m 32", "build", 2, time.perf_counter() - start)
    for ef in (64, 256, 512, 1024):
        index.hnsw.efSearch = ef
        of.measure(f"faiss hnsw m 32 ef {ef}", by_faiss(index), of.probes, 4 * of.dimension + 4 * 64,
                   batches=(100,))


@rival("usearch-exact")
def usearch_exact(of):
    from usearch.index import MetricKind, search

    def exact(faces):
        def run(probes, threads):
            return search(faces, probes, TOP, MetricKind.Cos, exact=True, threads=threads).keys

        return run

    of.measure("usearch exact f32", exact(of.faces), of.probes, 4 * of.dimension, batches=(100,))
    codes, probes = of.codes()
    of.measure("usearch exact i8", exact(codes), probes, of.dimension, batches=(100,))


@rival("usearch-hnsw")
def usearch_hnsw(of):
    from usearch.index import Index

    index = Index(ndim=of.dimension, metric="ip", dtype="i8", connectivity=32, expansion_add=100)
    start = time.perf_counter()
    index.add(np.arange(of.count, dtype=np.uint64), of.faces, threads=2)
    say("usearch hnsw m 32 i8", "build", 2, time.perf_counter() - start)

    def search(probes, threads):
        return index.search(probes, TOP, threads=threads).keys

    for ef in (64, 256):
        index.expansion_search = ef
        of.measure(f"usearch hnsw m 32 i8 ef {ef}", search, of.probes, index.memory_usage // of.count,
                   batches=(100,))


def best_of(scores, count):
    rows = np.argpartition(scores, -count, axis=1)[:, -count:]
    order = np.argsort(-np.take_along_axis(scores, rows, axis=1), axis=1, kind="stable")
    return np.take_along_axis(rows, order, axis=1)


def by_scores(of, who, scores, probes, bytes_a_vector, **how):
    """A library that only scores: numpy finds the best one, which is less work than the best ten."""

    def ten(probes, threads):
        parts = [best_of(scores(probes[i : i + 20], threads), TOP) for i in range(0, len(probes), 20)]
        return np.concatenate(parts)

    of.measure(who, lambda probes, threads: scores(probes, threads).argmax(axis=1), probes, bytes_a_vector,
               ten=ten, batches=(10, 100) if of.count <= 100_000 else (10,),
               checked=None if of.count <= 100_000 else 40, **how)


@rival("simsimd")
def simsimd_codes(of):
    import simsimd

    codes, probes = of.codes()

    def scores(probes, threads):
        return -np.atleast_2d(np.asarray(simsimd.cdist(probes, codes, "cosine", threads=threads)))

    by_scores(of, "simsimd i8 + numpy", scores, probes, of.dimension)


@rival("numkong")
def numkong_codes(of):
    import numkong

    codes, probes = of.codes()

    def scores(probes, _):
        return np.atleast_2d(np.asarray(numkong.cdist(probes, codes, "dot")))

    by_scores(of, "numkong i8 + numpy", scores, probes, of.dimension, threads=(1,))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rival", choices=RIVALS)
    parser.add_argument("folder")
    parser.add_argument("count", type=int)
    parser.add_argument("dimension", type=int)
    args = parser.parse_args()
    RIVALS[args.rival](Set(args.folder, args.count, args.dimension))


if __name__ == "__main__":
    main()
