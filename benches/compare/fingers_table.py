"""Makes the table of `fingers.sh` from what its parts said.

usage: fingers_table.py FOLDER CRITERION PARTS

FOLDER holds PART.txt for each part that ran, CRITERION what the criterion benches wrote.
"""

import datetime
import json
import os
import re
import sys
from pathlib import Path

from face_search_table import command
from fingers import processor

LEVELS = ("avx512", "avxvnni", "avx2", "scalar")
# The issue's: mean EER, pooled FNMR at FMR 1e-3 and 1e-4, percent.
ACCURACY = {
    "secugen": (3.0, 10.0, 13.0),
    "mindtct": (2.1, 8.0, 12.5),
    "sourceafis": (3.0, 8.8, 13.0),
    "leader": (0.30, 0.9, 1.8),
}
TITLES = {
    "errors": "Errors beside bozorth3",
    "cross": "Errors, tuned and cross-validated",
    "codes": "How far down mates are by codes alone",
    "generator": "Generated fingers beside real ones",
    "cascade": "One to all",
}
MANY = 100_000_000
EACH = 10


class Row:
    """A row of the targets: at least or at most so much, or only told (`target` None)."""

    def __init__(self, what, target, seen, form="{}", at_most=False):
        self.what, self.target, self.seen, self.form, self.at_most = what, target, seen, form, at_most

    def text(self):
        show = self.form.format
        if self.target is None:
            target, verdict = "", ""
        else:
            target = ("at most " if self.at_most else "at least ") + show(self.target)
            met = self.seen is not None and (self.seen <= self.target if self.at_most else self.seen >= self.target)
            verdict = "" if self.seen is None else "met" if met else "missed"
        seen = "not measured" if self.seen is None else show(self.seen)
        return f"| {self.what} | {target} | {seen} | {verdict} |"


def numbers(line):
    return [float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", line)]


def below(text, heading):
    """The lines after the one that begins so, up to an empty one; none if there is none."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if re.match(heading, line)), len(lines))
    return lines[at + 1 : next((i for i in range(at + 1, len(lines)) if not lines[i].strip()), len(lines))]


def row(lines, name):
    """The numbers after a row's name."""
    found = next((line for line in lines if line.strip().startswith(name)), None)
    return found and numbers(found.strip()[len(name) :])


def column(lines, name, heading):
    """The number of a row that stands below a heading, which are as many words apart as two spaces part."""
    headings = re.split(r"\s{2,}", lines[0].strip())[1:] if lines else []
    return place(row(lines[1:], name), headings.index(heading)) if heading in headings else None


def place(values, index):
    return values[index] if values and len(values) > index else None


def accuracy(text):
    for extractor, targets in ACCURACY.items():
        line = next((x for x in text.splitlines() if x.startswith(f"| {extractor} | biomatch |")), None)
        cells = [float(cell.split()[0]) for cell in line.split("|")[3:7]] if line else [None] * 4
        seen = cells[0], cells[2], cells[3]
        for what, target, value in zip(("mean EER", "pooled FNMR at FMR 1e-3", "at 1e-4"), targets, seen):
            yield Row(f"{extractor}, {what}, percent", target, value, "{:.2f}", at_most=True)


def rates(criterion, group):
    """Of a criterion group, by name: elements a second at the median, and the samples behind it."""
    found = {}
    for path in sorted(Path(criterion).glob(f"{group}/**/new/benchmark.json")):
        of = json.loads(path.read_text())
        elements = next(iter((of["throughput"] or {}).values()), None)
        seconds = json.loads((path.parent / "estimates.json").read_text())["median"]["point_estimate"] * 1e-9
        samples = len(json.loads((path.parent / "sample.json").read_text())["times"])
        if elements:
            found[of["function_id"]] = elements / seconds, samples
    return found


def speed(criterion):
    form = "{:,.0f}"
    for extractor, target, early in (("secugen", 60_000, 200_000), ("mindtct", 30_000, 100_000)):
        seen = rates(criterion, f"finger_non-mates_{extractor}")
        for level in LEVELS:
            rate = seen.get(f"all/{level}", (None,))[0]
            yield Row(f"full score, {extractor} non-mates, every stage, a second, {level}",
                      target if level == "avx512" else None, rate, form)
        names = sorted({name.rsplit("/", 1)[0] for name in seen} - {"all"})
        # Only an exit that changes no score above the threshold of FMR 1e-2 is what the target is about.
        if not any("1e-2" in name for name in names):
            yield Row(f"full score, {extractor} non-mates, exit below FMR 1e-2, a second (none is built)", early, None, form)
        for name in names:
            for level in LEVELS:
                target = early if "1e-2" in name and level == "avx512" else None
                yield Row(f"full score, {extractor} non-mates, {name}, a second, {level}",
                          target, seen.get(f"{name}/{level}", (None,))[0], form)


def enrolment(criterion):
    for name in ("secugen", "mindtct", "generated"):
        seen = rates(criterion, f"finger_enrolment_{name}")
        for level in LEVELS:
            target = 4_000 if (name, level) == ("secugen", "avx512") else None
            yield Row(f"enrolment, {name}: record to features and codes, fingers a second a core, {level}",
                      target, seen.get(f"whole/{level}", (None,))[0], "{:,.0f}")


def losses(text):
    """Mates lost, percent: generated, of each size, and real; and rank 1 beside exhaustive search's."""
    percent = "{:.2f}"
    sizes = re.findall(r"^mates among (\d+) generated fingers", text, re.M)
    for size in list(dict.fromkeys(sizes)) or ["many"]:
        lines = below(text, f"mates among {size} generated")
        exhaustive = place(row(lines, "exhaustive"), 0)
        for effort, target in (("standard", 0.5), ("careful", 0.2)):
            of = row(lines, effort)
            name = f"{effort} cascade, generated gallery of {int(size):,}" if of else f"{effort} cascade, generated gallery"
            yield Row(f"{name}: mates lost, percent (of {int(of[2])} found exhaustively)" if of else f"{name}: mates lost",
                      target, place(of, 3), percent, at_most=True)
            yield Row(f"{name}: rank 1, percent", exhaustive, place(of, 0), percent)
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith("mates among real")), None)
    found = False
    non_mates = "real non-mates"
    for line in lines[at:] if at is not None else []:
        if line.startswith("non-mates "):
            non_mates = "real " + line.split(";")[0]
        if not re.match(r"\s+(first.*\s)?all\s+\d", line):
            continue
        found = True
        findable = re.match(r"\s+(first[^A-Za-z]*(?:FMR 1e-\d)?)?", line).group(1)
        lost = re.findall(r"(?:= *|\()(\d+\.\d+)", line)
        ranks = re.search(r"(\d+\.\d+) / (\d+\.\d+) / (\d+\.\d+)\s*$", line)
        name = non_mates + (f", mates findable if {findable.strip()}" if findable and findable.strip() != "first" else "")
        for effort, target, value in zip(("standard", "careful"), (1.0, 0.3), lost):
            yield Row(f"{effort} cascade, {name}: mates lost, percent", target, float(value), percent, at_most=True)
        # Ranks are of all mates, however many count as findable.
        if ranks and findable and findable.strip() == "first":
            whole, standard, careful = (float(rank) for rank in ranks.groups())
            yield Row(f"standard cascade, {name}: rank 1, percent", whole, standard, percent)
            yield Row(f"careful cascade, {name}: rank 1, percent", whole, careful, percent)
    if not found:
        yield Row("standard cascade, real non-mates: mates lost, percent", 1.0, None, percent, at_most=True)
        yield Row("careful cascade, real non-mates: mates lost, percent", 0.3, None, percent, at_most=True)


