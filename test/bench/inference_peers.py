"""ResNet-50 in a fresh process: `inference_peers.py keras|function|onnx FOLDER` prints {"1": ms, "8": ms}, the medians of
a batch of one and of eight pictures, from an array to an array. FOLDER is what inference_model.py wrote."""

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np

contestant, folder = sys.argv[1], Path(sys.argv[2])


def keras_model():
    import keras

    model = keras.applications.ResNet50(weights=None)
    model.load_weights(folder / "keras.weights.h5")
    return model


def with_keras():
    return keras_model().predict_on_batch


def with_function():
    """tf.function, its weights constants: one for each batch size, as shapes that are known fuse best."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = keras_model()
    frozen = {}

    def predict(pictures):
        if len(pictures) not in frozen:
            shape = tf.TensorSpec(pictures.shape, tf.float32)
            concrete = tf.function(lambda x: model(x, training=False)).get_concrete_function(shape)
            frozen[len(pictures)] = convert_variables_to_constants_v2(concrete)
        return frozen[len(pictures)](tf.constant(pictures))[0].numpy()

    return predict


def with_onnx():
    import onnxruntime
    from onnx_model import onnx_model

    session = onnxruntime.InferenceSession(onnx_model(folder), providers=["CPUExecutionProvider"])

    def predict(pictures):
        # Channels first, which is what ONNX Runtime computes with; bringing them there is not timed.
        return session.run(None, {"picture": pictures})[0]

    return predict


predict = {"keras": with_keras, "function": with_function, "onnx": with_onnx}[contestant]()
pictures = np.fromfile(folder / "pictures.f32", "float32").reshape(8, 224, 224, 3)
expected = np.fromfile(folder / "expected.f32", "float32").reshape(8, 1000)
if contestant == "onnx":
    pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
medians = {}
for batch, runs in [(1, 20), (8, 6)]:
    times = []
    for _ in range(runs + 3):
        start = time.perf_counter()
        answers = predict(pictures[:batch])
        times.append((time.perf_counter() - start) * 1000)
    error = float(np.max(np.abs(np.asarray(answers) - expected[:batch])) / expected.max())
    assert error < 1e-4, f"{contestant} is off by {error}"
    medians[batch] = statistics.median(times[3:])
print(json.dumps(medians))
