"""ResNet-50's weights with Keras: `weights_peers.py write FOLDER` writes random ones as resnet50.h5 (the form of the
published files) and resnet50.weights.h5; `weights_peers.py load FILE` loads one into a built model in a fresh process and
prints {"milliseconds", "peak", "check"}: see weights.ts."""

import gc
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group


def resident(field):
    """Bytes in memory: VmRSS now, VmHWM at most; None where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except OSError:
        return None


def load(path):
    model = keras.applications.ResNet50(weights=None)
    gc.collect()
    before = resident("VmRSS:")
    if before is not None:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")  # the peak starts anew
    start = time.perf_counter()
    model.load_weights(path)
    milliseconds = (time.perf_counter() - start) * 1000
    most = resident("VmHWM:")
    gc.collect()
    after = resident("VmRSS:")
    peak = None if before is None else most - min(before, after)
    check = sum(float(np.abs(weight.numpy()).sum(dtype=np.float64)) for weight in model.weights)
    print(json.dumps({"milliseconds": milliseconds, "peak": peak, "check": check}))


def write(folder):
    keras.utils.set_random_seed(0)
    model = keras.applications.ResNet50(weights=None)
    random = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
    with h5py.File(f"{folder}/resnet50.h5", "w") as file:
        save_weights_to_hdf5_group(file, model)
    model.save_weights(f"{folder}/resnet50.weights.h5")


{"write": write, "load": load}[sys.argv[1]](sys.argv[2])
