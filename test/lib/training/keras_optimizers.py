"""Writes what Keras' optimizers do on a small problem: `python keras_optimizers.py > keras-optimizers.json`.

The problem, 20 steps: variables a (2 × 3) and b (3), gradients g_a = a·c + sin(t), g_b = cos(b)·t/10.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np

SCHEDULES = {
    "exponential": lambda: keras.optimizers.schedules.ExponentialDecay(0.05, 7, 0.5),
    "staircase": lambda: keras.optimizers.schedules.ExponentialDecay(0.05, 7, 0.5, staircase=True),
    "cosine": lambda: keras.optimizers.schedules.CosineDecay(0.05, 15, alpha=0.1),
    "piecewise": lambda: keras.optimizers.schedules.PiecewiseConstantDecay([5, 12], [0.1, 0.05, 0.01]),
}

CASES = {
    "SGD": lambda: keras.optimizers.SGD(0.1),
    "SGD momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "SGD nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "SGD weightDecay": lambda: keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.02),
    "SGD clipValue": lambda: keras.optimizers.SGD(0.1, clipvalue=0.4),
    "SGD clipNorm": lambda: keras.optimizers.SGD(0.1, clipnorm=0.7),
    "SGD globalClipNorm": lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.7),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.05),
    "RMSprop momentum": lambda: keras.optimizers.RMSprop(0.05, momentum=0.8, rho=0.8),
    "RMSprop centered": lambda: keras.optimizers.RMSprop(0.05, centered=True, epsilon=1e-3),
    "Adam": lambda: keras.optimizers.Adam(0.05),
    "AdamW": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.02),
    "Nadam": lambda: keras.optimizers.Nadam(0.05),
    **{f"Adam {name}": (lambda make: lambda: keras.optimizers.Adam(make()))(make) for name, make in SCHEDULES.items()},
}


def run(optimizer):
    a = keras.Variable(np.linspace(-1, 1, 6).reshape(2, 3).astype("float32"))
    b = keras.Variable(np.array([0.5, -0.25, 2], "float32"))
    c = np.array([1, 0.5, 2], "float32")
    steps = []
    for t in range(20):
        g_a = a.numpy() * c + np.float32(np.sin(t))
        g_b = (np.cos(b.numpy()) * np.float32(t / 10)).astype("float32")
        optimizer.apply([g_a.astype("float32"), g_b], [a, b] if t == 0 else None)
        steps.append([float(x) for x in [*a.numpy().ravel(), *b.numpy()]])
    return {"1": steps[0], "10": steps[9], "20": steps[19]}


print(json.dumps({name: run(make()) for name, make in CASES.items()}, indent=1))