def cascade(text):
    millions = "{:.2f} M"
    size = re.search(r"^(\d+) generated fingers of (\d+) people", text, re.M)
    at = f", {int(size.group(1)):,} fingers" if size else ""
    searches = below(text, "whole searches")
    for effort, target in (("standard", 8), ("careful", 4)):
        yield Row(f"{effort} cascade{at}: candidates a second of a core's time, this machine's best level", target,
                  column(searches, effort, "1 thread, of processor time"), millions)
    # Few probes, each level in a process of its own: to be read beside each other.
    levels = below(text, "by kernel level")
    for level in LEVELS:
        # Standard and careful by the wall clock, then the same of processor time.
        of = row(levels, f"{level} ")
        for index, effort in enumerate(("standard", "careful")):
            target = 3.5 if (level, effort) == ("avx2", "standard") else None
            yield Row(f"{effort} cascade{at}: the same by level, {level}", target, place(of, 2 + index), millions)
    threads = re.search(r"(\d+) threads", "\n".join(searches[:1]))
    yield Row(f"{threads.group(1) if threads else 'two'} cores against one, standard", 1.9,
              column(searches, "standard", "ratio"), "{:.2f} x")
    for effort in ("standard", "careful"):
        yield Row(f"batch of 16, {effort}: candidates a second, one thread", None,
                  column(searches, effort, "1 thread, batch of 16"), millions)
    yield from losses(text)
    filter_bytes = re.search(r"bytes a finger: (\d+) for the filter", text)
    yield Row("bytes a finger for the filter", 700, filter_bytes and int(filter_bytes.group(1)), "{}", at_most=True)
    people = below(text, "persons among")
    for fingers in ("10, known", "10, unknown"):
        of = row(people, fingers)
        # Numbers: one thread, all threads, rank 1 of how many.
        where = f" {int(size.group(2)):,} people" if size else " people"
        yield Row(f"ten fingers, position {fingers[4:]}, among{where}, two cores, ms", None, place(of, 1), "{:.1f}")
        if of and size:
            yield Row(f"the same among 1,000,000 people, by proportion, ms", None,
                      of[1] * 1e6 / int(size.group(2)), "{:,.0f}")


