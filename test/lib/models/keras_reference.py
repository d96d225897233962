"""Keras' applications with random weights: the reference for our families.

Usage: keras_reference.py FOLDER, with a list of cases as JSON on standard input; see keras-parity.ts. For each case it
writes N.pixels, N.outputs (float32: logits or feature maps, then each named layer's output) and the weights file.
"""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group  # noqa: E402


def randomize(model, pixels, random):
    """Weights for which every layer puts out values of a healthy spread."""
    normalizations = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            normalizations.append(layer)
            layer.momentum = 0.0
            if layer.gamma is not None:
                layer.gamma.assign(random.uniform(0.5, 1.5, layer.gamma.shape))
            layer.beta.assign(random.normal(0, 0.5, layer.beta.shape))
        elif getattr(layer, "bias", None) is not None:
            layer.bias.assign(random.normal(0, 0.1, layer.bias.shape))
    if not normalizations:  # kernels that keep the spread through ReLU (He et al., 2015)
        for layer in model.layers:
            if getattr(layer, "kernel", None) is not None:
                deviation = np.sqrt(2 / np.prod(layer.kernel.shape[:-1]))
                layer.kernel.assign(random.normal(0, deviation, layer.kernel.shape))
    model(pixels, training=True)  # the moving statistics become the batch's
    for layer in normalizations:
        mean, variance = np.array(layer.moving_mean), np.array(layer.moving_variance)
        variance = np.maximum(variance, 0.1 * variance.mean())
        layer.moving_mean.assign(mean + np.sqrt(variance) * random.normal(0, 0.2, mean.shape))
        layer.moving_variance.assign(variance * random.uniform(0.6, 1.6, mean.shape))


def save(model, path, kind):
    if kind in ("keras", "weights.h5", "weights.h5 without names"):
        (model.save if kind == "keras" else model.save_weights)(path)
        if kind == "weights.h5 without names":  # as Keras 3 wrote at first
            with h5py.File(path, "a") as file:
                for layer in file["layers"].values():
                    if "vars" in layer:
                        layer["vars"].attrs.pop("name", None)
    elif kind == "h5 model":
        model.save(path)
    elif kind == "h5":
        with h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(file, model)
    elif kind == "h5 float16 gzip":
        with h5py.File(path + ".plain", "w") as source, h5py.File(path, "w") as file:
            save_weights_to_hdf5_group(source, model)
            for key, value in source.attrs.items():
                file.attrs[key] = value

            def copy(name, item):
                if isinstance(item, h5py.Dataset):
                    packed = {"compression": "gzip"} if item.ndim else {}
                    target = file.create_dataset(name, data=item[()].astype("float16"), **packed)
                else:
                    target = file.require_group(name)
                for key, value in item.attrs.items():
                    target.attrs[key] = value

            source.visititems(copy)
        os.remove(path + ".plain")
    else:
        raise ValueError(f"no format {kind}")


folder = Path(sys.argv[1])
for number, case in enumerate(json.load(sys.stdin)):
    random = np.random.default_rng(number)
    if not case["continueNames"]:
        keras.utils.clear_session()
    keras.utils.set_random_seed(number)
    top = {"classes": case["classes"], "classifier_activation": None} if case["includeTop"] else {}
    options = {"alpha": case["width"]} if case["width"] != 1 else {}
    model = getattr(keras.applications, case["application"])(
        include_top=case["includeTop"],
        weights=None,
        input_shape=case["inputShape"],
        pooling=case["pooling"],
        **top,
        **options,
    )
    pixels = random.uniform(-1, 1, (4, *case["inputShape"])).astype(np.float32)
    # Pictures of different contrast, so that the outputs differ.
    pixels *= np.array([0.2, 1, 2, 3], np.float32).reshape(4, 1, 1, 1)
    randomize(model, pixels, random)
    if case["format"] == "h5 float16 gzip":
        model.set_weights([w.astype("float16").astype("float32") for w in model.get_weights()])
    save(model, str(folder / case["file"]), case["format"])
    outputs = [model.output, *(model.get_layer(name).output for name in case["layers"])]
    pixels.tofile(folder / f"{number}.pixels")
    with open(folder / f"{number}.outputs", "wb") as file:
        for output in keras.Model(model.input, outputs)(pixels, training=False):
            file.write(np.asarray(output, np.float32).tobytes())
