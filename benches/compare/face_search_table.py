"""Makes the table of `face_search.sh` from its results.

usage: face_search_table.py RESULTS.ndjson
"""

import datetime
import json
import subprocess
import sys
from importlib.metadata import version

US, FLAT, UNIFORM = "biomatch", "faiss flat", "faiss sq8 uniform"
PACKAGES = ("faiss-cpu", "usearch", "simsimd", "numkong", "numpy")
COLUMNS = [
    ("m_vectors_s", "{:.1f} M vectors/s"), ("m_pairs_s", "{:.0f} M pairs/s"), ("gb_s", "{:.1f} GB/s"),
    ("share", "high planes alone at {:.0%} of plain reading"), ("rows_s", "{:,.0f} faces/s"),
    ("processor_rows_s", "{:,.0f} a second of processor time"), ("a_commit", "{:,} a commit"),
    ("disk_mb_s", "its bytes written and synced alone {:.0f} MB/s"),
    ("disk_share", "which takes {:.0%} of the time"), ("disk_processor_share", "and {:.0%} of the processor's"),
    ("first_ms", "first of the process {:.2f} ms"), ("bytes_a_vector", "{:.0f} bytes a vector"),
    ("recall_1", "recall@1 {:.3f}"), ("recall_10", "recall@10 {:.3f}"), ("mate_rate", "mate first {:.3f}"),
    ("differing", "{} lists differ"), ("shortlist", "shortlist of {:,}"), ("missed", "{} lose their first place"),
]


def read(path):
    """The sets, each a name, the load of the machine and its lines; and the lines of real embeddings."""
    sets, real = [], []
    for text in open(path):
        line = json.loads(text)
        if "set" in line:
            sets.append((line["set"], line["load"], []))
        elif "real" in line:
            real.append(line["real"])
        else:
            sets[-1][2].append(line)
    return sets, real


def cells(line):
    return ", ".join(form.format(line[key]) for key, form in COLUMNS if line.get(key) is not None)


def find(lines, what, who=US, **of):
    """The fastest line that is so, or None. Lines of this engine are those of its fastest level."""
    if who == US and "level" not in of:
        levels = [line["level"] for line in lines if line.get("who") == US]
        of["level"] = levels[0] if levels else None
    fits = lambda line: all(line.get(key) == value for key, value in of.items())
    found = (line for line in lines if line.get("who") == who and line["what"] == what and fits(line))
    return min(found, key=lambda line: line["seconds"], default=None)


def ratio(a, b, key="seconds"):
    """How many times `b`'s is of `a`'s; None if one is missing."""
    return b[key] / a[key] if a and b and a[key] else None


def share(lines, what):
    """What one thread's pass is of the plain reading of mapped files, by bytes a second."""
    scan, plain = find(lines, what, threads=1), find(lines, "read, mapped file", threads=1)
    return scan["gb_s"] / plain["gb_s"] if scan and plain else None


