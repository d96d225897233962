"""tf.data in a fresh process: `pipeline_peers.py FILES.json` prints {"rate": images/s}, after a pass to warm up."""

import json
import os
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

with open(sys.argv[1]) as file:
    paths = json.load(file)


def load(path, label):
    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    image = tf.image.resize(image, [256, 256])
    image = tf.image.random_crop(image, [224, 224, 3])
    image = tf.image.random_flip_left_right(image)
    return image / 127.5 - 1, label


labels = [0.0] * len(paths)
dataset = (
    tf.data.Dataset.from_tensor_slices((paths, labels))
    .shuffle(len(paths), seed=1)
    .map(load, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(32)
    .prefetch(2)
)

rates = []
for _ in range(6):
    start = time.perf_counter()
    count = 0
    for images, _labels in dataset:
        count += images.shape[0]
    assert count == len(paths)
    rates.append(count / (time.perf_counter() - start))
print(json.dumps({"rate": statistics.median(rates[1:])}))
