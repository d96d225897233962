"""Records what TensorFlow, scipy and numpy say: python test/lib/segmentation/reference.py"""
import json
import pathlib

import numpy as np
import scipy.ndimage
import tensorflow as tf


def sines(shape, frequency, phase=0.0):
    size = int(np.prod(shape))
    return np.sin(frequency * np.arange(size) + phase).reshape(shape).astype(np.float32)


flat = lambda v: [float(f"{z:.7g}") for z in np.ravel(v)]
record = {"transposed": [], "atrous": [], "losses": {}, "components": []}

for (h, w), kernel, stride, padding in [
    ((3, 4), 4, 2, "SAME"),
    ((5, 3), 3, 2, "VALID"),
    ((2, 2), 16, 8, "SAME"),
    ((1, 1), 64, 32, "SAME"),
    ((3, 5), 2, 3, "SAME"),
    ((4, 4), 5, 3, "SAME"),
]:
    x = tf.constant(sines((2, h, w, 3), 0.7))
    k = tf.constant(sines((kernel, kernel, 2, 3), 0.31))
    out = [2] + [n * stride if padding == "SAME" else (n - 1) * stride + kernel for n in (h, w)] + [2]
    with tf.GradientTape() as tape:
        tape.watch([x, k])
        y = tf.nn.conv2d_transpose(x, k, out, stride, padding)
        z = tf.reduce_sum(y * sines(y.shape, 0.13))
    dx, dk = tape.gradient(z, [x, k])
    if kernel > 8:  # the sums of large ones are enough
        dk = tf.reduce_sum(dk, [0, 1])
        y = tf.reduce_sum(y, [2])
    record["transposed"].append(
        dict(size=[h, w], kernel=kernel, stride=stride, padding=padding.lower(), y=flat(y), dx=flat(dx), dk=flat(dk))
    )

for (h, w), kernel, rate, padding in [((9, 8), 3, 2, "SAME"), ((12, 9), 3, 4, "VALID"), ((5, 5), 3, 6, "SAME"), ((7, 7), 2, 3, "SAME")]:
    x = tf.constant(sines((1, h, w, 2), 0.7))
    k = tf.constant(sines((kernel, kernel, 2, 3), 0.31))
    with tf.GradientTape() as tape:
        tape.watch([x, k])
        y = tf.nn.conv2d(x, k, 1, padding, dilations=rate)
        z = tf.reduce_sum(y * sines(y.shape, 0.13))
    dx, dk = tape.gradient(z, [x, k])
    record["atrous"].append(
        dict(size=[h, w], kernel=kernel, rate=rate, padding=padding.lower(), y=flat(y), dx=flat(dx), dk=flat(dk))
    )

logits = 3 * sines((2, 4, 5, 3), 0.9)
truth = (np.arange(40) * 7 % 3).reshape(2, 4, 5)
ignored = np.where(np.arange(40).reshape(2, 4, 5) % 4 == 0, 255, truth)
weights = np.array([1.0, 0.5, 3.0])


def losses(labels, gamma=0.0, w=np.ones(3)):
    keep = labels != 255
    p = tf.nn.softmax(logits).numpy()
    own = np.take_along_axis(p, np.where(keep, labels, 0)[..., None], -1)[..., 0]
    each = w[np.where(keep, labels, 0)] * keep
    return float((each * -np.log(own) * (1 - own) ** gamma).sum() / each.sum())


def dice(labels, first=0, smoothing=1.0):
    keep = (labels != 255)[..., None]
    p = tf.nn.softmax(logits).numpy() * keep
    hot = np.eye(3)[np.where(labels == 255, 0, labels)] * keep
    d = (2 * (p * hot).sum((1, 2)) + smoothing) / (p.sum((1, 2)) + hot.sum((1, 2)) + smoothing)
    return 1 - d[:, first:].mean(-1)


keras = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)
assert abs(float(keras(truth, logits)) - losses(truth)) < 1e-5
record["losses"] = dict(
    plain=losses(truth),
    ignored=losses(ignored),
    weighted=losses(ignored, w=weights),
    focal=losses(ignored, gamma=2.0),
    focalWeighted=losses(truth, gamma=0.5, w=weights),
    dice=flat(dice(truth)),
    diceIgnored=flat(dice(ignored, first=1)),
)

rng = np.random.default_rng(5)
masks = [rng.random((h, w)) < p for h, w, p in [(1, 1, 0.5), (7, 9, 0.5), (16, 16, 0.6), (20, 13, 0.41), (1, 12, 0.5), (12, 1, 0.5)]]
spiral = np.array([[c == "#" for c in row] for row in ["#######", "......#", "#####.#", "#...#.#", "#.###.#", "#.....#", "#######"]])
masks += [spiral, np.zeros((3, 4), bool), np.ones((4, 3), bool)]
for mask in masks:
    four, n4 = scipy.ndimage.label(mask)
    eight, n8 = scipy.ndimage.label(mask, np.ones((3, 3)))
    record["components"].append(
        dict(height=mask.shape[0], width=mask.shape[1], mask="".join("01"[int(v)] for v in mask.ravel()),
             four=[int(v) for v in four.ravel()], eight=[int(v) for v in eight.ravel()], counts=[int(n4), int(n8)])
    )

path = pathlib.Path(__file__).parent / "recorded.json"
path.write_text(json.dumps(record) + "\n")
