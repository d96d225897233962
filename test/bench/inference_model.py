"""ResNet-50 with random weights for all contestants: `inference_model.py FOLDER` writes

keras.weights.h5  the weights, as Keras saves them
layers.json       the layers in order: class, name, configuration, names of their inputs
weights.npz       the weights by layer, for those without Keras
pictures.f32      eight pictures, float32 [8, 224, 224, 3]
expected.f32      the probabilities of these, float32 [8, 1000], by Keras
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

folder = Path(sys.argv[1])
random = np.random.default_rng(1)
keras.utils.set_random_seed(1)
model = keras.applications.ResNet50(weights=None)
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        # Not what layers start with, or folding them in would be nothing to get wrong. Small where branches are added,
        # so that the values stay in range.
        scale = 0.2 if layer.name.endswith("_3_bn") else 1.0
        layer.gamma.assign(scale * random.uniform(0.8, 1.2, layer.gamma.shape))
        layer.beta.assign(random.normal(0, 0.1, layer.beta.shape))
        layer.moving_mean.assign(random.normal(0, 0.1, layer.beta.shape))
        layer.moving_variance.assign(random.uniform(0.8, 1.2, layer.beta.shape))
model.save_weights(folder / "keras.weights.h5")

layers = []
weights = {}
for layer in model.layers:
    parents = [] if not layer._inbound_nodes else [
        tensor._keras_history.operation.name for tensor in layer._inbound_nodes[0].input_tensors
    ]
    layers.append(
        {"class": type(layer).__name__, "name": layer.name, "config": layer.get_config(), "inputs": parents}
    )
    for weight in layer.weights:
        weights[f"{layer.name}/{weight.name}"] = weight.numpy()
(folder / "layers.json").write_text(json.dumps(layers, default=str))
np.savez(folder / "weights.npz", **weights)

pictures = random.normal(0, 1, (8, 224, 224, 3)).astype("float32")
pictures.tofile(folder / "pictures.f32")
np.asarray(model.predict_on_batch(pictures)).tofile(folder / "expected.f32")
