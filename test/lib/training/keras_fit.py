"""Writes what Keras' fit reports on small problems, and its losses: `python keras_fit.py > keras-fit.json`."""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np


def wave(shape, frequency):
    size = int(np.prod(shape))
    return (0.5 * np.sin(frequency * np.arange(size, dtype="float64"))).astype("float32").reshape(shape)


x = wave([20, 6, 6, 1], 0.7)
labels = np.arange(20) * 7 % 3
validation = (wave([10, 6, 6, 1], 1.3), np.arange(10) % 3)


def model(activation, regularizer=None):
    net = keras.Sequential(
        [
            keras.layers.Input([6, 6, 1]),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation=activation, kernel_regularizer=regularizer),
        ]
    )
    for i in (0, 3):
        kernel, bias = net.layers[i].get_weights()
        net.layers[i].set_weights([0.2 * wave(kernel.shape, 1.1 + i), bias])
    return net


def fit(net, optimizer, loss, y, metrics, **options):
    net.compile(optimizer, loss, metrics=metrics)
    options = {"batch_size": 8, "epochs": 7, "shuffle": False, "verbose": 0, **options}
    return net.fit(x, y, **options).history


def values(loss, truth, prediction):
    return float(loss(truth, prediction))


cases = {
    "sparse": fit(
        model("softmax"),
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        labels,
        ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")],
        validation_data=validation,
    ),
    "weighted": fit(
        model(None, keras.regularizers.L2(0.01)),
        keras.optimizers.SGD(0.05, momentum=0.9),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        np.eye(3, dtype="float32")[labels],
        ["accuracy"],
        # Keras does not take class_weight beside it; the product is the same.
        sample_weight=(np.abs(wave([20], 0.3)) + 0.1) * np.array([1, 2, 0.5], "float32")[labels],
    ),
}
truth, prediction = wave([4, 3], 2.1), wave([4, 3], 0.4) * 5
bits = (truth > 0).astype("float32")
shares = 1 / (1 + np.exp(-prediction))
losses = {
    "meanSquaredError": values(keras.losses.MeanSquaredError(), truth, prediction),
    "meanAbsoluteError": values(keras.losses.MeanAbsoluteError(), truth, prediction),
    "huber": values(keras.losses.Huber(), truth, prediction),
    "binaryCrossentropy": values(keras.losses.BinaryCrossentropy(), bits, shares),
    "binaryCrossentropy logits": values(
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), bits, prediction
    ),
    "categoricalCrossentropy": values(keras.losses.CategoricalCrossentropy(), np.eye(3)[[0, 2, 1, 1]], shares),
    "sparseCategoricalCrossentropy logits": values(
        keras.losses.SparseCategoricalCrossentropy(from_logits=True), np.array([0, 2, 1, 1]), prediction
    ),
}
print(json.dumps({"fit": cases, "losses": losses}, indent=1))
