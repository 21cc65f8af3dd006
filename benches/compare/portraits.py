"""Compares templates of portraits with what the networks' authors' runtime and onnxruntime make of the same files.

usage: portraits.py FOLDER OURS.txt   (which `cargo run --release --example portraits FOLDER > OURS.txt` wrote)

Needs numpy, onnx, onnxruntime and OpenCV 4. Takes the largest face of each portrait, as the program does.
"""

import os
import re
import sys
import time
from pathlib import Path

import cv2
import numpy
import onnx
import onnxruntime

ROUNDS = 3
RATES = (1e-1, 1e-2, 1e-3)


def best(work):
    """What some work gives, and the least processor time of several rounds, in milliseconds."""
    least, result = float("inf"), work()
    for _ in range(ROUNDS):
        start = time.process_time()
        result = work()
        least = min(least, time.process_time() - start)
    return result, least * 1e3


def error_rates(embeddings, subjects):
    """FNMR at each FMR, over all pairs, and how many pairs there are."""
    first, second = numpy.triu_indices(len(subjects), 1)
    scores = (embeddings @ embeddings.T)[first, second]
    is_mated = subjects[first] == subjects[second]
    mated, non_mated = scores[is_mated], numpy.sort(scores[~is_mated])[::-1]
    # A pair is accepted above the threshold, which so many non-mated pairs are.
    thresholds = [non_mated[int(len(non_mated) * rate)] for rate in RATES]
    return [float((mated <= threshold).mean()) for threshold in thresholds], len(mated), len(non_mated)


def sface_session(path):
    """The file lists its weights as inputs, which onnxruntime takes at their word."""
    model = onnx.load(str(path))
    kept = [entry for entry in model.graph.input if entry.name == "data"]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main():
    made, ours_text = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
    portraits, models = Path(os.environ["BIOMATCH_DATA"]) / "pictures/faces", Path(os.environ["BIOMATCH_MODELS"])
    yunet = models / "yunet-2023mar.onnx"
    sface = models / "sface-2021dec.onnx"
    names = (made / "names.txt").read_text().split()
    subjects = numpy.array([name[:5] for name in names])
    ours = numpy.fromfile(made / "embeddings.f32", dtype="<f4").reshape(len(names), 128)
    crops = numpy.fromfile(made / "crops.rgb", dtype=numpy.uint8).reshape(len(names), 112, 112, 3)

    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(str(yunet), "", (320, 320), 0.6)
    recogniser = cv2.FaceRecognizerSF.create(str(sface), "")
    session = sface_session(sface)
    theirs, times, apart, missed = [], numpy.zeros(4), [], []
    for name, crop, embedding in zip(names, crops, ours):
        encoded = numpy.frombuffer((portraits / name).read_bytes(), dtype=numpy.uint8)
        picture, decoding = best(lambda: cv2.imdecode(encoded, cv2.IMREAD_COLOR))
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        (_, faces), detection = best(lambda: detector.detect(picture))
        if faces is None:
            missed.append(name)
            theirs.append(numpy.full(128, numpy.nan))
            continue
        face = faces[numpy.argmax(faces[:, 2] * faces[:, 3])]
        feature, embedded = best(lambda: recogniser.feature(recogniser.alignCrop(picture, face)))
        theirs.append(feature[0] / numpy.linalg.norm(feature[0]))
        planes = crop.transpose(2, 0, 1)[None].astype(numpy.float32)
        (feature,), run = best(lambda: session.run(["fc1"], {"data": planes}))
        apart.append(numpy.abs(feature[0] / numpy.linalg.norm(feature[0]) - embedding).max())
        times += (decoding, detection, embedded, run)
    theirs = numpy.array(theirs)
    found = ~numpy.isnan(theirs[:, 0])
    times /= found.sum()

    our_rates, mated, non_mated = error_rates(ours, subjects)
    their_rates, *_ = error_rates(theirs[found], subjects[found])
    print(f"{len(names)} portraits, {mated} mated and {non_mated} non-mated pairs; OpenCV {cv2.__version__}, onnxruntime {onnxruntime.__version__}")
    print("\n| FNMR at FMR | 10 % | 1 % | 0.1 % |\n|---|---|---|---|")
    for name, rates in (("biomatch", our_rates), ("OpenCV", their_rates)):
        print(f"| {name} | " + " | ".join(f"{rate * 100:.2f} %" for rate in rates) + " |")
    print(f"\n{len(missed)} portraits without a face by OpenCV. Templates of both have a cosine of {(ours * theirs)[found].sum(1).min():.4f} or more, {numpy.median((ours * theirs)[found].sum(1)):.4f} in the median.")
    print(f"Of the same aligned face, no number of an embedding is farther than {max(apart):.1e} from onnxruntime's.")

    step = lambda name: float(re.search(rf"\| {name} \| ([0-9.]+) \|", ours_text)[1])
    aligned, detected = step("detection and alignment"), step("detection")
    print("\n| ms per portrait, one thread | biomatch | OpenCV | ratio |\n|---|---|---|---|")
    rows = (
        ("decoding", step("decoding"), times[0]),
        ("detection", detected, times[1]),
        ("alignment and embedding", aligned - detected + step("embedding"), times[2]),
        ("in all", step("in all"), times[:3].sum()),
    )
    for name, mine, other in rows:
        print(f"| {name} | {mine:.2f} | {other:.2f} | {mine / other:.2f} |")
    print(f"\nThe embedding alone: {step('embedding'):.2f} ms; onnxruntime {times[3]:.2f} ms; ratio {step('embedding') / times[3]:.2f}.")


main()