def needs(text, rate):
    """What 100 million people with ten fingers need, by calculation from measured rates."""
    size = re.search(r"^(\d+) generated fingers of (\d+) people", text, re.M)
    stored = re.search(r"bytes a finger: (\d+) for the filter, (\d+) in all", text)
    searches = below(text, "whole searches")
    single, careful = (column(searches, effort, "its processor time") for effort in ("standard", "careful"))
    batch = column(searches, "standard", "1 thread, batch of 16")
    if not (size and stored and single and careful and batch and rate):
        return
    fingers = MANY * EACH
    codes, whole = int(stored.group(1)), int(stored.group(2))
    people = int(size.group(2))
    print(f"\n## What {MANY // 10**6} million people with ten fingers need\n")
    print(f"By calculation from the rates above, of a gallery of {int(size.group(1)):,} fingers, as if they held for each "
          "shard of a larger one: linear in fingers, no network, every shard as fast as this machine.\n")
    print(f"* Memory: {codes * fingers / 1e9:,.0f} GB of codes ({codes} bytes a finger), which every search reads. "
          f"Disk: {whole * fingers / 1e12:.1f} TB ({whole} bytes a finger in all), of which a search reads what the last "
          "stage compares.")
    print(f"* Enrolment: {fingers / rate / 86400:,.1f} core-days from records to features and codes "
          f"({rate:,.0f} fingers a second a core), writing not counted.")
    cores = (1, 16, 128, 1024)
    print("\nSeconds a search, by cores that share the gallery:\n")
    print(f"| probe | core-seconds | {' | '.join(f'{count:,} cores' for count in cores[1:])} |\n|---|---|---|---|---|")

    def line(what, core_seconds):
        print(f"| {what} | {core_seconds:,.1f} | {' | '.join(f'{core_seconds / count:,.2f}' for count in cores[1:])} |")

    line("one finger of known position (100 million), standard", MANY / single / 1e6)
    line("one finger of unknown position (1,000 million), standard", fingers / single / 1e6)
    line("the same, careful", fingers / careful / 1e6)
    line("the same, each of a batch of 16, standard", fingers / batch / 1e6)
    for known in ("known", "unknown"):
        if of := row(below(text, "persons among"), f"10, {known}"):
            line(f"ten fingers, position {known}, standard", of[0] / 1e3 * MANY / people)
    print("\nLosses grow with the gallery if shares of it are kept and do not if numbers are: see "
          "`docs/notes/fingerprint-cascade.md`. No gallery of this size has been built.")


def head(folder, parts, samples):
    processors = os.cpu_count()
    print(f"# Fingerprints, {datetime.date.today()}\n")
    print(f"`benches/compare/fingers.sh`, parts: {', '.join(parts)}; commit {command('git', 'rev-parse', '--short', 'HEAD')}"
          f"{' with changes' if command('git', 'status', '--porcelain', '--untracked-files=no') else ''} on "
          f"{processors} x {processor()}, Linux {command('uname', '-r')}; {command('rustc', '--version')}. "
          f"One run of each part; rates of the criterion benches are medians of {samples} samples of one thread.\n")
    print("| part | load at its start | seconds |\n|---|---|---|")
    for part in parts:
        text = (folder / f"{part}.txt").read_text()
        load, seconds = (re.search(rf"^{name} (\S+)$", text, re.M) for name in ("load", "seconds"))
        failed = "; failed, see steps.log" if re.search(r"^failed:", text, re.M) else ""
        print(f"| {part}{failed} | {load.group(1)} | {seconds.group(1)} |")


def main():
    folder, criterion, parts = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split()
    said = {part: (folder / f"{part}.txt").read_text() if part in parts else "" for part in
            ("errors", "cross", "speed", "enrol", "codes", "generator", "cascade")}
    # Results of criterion that this run did not measure are not of this table.
    measured = lambda part: criterion if part in parts else os.devnull
    samples = {str(count) for group in ("finger_non-mates_*", "finger_enrolment_*")
               for _, count in rates(criterion, group).values()}
    head(folder, parts, " or ".join(sorted(samples)) or "no")
    enrolled = list(enrolment(measured("enrol")))
    rows = [*accuracy(said["errors"]), *speed(measured("speed")), *cascade(said["cascade"]), *enrolled]
    print("\n| what | target | seen | |\n|---|---|---|---|")
    print("\n".join(row.text() for row in rows))
    missed = [row for row in rows if row.text().endswith("missed |")]
    untold = [row for row in rows if row.target is not None and row.seen is None]
    print(f"\n{len(missed)} missed, {len(untold)} not measured, of {sum(row.target is not None for row in rows)} targets.")
    needs(said["cascade"], enrolled[0].seen)
    for part, title in TITLES.items():
        if part in parts:
            text = re.sub(r"^(load|seconds) \S+\n", "", said[part], flags=re.M).strip()
            is_table = any(line.startswith("|") for line in text.splitlines())
            print(f"\n## {title}\n\n{text}" if is_table else f"\n## {title}\n\n```\n{text}\n```")


if __name__ == "__main__":
    main()
