"""ResNet-50 as ONNX from what inference_model.py wrote: plain ops, which ONNX Runtime folds and fuses by itself."""

import json

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# The ops of a frozen network; ONNX Runtime reads all later versions too.
OPSET = 17


def onnx_model(folder):
    """The serialized model: "picture" [batch, 3, 224, 224] to probabilities [batch, 1000]."""
    weights = np.load(folder / "weights.npz")
    nodes, constants = [], []

    def constant(name, values):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))

    def weight(layer, kind, order=None):
        values = weights[f"{layer}/{kind}"]
        return constant(f"{layer}/{kind}", values.transpose(order) if order else values)

    layers = json.loads((folder / "layers.json").read_text())
    for layer in layers:
        kind, name, config, inputs = (layer[key] for key in ("class", "name", "config", "inputs"))
        if kind == "InputLayer":
            renamed = {name: "picture"}
            continue
        inputs = [renamed.get(source, source) for source in inputs]
        if kind == "ZeroPadding2D":
            (top, bottom), (left, right) = config["padding"]
            pads = constant(f"{name}/pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
            node("Pad", [*inputs, pads], name)
        elif kind == "Conv2D":
            filters = weight(name, "kernel", (3, 2, 0, 1))
            padding = "SAME_UPPER" if config["padding"] == "same" else "VALID"
            node("Conv", [*inputs, filters, weight(name, "bias")], name, strides=config["strides"], auto_pad=padding)
        elif kind == "BatchNormalization":
            statistics = [weight(name, part) for part in ("gamma", "beta", "moving_mean", "moving_variance")]
            node("BatchNormalization", [*inputs, *statistics], name, epsilon=config["epsilon"])
        elif kind == "Activation" and config["activation"] == "relu":
            node("Relu", inputs, name)
        elif kind == "Add":
            node("Add", inputs, name)
        elif kind == "MaxPooling2D":
            node("MaxPool", inputs, name, kernel_shape=config["pool_size"], strides=config["strides"])
        elif kind == "GlobalAveragePooling2D":
            node("GlobalAveragePool", inputs, f"{name}/map")
            node("Flatten", [f"{name}/map"], name)
        elif kind == "Dense":
            node("Gemm", [*inputs, weight(name, "kernel"), weight(name, "bias")], f"{name}/logits")
            node("Softmax", [f"{name}/logits"], name, axis=1)
        else:
            raise ValueError(f"no ONNX for the layer {name} of class {kind}")
    image = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, 224, 224])
    answer = helper.make_tensor_value_info(layers[-1]["name"], TensorProto.FLOAT, ["batch", 1000])
    graph = helper.make_graph(nodes, "resnet50", [image], [answer], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()
