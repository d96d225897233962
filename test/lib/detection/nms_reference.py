"""Suppression by TensorFlow itself: reads cases, writes which boxes stay and their scores."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

cases = json.load(open(sys.argv[1]))
results = []
for case in cases:
    boxes = np.array(case["boxes"], np.float32).reshape(-1, 4)
    scores = np.array(case["scores"], np.float32)
    indices, kept = tf.image.non_max_suppression_with_scores(
        boxes,
        scores,
        case["maxDetections"],
        iou_threshold=float(case["iouThreshold"]),
        score_threshold=float(case["scoreThreshold"]),
        soft_nms_sigma=float(case["sigma"]),
    )
    results.append({"indices": indices.numpy().tolist(), "scores": kept.numpy().tolist()})
json.dump(results, open(sys.argv[2], "w"))
