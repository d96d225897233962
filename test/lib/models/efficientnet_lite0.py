"""EfficientNet-Lite0 in Keras, with the same weights file: the reference for our own.

Usage: efficientnet_lite0.py WEIGHTS PIXELS COUNT, where PIXELS is a file of float32 [COUNT, 224, 224, 3], preprocessed.
Writes logits [COUNT, 1000] and the feature maps of three depths to standard output, as float32.
"""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent))
from torch_file import read_state_dict  # noqa: E402

# repeats, kernel, stride, expansion, filters
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)]
STAGES += [(3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]

weights = read_state_dict(sys.argv[1])
setters = []


def convolution(x, name, filters, kernel, stride):
    layer = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)
    setters.append(lambda: layer.set_weights([weights[f"{name}.weight"].transpose(2, 3, 1, 0)]))
    return layer(x)


def depthwise(x, name, kernel, stride):
    layer = layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False)
    setters.append(lambda: layer.set_weights([weights[f"{name}.weight"].transpose(2, 3, 0, 1)]))
    return layer(x)


def normalization(x, name):
    layer = layers.BatchNormalization(epsilon=1e-3)
    parts = ["weight", "bias", "running_mean", "running_var"]
    setters.append(lambda: layer.set_weights([weights[f"{name}.{part}"] for part in parts]))
    return layer(x)


image = keras.Input((224, 224, 3))
x = layers.ReLU(6)(normalization(convolution(image, "_conv_stem", 32, 3, 2), "_bn0"))
features = [x]
index = 0
for repeats, kernel, first_stride, expansion, filters in STAGES:
    for i in range(repeats):
        stride = first_stride if i == 0 else 1
        name, shortcut, channels = f"_blocks.{index}", x, x.shape[-1]
        if expansion != 1:
            x = convolution(x, f"{name}._expand_conv", channels * expansion, 1, 1)
            x = layers.ReLU(6)(normalization(x, f"{name}._bn0"))
        x = layers.ReLU(6)(normalization(depthwise(x, f"{name}._depthwise_conv", kernel, stride), f"{name}._bn1"))
        x = normalization(convolution(x, f"{name}._project_conv", filters, 1, 1), f"{name}._bn2")
        if stride == 1 and channels == filters:
            x = layers.Add()([x, shortcut])
        index += 1
    if filters == 40:
        features.append(x)
x = layers.ReLU(6)(normalization(convolution(x, "_conv_head", 1280, 1, 1), "_bn1"))
features.append(x)
x = layers.GlobalAveragePooling2D()(x)
classifier = layers.Dense(1000)
setters.append(lambda: classifier.set_weights([weights["_fc.weight"].T, weights["_fc.bias"]]))
model = keras.Model(image, [classifier(x), *features])
for setter in setters:
    setter()

pixels = np.fromfile(sys.argv[2], np.float32).reshape(int(sys.argv[3]), 224, 224, 3)
for output in model.predict_on_batch(pixels):
    sys.stdout.buffer.write(np.asarray(output, np.float32).tobytes())
