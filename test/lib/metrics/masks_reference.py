"""What pycocotools makes of masks and polygons: masks_reference.py CASES.json RESULTS.json.

CASES.json: [{"width", "height", "polygons": [[part, …], …], "rows": 0 and 1, row by row}].
"""

import json
import sys

import numpy as np
from pycocotools import mask as masks


def text(rle):
    return rle["counts"].decode()


def results(case):
    height, width = case["height"], case["width"]
    drawn = [masks.merge(masks.frPyObjects(parts, height, width)) for parts in case["polygons"]]
    dense = np.asfortranarray(np.array(case["rows"], dtype=np.uint8).reshape(height, width))
    all_masks = [*drawn, masks.encode(dense)]
    return {
        "counts": [text(rle) for rle in all_masks],
        "areas": [int(area) for area in masks.area(all_masks)],
        "boxes": masks.toBbox(all_masks).tolist(),
        "iou": masks.iou(all_masks, all_masks, [0] * len(all_masks)).tolist(),
        "crowdIou": masks.iou(all_masks, all_masks, [1] * len(all_masks)).tolist(),
        "union": text(masks.merge(all_masks)),
        "intersection": text(masks.merge(all_masks, intersect=True)),
        "decoded": int(sum(masks.decode(rle).astype(int).sum() for rle in all_masks)),
    }


if __name__ == "__main__":
    cases_path, results_path = sys.argv[1:]
    json.dump([results(case) for case in json.load(open(cases_path))], open(results_path, "w"))