def targets(sets):
    """Rows of the issue's table: what, least, seen (a number or None), how it is written."""
    count = lambda entry: int(entry[0].split(":")[0])
    faces = {count(entry): entry[2] for entry in sets if entry[0].endswith(":512:faces")}
    middle_count = 100_000 if 100_000 in faces else max(faces)
    greatest, middle = faces[max(faces)], faces[middle_count]
    one, two = (dict(threads=threads) for threads in (1, 2))
    single = find(greatest, "single top 10", **one)
    flat = find(greatest, "single top 10", FLAT, **one)
    batch = find(greatest, "batch", probes=1000, **one)
    at = find(greatest, "single top 10 at 0.45", **one)
    times = "{:.2f} x"
    rows = [
        ("exact single probe against FAISS flat", 4.2, ratio(single, flat), times),
        ("exact single probe against FAISS SQ8 uniform (approximate)", 1.75,
         ratio(single, find(greatest, "single top 10", UNIFORM, **one)), times),
        ("exact single probe, share of plain reading, counting high planes only (the least that it reads)", 0.9,
         single and single["share"], "{:.0%}"),
        ("exact thresholded scan, the same", 0.9, at and at["share"], "{:.0%}"),
        ("pass of both planes, share of plain reading", 0.9, share(greatest, "pass, both planes"), "{:.0%}"),
        ("pass of high planes, share of plain reading", 0.9, share(greatest, "pass, high plane"), "{:.0%}"),
        ("exact thresholded scan against FAISS flat", 7, ratio(at, flat), times),
        ("exact batch of 1,000 against FAISS flat batch", 3.9,
         ratio(batch, find(greatest, "batch", FLAT, probes=1000, **one)), times),
        ("two cores against one, single", 1.9, ratio(find(greatest, "single top 10", **two), single), times),
        ("two cores against one, batch of 1,000", 1.95,
         ratio(find(greatest, "batch", probes=1000, **two), batch), times),
    ]
    graphs = [line for line in middle if "hnsw" in line.get("who", "") and line["what"] == "single top 10"
              and line["threads"] == 1 and line["recall_1"] >= 0.95]
    graph = min(graphs, key=lambda line: line["seconds"], default=None)
    name = graph["who"] if graph else "none"
    graph_batch = graph and find(middle, "batch", graph["who"], probes=100, **one)
    rows += [
        (f"exact single probe at {middle_count:,} against the fastest HNSW at recall@1 0.95 or better ({name})", 1,
         ratio(find(middle, "single top 10", **one), graph), times),
        ("the same, only the first place asked of this engine", 1,
         ratio(find(middle, "single top 1", **one), graph), times),
        ("the same, at a threshold of 0.45", 1, ratio(find(middle, "single top 10 at 0.45", **one), graph), times),
        ("the same, both in batches of 100", 1,
         ratio(find(middle, "batch", probes=100, **one), graph_batch), times),
    ]
    opens = find(greatest, "open"), find(faces[min(faces)], "open")
    rows += [
        ("opening, below 10 ms", -10, opens[0] and -1e3 * opens[0]["seconds"], "{:.2f} ms"),
        ("opening against that of the least gallery, below 2", -2,
         opens[1] and len(faces) > 1 and -opens[0]["seconds"] / opens[1]["seconds"] or None, times),
    ]
    bulk = [line for line in greatest if line.get("what") == "enrol" and line["threads"] == 1]
    bulk = max(bulk, key=lambda line: line["a_commit"], default={})
    rows += [
        ("enrolment by one thread, a second", 150_000, bulk.get("rows_s"), "{:,.0f}"),
        ("the same, a second of processor time", 150_000, bulk.get("processor_rows_s"), "{:,.0f}"),
    ]
    searches = [("single top 10", {}), ("single top 10 at 0.45", {}), ("batch", {"probes": 100}),
                ("kernel, both planes", {}), ("kernel, high plane", {}), ("kernel, batch", {})]
    for level, name in (("avx2", "AVX2"), ("avxvnni", "AVX-VNNI")):
        for what, of in searches:
            seen = ratio(find(greatest, what, level=level, **one, **of), find(greatest, what, level="avx512", **one, **of))
            rows.append((f"{name} against AVX-512: {what}{' of 100' if of else ''}", 0.45, seen, "{:.0%}"))
    differ = [line for entry in sets if (line := find(entry[2], "exactness"))]
    checked = " + ".join(f"{line['probes']:,}" for line in differ)
    rows.append((f"lists that differ in any id or bit, of {checked or 'no'} probes in all sets", 0,
                 -sum(line["differing"] for line in differ) if differ else None, "{}"))
    return rows


