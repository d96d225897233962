"""Writes one dense layer's weights as Keras 2 does, in several forms: `hdf5_files.py FOLDER`."""

import sys

import h5py
import numpy as np

numbers = (np.arange(35, dtype="float32") / 8 - 2).reshape(7, 5)
forms = {
    "whole": {},
    "half": {"dtype": "float16"},
    "double": {"dtype": "float64"},
    "chunks": {"chunks": (2, 3)},
    "packed": {"chunks": (2, 3), "compression": "gzip"},
    "shuffled": {"chunks": (4, 5), "compression": "gzip", "shuffle": True, "dtype": "float64"},
    "latest": {"chunks": (2, 3), "compression": "gzip"},
}
for name, options in forms.items():
    libver = "latest" if name == "latest" else "earliest"
    with h5py.File(f"{sys.argv[1]}/{name}.h5", "w", libver=libver) as file:
        file.attrs["layer_names"] = [b"top"]
        group = file.create_group("top")
        group.attrs["weight_names"] = [b"top/kernel:0"]
        group.create_dataset("top/kernel:0", data=numbers, **{"dtype": "float32", **options})
