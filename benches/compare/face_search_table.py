"""Makes the dated table of `face_search.sh` from its results."""

import datetime
import json
import sys
from importlib.metadata import PackageNotFoundError, version


def versions():
    for package in ("faiss-cpu", "simsimd", "numpy"):
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            pass


def cell(line):
    parts = []
    for key, unit, form in [("m_vectors_s", "M vectors/s", "{:.1f}"), ("m_pairs_s", "M pairs/s", "{:.0f}"),
                            ("gb_s", "GB/s", "{:.1f}"), ("rows_s", "faces/s", "{:.0f}"),
                            ("recall", "recall@1", "{:.3f}"), ("mate_rate", "mate first", "{:.3f}"),
                            ("differing", "differing lists", "{}"), ("bytes_a_vector", "bytes/vector", "{}")]:
        if key in line:
            parts.append(f"{form.format(line[key])} {unit}")
    return ", ".join(parts)


def main():
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    print(f"# Face search beside its rivals, {datetime.date.today()}\n")
    print(f"`benches/compare/face_search.sh` on {model}; {', '.join(versions())}. Best of several rounds for all alike.")
    for text in open(sys.argv[1]):
        line = json.loads(text)
        if "set" in line:
            count, dimension, kind = line["set"].split(":")
            print(f"\n## {int(count):,} x {dimension}, {kind} (load of the machine at the start: {line['load']})\n")
            print("| who | what | threads | ms | rate and quality |\n|---|---|---|---|---|")
            continue
        what = line["what"] + (f" of {line['probes']}" if "probes" in line else "")
        ms = f"{line['seconds'] * 1e3:.3f}" if line["seconds"] else ""
        print(f"| {line['who']} | {what} | {line['threads'] or ''} | {ms} | {cell(line)} |")


if __name__ == "__main__":
    main()