def hundred_million(lines):
    """What 100 million faces would need, by calculation from the rates of these lines."""
    many = 100_000_000
    rates = {}
    for threads in (1, 2):
        rates[threads] = (find(lines, "single top 10", threads=threads),
                          find(lines, "single top 10 at 0.45", threads=threads),
                          find(lines, "batch", threads=threads, probes=1000))
    enrolled = [line for line in lines if line.get("what") == "enrol" and line["threads"] == 1]
    if not all(rates[1]) or not all(rates[2]) or not enrolled:
        return
    bulk = max(enrolled, key=lambda line: line["a_commit"])
    codes = rates[1][0]["bytes_a_vector"]
    print("\n## A hundred million faces of 512 dimensions\n")
    print("By calculation from the rates above, as if they held at that size.\n")
    print(f"* Memory: {codes * many / 1e9:.0f} GB of codes ({codes:.0f} bytes a face). "
          f"Files: {bulk['bytes'] / bulk['rows'] * many / 1e9:.0f} GB, vectors included; "
          "of them a search reads some hundred rows a probe.")
    for threads, (single, at, batch) in rates.items():
        cores = "One core" if threads == 1 else "Two cores"
        print(f"* {cores}: a probe in {many / single['m_vectors_s'] / 1e6:.2f} s, with a threshold in "
              f"{many / at['m_vectors_s'] / 1e6:.2f} s; in batches of 1,000 "
              f"{batch['m_pairs_s'] * 1e6 / many:.1f} probes a second.")
    hours = many / 2 / (rates[1][2]["m_pairs_s"] * 1e6) * many / 3600
    print(f"* A probe in 0.1 s takes {rates[1][0]['gb_s'] * many / single_rate(rates) / 0.1:.0f} GB/s of memory. "
          f"All against all: {hours:,.0f} hours of a core. Enrolment: "
          f"{many / bulk['rows_s'] / 3600:.1f} hours of a core and its disk.")


def single_rate(rates):
    return rates[1][0]["m_vectors_s"] * 1e6


def command(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def main():
    sets, real = read(sys.argv[1])
    processor = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    processors = open("/proc/cpuinfo").read().count("\nprocessor") + 1
    print(f"# Face search beside its rivals, {datetime.date.today()}\n")
    print(f"`benches/compare/face_search.sh` at commit {command('git', 'rev-parse', '--short', 'HEAD')} on "
          f"{processors} x {processor}, Linux {command('uname', '-r')}; {command('rustc', '--version')}; "
          f"{', '.join(f'{package} {version(package)}' for package in PACKAGES)}. The load of the machine at the "
          f"start of each set: {', '.join(str(load) for _, load, _ in sets)}; best of several rounds for all alike.\n")
    print("| what (512 dimensions, one thread, the largest set) | target | seen | |\n|---|---|---|---|")
    for what, least, seen, form in targets(sets):
        if seen is None:
            print(f"| {what} | {form.format(abs(least))} | not measured | |")
        else:
            print(f"| {what} | {form.format(abs(least))} | {form.format(abs(seen))} | {'met' if seen >= least else 'missed'} |")
    greatest = max((entry for entry in sets if entry[0].endswith(":512:faces")),
                   key=lambda entry: int(entry[0].split(":")[0]))
    hundred_million(greatest[2])
    if not real:
        print("\n## Real embeddings\n\nNot measured: `BIOMATCH_DATA` is not set.")
    else:
        print("\n## Real embeddings\n\n`tests/faces/real.rs`; every list equals that of the scan of vectors.\n")
        print("\n".join(f"* {line}" for line in real))
    for name, _, lines in sets:
        count, dimension, kind = name.split(":")
        print(f"\n## {int(count):,} x {dimension}, {kind}\n\n| who | what | threads | ms | |\n|---|---|---|---|---|")
        for line in lines:
            if "failed" in line:
                print(f"| | failed: {line['failed']} | | | |")
                continue
            who = f"{line['who']}, {line['level']}" if "level" in line else line["who"]
            what = line["what"] + (f" of {line['probes']:,}" if "probes" in line else "")
            print(f"| {who} | {what} | {line['threads']} | {line['seconds'] * 1e3:.3f} | {cells(line)} |")


if __name__ == "__main__":
    main()
