"""Evaluates cases with pycocotools.

usage: pycocotools_reference.py CASES.json RESULTS.json [--arrays]

CASES.json: [{"truths", "detections", "options"?, "iouTypes"?}], RESULTS.json: a list for each case, with an object
{"iouType", "stats", "digest"} for each type. The digest is of the bits of all arrays; --arrays writes them too.
"""

import contextlib
import copy
import hashlib
import io
import json
import sys

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def load(case):
    truths = COCO()
    truths.dataset = copy.deepcopy(case["truths"])
    truths.createIndex()
    if case["detections"]:
        return truths, truths.loadRes(copy.deepcopy(case["detections"]))
    # loadRes fails on an empty list.
    detections = COCO()
    detections.dataset = {**copy.deepcopy(case["truths"]), "annotations": []}
    detections.createIndex()
    return truths, detections


def evaluate(case, iou_type):
    truths, detections = load(case)
    evaluation = COCOeval(truths, detections, iou_type)
    params, options = evaluation.params, case.get("options", {})
    if "iouThresholds" in options:
        params.iouThrs = np.array(options["iouThresholds"])
    if "recallThresholds" in options:
        params.recThrs = np.array(options["recallThresholds"])
    if "maxDetections" in options:
        params.maxDets = options["maxDetections"]
    if "areaRanges" in options:
        params.areaRngLbl = list(options["areaRanges"])
        params.areaRng = list(options["areaRanges"].values())
    if "imageIds" in options:
        params.imgIds = options["imageIds"]
    if "categoryIds" in options:
        params.catIds = options["categoryIds"]
    params.useCats = 1 if options.get("useCategories", True) else 0
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def main(cases_path, results_path, with_arrays):
    results = []
    for case in json.load(open(cases_path)):
        results.append([])
        for iou_type in case.get("iouTypes", ["bbox", "segm"]):
            lines = io.StringIO()
            with contextlib.redirect_stdout(lines):
                evaluation = evaluate(case, iou_type)
            names = ["precision", "recall", "scores"]
            arrays = [np.ascontiguousarray(evaluation.eval[name]) for name in names]
            digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
            result = {
                "iouType": iou_type,
                "stats": [float(figure) for figure in evaluation.stats],
                "digest": digest[:16],
            }
            if with_arrays:
                result.update((name, array.ravel().tolist()) for name, array in zip(names, arrays))
                result["lines"] = [line for line in lines.getvalue().split("\n") if "@[" in line]
            results[-1].append(result)
    json.dump(results, open(results_path, "w"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--arrays" in sys.argv[3:])
