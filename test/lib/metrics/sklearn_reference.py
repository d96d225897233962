"""scikit-learn's figures: sklearn_reference.py CASES.json RESULTS.json.

CASES.json: {"binary": [{"labels", "scores"}], "classes": [{"labels", "scores", "predicted", "classes"}]}.
"""

import json
import sys
import warnings

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def numbers(values):
    return [None if np.isnan(value) else "inf" if np.isinf(value) else float(value) for value in values]


def binary(case):
    labels, scores = np.array(case["labels"]), np.array(case["scores"])
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    false_rate, true_rate, roc_thresholds = metrics.roc_curve(labels, scores)
    return {
        "precision": numbers(precision),
        "recall": numbers(recall),
        "thresholds": numbers(thresholds),
        "falsePositiveRate": numbers(false_rate),
        "truePositiveRate": numbers(true_rate),
        "rocThresholds": numbers(roc_thresholds),
        "rocAuc": numbers([metrics.roc_auc_score(labels, scores)])[0],
        "prAuc": float(metrics.auc(recall, precision)),
        "averagePrecision": float(metrics.average_precision_score(labels, scores)),
        "brier": float(metrics.brier_score_loss(labels, scores, pos_label=1)),
        "calibration": {
            strategy: [curve.tolist() for curve in calibration_curve(
                labels, scores, n_bins=8, strategy=strategy, pos_label=1)]
            for strategy in ["uniform", "quantile"]
        },
    }


def classes(case):
    labels, predicted, scores = (np.array(case[name]) for name in ["labels", "predicted", "scores"])
    known = list(range(case["classes"]))
    present = sorted(set(labels) | set(predicted))
    return {
        "confusion": metrics.confusion_matrix(labels, predicted, labels=known).tolist(),
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "meanAccuracy": float(metrics.balanced_accuracy_score(labels, predicted)),
        "meanIou": float(metrics.jaccard_score(labels, predicted, labels=present, average="macro")),
        "f1": metrics.f1_score(labels, predicted, labels=present, average=None).tolist(),
        "present": [int(label) for label in present],
        "topK": [
            float(metrics.top_k_accuracy_score(labels, scores, k=k, labels=known)) for k in [1, 2, 3]
        ],
    }


def main(cases_path, results_path):
    cases = json.load(open(cases_path))
    results = {
        "binary": [binary(case) for case in cases["binary"]],
        "classes": [classes(case) for case in cases["classes"]],
    }
    json.dump(results, open(results_path, "w"))


if __name__ == "__main__":
    main(*sys.argv[1:])
