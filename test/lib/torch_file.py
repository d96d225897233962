"""Reads a state_dict in PyTorch's old file format into NumPy arrays, without PyTorch."""

import collections
import pickle
import struct

import numpy as np

TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        return name

    def persistent_load(self, identifier):
        _, storage_type, key, *_ = identifier
        return storage_type, key


def read_state_dict(path):
    with open(path, "rb") as file:
        for _ in range(3):  # magic number, version, system
            pickle.load(file)
        state_dict = Unpickler(file).load()
        types = {key: storage_type for (storage_type, key), *_ in state_dict.values()}
        storages = {}
        for key in pickle.load(file):
            (length,) = struct.unpack("<q", file.read(8))
            storages[key] = np.frombuffer(file.read(length * np.dtype(TYPES[types[key]]).itemsize), TYPES[types[key]])
    return {
        name: np.ascontiguousarray(
            np.lib.stride_tricks.as_strided(
                storages[key][offset:], shape, [stride * storages[key].itemsize for stride in strides]
            )
        ).reshape(shape)
        for name, ((_, key), offset, shape, strides) in state_dict.items()
    }
