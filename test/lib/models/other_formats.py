"""What Keras and TensorFlow do with files of weights, for other-formats.test.ts.

Usage: other_formats.py write FOLDER: saves a small network as a SavedModel and its weights' outputs.
       other_formats.py read FILE FOLDER: loads FILE, written by us, into the same network.
Both write FOLDER/outputs (float32) for the pictures in FOLDER/pixels, which `write` makes.
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def network():
    layers = keras.layers
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="first")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.DepthwiseConv2D(3, use_bias=False, name="depthwise")(x)
    x = layers.SeparableConv2D(5, 3, name="separable")(x)
    x = layers.Conv2D(6, 1, name="second")(x)
    x = layers.Dense(7, name="top")(layers.Flatten(name="flatten")(x))
    return keras.Model(inputs, x)


action, *arguments = sys.argv[1:]
folder = Path(arguments[-1])
model = network()
if action == "write":
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.2, 1, w.shape).astype(np.float32) for w in model.get_weights()])
    random.normal(0, 1, (2, 8, 8, 3)).astype(np.float32).tofile(folder / "pixels")
    tf.saved_model.save(model, str(folder / "saved"))
    model.export(str(folder / "exported"), verbose=False)
else:
    model.load_weights(arguments[0])
pixels = np.fromfile(folder / "pixels", np.float32).reshape(2, 8, 8, 3)
np.asarray(model(pixels, training=False), np.float32).tofile(folder / "outputs")
