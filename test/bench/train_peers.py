"""Training with Keras in a fresh process: `train_peers.py WORKLOAD` prints {"rate": images/s}, after an epoch to warm
up: the better of fit on arrays and fit on a prefetching tf.data.Dataset."""

import json
import os
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from networks import WORKLOADS

network, shape, batch, steps = WORKLOADS[sys.argv[1]]
images = np.random.rand(batch * steps, *shape).astype("float32")
labels = np.eye(10, dtype="float32")[np.arange(batch * steps) % 10]
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch).prefetch(2)


def rate(**data):
    model = network()
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    times = []
    for _ in range(4):
        start = time.perf_counter()
        model.fit(**data, epochs=1, shuffle=False, verbose=0)
        times.append(time.perf_counter() - start)
    return batch * steps / statistics.median(times[1:])


best = max(rate(x=images, y=labels, batch_size=batch), rate(x=dataset))
print(json.dumps({"rate": best}))
