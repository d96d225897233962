"""`curve_peers.py SEED FILES` prints the test accuracies after each of three epochs of mnist-cnn in Keras, as JSON."""

import gzip
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from networks import WORKLOADS


def read(path, header):
    with gzip.open(path) as packed:
        return np.frombuffer(packed.read(), np.uint8, offset=header)


train_x, train_y, test_x, test_y = (
    read(path, header) for path, header in zip(sys.argv[2:], (16, 8, 16, 8), strict=True)
)
pictures = lambda x: x.reshape(-1, 28, 28, 1).astype("float32") / 255
keras.utils.set_random_seed(int(sys.argv[1]))
network, _, batch, _ = WORKLOADS["mnist-cnn"]
model = network()
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss, metrics=["accuracy"])
history = model.fit(
    pictures(train_x), train_y, batch_size=batch, epochs=3, verbose=0,
    validation_data=(pictures(test_x), test_y),
)
print(json.dumps(history.history["val_accuracy"]))
