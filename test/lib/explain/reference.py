"""Records what TensorFlow and numpy say of a small branching network: python test/lib/explain/reference.py

Weights and pixels are sines, so that both sides make the same ones.
"""
import json
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

inputs = layers.Input((12, 14, 3))
stem = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(inputs)
left = layers.Conv2D(5, 3, padding="same", activation="tanh", name="left")(stem)
right = layers.Conv2D(5, 5, padding="same", name="right")(stem)
total = layers.Add(name="sum")([left, right])
spatial = layers.DepthwiseConv2D(3, padding="same", name="spatial", activation="relu")(total)
joined = layers.Concatenate(name="joined")([spatial, stem])
hidden = layers.Dense(6, activation="tanh", name="hidden")(layers.GlobalAveragePooling2D()(joined))
outputs = layers.Dense(4, activation="softmax", name="top")(hidden)
model = tf.keras.Model(inputs, outputs)
for n, layer in enumerate([l for l in model.layers if l.weights]):
    layer.set_weights(
        [
            0.4 * np.sin(1.7 * np.arange(w.size, dtype=np.float64) + n).reshape(w.shape)
            for w in layer.get_weights()
        ]
    )
x = tf.constant(np.sin(0.37 * np.arange(2 * 12 * 14 * 3)).reshape(2, 12, 14, 3), tf.float32)
model.get_layer("top").activation = tf.keras.activations.linear


def gradient(function, at):
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at)


def score(images, labels):
    return tf.reduce_sum(model(images) * tf.one_hot(labels, 4))


top = tf.argmax(model(x), -1)
both = tf.keras.Model(inputs, [model.get_layer("sum").output, model.output])
with tf.GradientTape() as tape:
    maps, logits = both(x)
    value = tf.reduce_sum(logits * tf.one_hot(top, 4))
g = tape.gradient(value, maps).numpy()
a = maps.numpy()
cam = np.maximum((a * g.mean((1, 2), keepdims=True)).sum(-1), 0)
below = 2 * g**2 + a.sum((1, 2), keepdims=True) * g**3
alpha = np.where(below != 0, g**2 / np.where(below != 0, below, 1), 0)
plus = np.maximum((a * (alpha * np.maximum(g, 0)).sum((1, 2), keepdims=True)).sum(-1), 0)

steps = 20
path = sum(gradient(lambda z: score(z, top), x * ((i + 0.5) / steps)) for i in range(steps))
integrated = x * path / steps


def loss(images):
    return tf.reduce_sum(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 2], logits=model(images))
    )


attacked = tf.clip_by_value(x + 0.05 * tf.sign(gradient(loss, x)), -1, 1)

spectra = {}
for height, width in [(4, 6), (5, 7), (1, 1), (6, 5)]:
    columns = width // 2 + 1
    values = np.sin(np.arange(2 * height * columns)).reshape(2, height, columns)
    spectra[f"{height}x{width}"] = np.fft.irfft2(values[0] + 1j * values[1], (height, width))

path = pathlib.Path(__file__).parent / "recorded.json"
record = {
    "logits": logits,
    "gradient": gradient(lambda z: score(z, top), x),
    "gradCam": cam,
    "gradCamPlusPlus": plus,
    "integratedGradients": integrated,
    "fgsm": attacked,
    "spectra": spectra,
}
flat = lambda v: {k: flat(w) for k, w in v.items()} if isinstance(v, dict) else [float(f"{z:.7g}") for z in np.ravel(v)]
path.write_text(json.dumps(flat(record)) + "\n")
