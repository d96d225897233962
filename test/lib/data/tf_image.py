"""Writes what TensorFlow's own picture functions make of a picture: one .npy-less float32 file a case, and an index."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

path, folder = sys.argv[1], Path(sys.argv[2])
image = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
batch = tf.stack([image, image[::-1]])
boxes = [[0.0, 0.0, 1.0, 1.0], [0.1, 0.2, 0.7, 0.9], [0.8, 0.9, 0.2, 0.1], [-0.2, -0.1, 0.5, 1.3]]
results = {
    "decode": image,
    "bilinear": tf.image.resize(image, [224, 224]),
    "bilinear-up": tf.image.resize(batch, [500, 901]),
    "nearest": tf.image.resize(image, [100, 301], method="nearest"),
    "bicubic": tf.image.resize(image, [224, 224], method="bicubic"),
    "crop-0.5": tf.image.central_crop(image, 0.5),
    "crop-0.33": tf.image.central_crop(batch, 0.33),
    "crop-0.875": tf.image.central_crop(image, 0.875),
    "boxes": tf.image.crop_and_resize(tf.cast(batch, tf.float32), boxes, [0, 1, 1, 0], [64, 80]),
    "boxes-nearest": tf.image.crop_and_resize(
        tf.cast(batch, tf.float32), boxes, [0, 1, 1, 0], [64, 80], method="nearest", extrapolation_value=7
    ),
}
for name, tensor in results.items():
    (folder / name).write_bytes(tensor.numpy().astype(np.float32).tobytes())
(folder / "index.json").write_text(json.dumps({name: tensor.shape.as_list() for name, tensor in results.items()}))
