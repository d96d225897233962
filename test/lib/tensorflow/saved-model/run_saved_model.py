"""Runs a SavedModel on numbers from standard input, as TensorFlow and as a Keras layer; prints what comes out."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

given = json.load(sys.stdin)
loaded = tf.saved_model.load(given["folder"])
run = loaded.signatures["serving_default"]
names = list(run.structured_input_signature[1])
answers = []
for batch in given["batches"]:
    inputs = {name: tf.constant(np.array(batch[name], np.float32)) for name in names}
    answers.append({name: y.numpy().tolist() for name, y in run(**inputs).items()})

keras_answers = []
if given.get("keras"):
    import keras

    layer = keras.layers.TFSMLayer(given["folder"], call_endpoint="serving_default")
    for batch in given["batches"]:
        (value,) = batch.values()
        keras_answers.append({name: np.array(y).tolist() for name, y in layer(np.array(value, np.float32)).items()})

print(
    json.dumps(
        {
            "answers": answers,
            "keras": keras_answers,
            "variables": {v.name: list(v.shape) for v in run.graph.variables} if hasattr(run.graph, "variables") else {},
            "loaded_variables": [list(v.shape) for v in getattr(loaded, "variables", [])],
            "input_shapes": {name: s.shape.as_list() for name, s in run.structured_input_signature[1].items()},
        }
    )
)
