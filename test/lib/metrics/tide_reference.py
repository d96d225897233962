"""Breaks down errors with tidecv: tide_reference.py CASES.json RESULTS.json.

CASES.json: [{"truths", "detections"}], RESULTS.json: a list for each case, with an object for boxes and one for masks;
null where tidecv fails or has no masks to compare.
"""

import json
import sys

import numpy as np
from pycocotools import mask as masks
from tidecv import TIDE, Data

KINDS = ["Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"]


def to_rle(segmentation, image):
    if isinstance(segmentation, list):
        return masks.merge(masks.frPyObjects(segmentation, image["height"], image["width"]))
    if isinstance(segmentation["counts"], list):
        return masks.frPyObjects(segmentation, image["height"], image["width"])
    return segmentation


def data(case):
    truths, detections = Data("truths"), Data("detections")
    images = {image["id"]: image for image in case["truths"]["images"]}
    for image in images.values():
        truths.add_image(image["id"], str(image["id"]))
    categories = {category["id"] for category in case["truths"]["categories"]}
    for category in categories:
        truths.add_class(category, str(category))
    for truth in case["truths"]["annotations"]:
        image, category = truth["image_id"], truth["category_id"]
        if image not in images or category not in categories:
            continue
        mask = to_rle(truth["segmentation"], images[image])
        add = truths.add_ignore_region if truth["iscrowd"] else truths.add_ground_truth
        add(image, category, truth["bbox"], mask)
    for found in case["detections"]:
        if found["category_id"] not in categories:
            continue
        mask = found.get("segmentation")
        mask = mask and to_rle(mask, images[found["image_id"]])
        detections.add_detection(
            found["image_id"], found["category_id"], found["score"], found.get("bbox"), mask
        )
    return truths, detections


def break_down(case, mode, form):
    if not all(form in found for found in case["detections"]):
        return None
    truths, detections = data(case)
    tide = TIDE()
    try:
        run = tide.evaluate(truths, detections, mode=mode)
        main, special = tide.get_main_errors(), tide.get_special_errors()
    except ZeroDivisionError:  # no class has truths or detections
        return None
    counts = {error.short_name: count for error, count in run.count_errors().items()}
    return {
        "ap": float(run.ap),
        "errors": [float(main["detections"][kind]) for kind in KINDS],
        "special": [float(special["detections"][kind]) for kind in ["FalsePos", "FalseNeg"]],
        "counts": [counts[kind] for kind in KINDS],
    }


def main(cases_path, results_path):
    results = [
        [break_down(case, TIDE.BOX, "bbox"), break_down(case, TIDE.MASK, "segmentation")]
        for case in json.load(open(cases_path))
    ]
    json.dump(results, open(results_path, "w"))


if __name__ == "__main__":
    np.seterr(all="ignore")
    main(*sys.argv[1:])
