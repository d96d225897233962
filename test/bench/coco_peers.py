"""One evaluation in a fresh process: coco_peers.py PACKAGE TRUTHS DETECTIONS bbox|segm prints {seconds, stats}.

Timed are evaluate() and accumulate(); reading the JSON and indexing it are not.
"""

import contextlib
import io
import json
import sys
import time

package, truth_file, detection_file, iou_type = sys.argv[1:]
if package == "pycocotools":
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
else:
    from faster_coco_eval import COCO
    from faster_coco_eval import COCOeval_faster as COCOeval

with contextlib.redirect_stdout(io.StringIO()):
    truths = COCO(truth_file)
    detections = truths.loadRes(detection_file)
    evaluation = COCOeval(truths, detections, iou_type)
    start = time.perf_counter()
    evaluation.evaluate()
    evaluation.accumulate()
    seconds = time.perf_counter() - start
    evaluation.summarize()
stats = [float(figure) for figure in evaluation.stats][:12]
print(json.dumps({"seconds": seconds, "stats": stats}))
