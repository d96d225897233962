"""torchvision's and timm's networks: the reference for our variants in their form.

Usage: torch_reference.py FOLDER, with a list of cases as JSON on standard input; see torch-parity.ts. The Python needs
torch, torchvision, timm and safetensors. For each case it writes N.json: the names and shapes of the state_dict, and of
each output its shape, greatest absolute value and some values. The weights follow from their place in the state_dict
(see `numbers`), so that a test can make them without PyTorch. With "weights": "random" it writes the checkpoint too,
and all of the outputs' values as N.outputs.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from safetensors.torch import save_file


def numbers(count, seed):
    """Numbers from 0 to 1 that look random: the last steps of MurmurHash3."""
    h = np.arange(count, dtype=np.uint32) + np.uint32((seed * 0x9E3779B1) % 2**32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h / 2.0**32


def weight(name, shape, seed):
    u = numbers(int(np.prod(shape)), seed)
    if len(shape) >= 2:
        values = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
        if ".se." in name:
            # What goes into a sigmoid stays small: where it is in the hundreds, rounding decides between 0 and 1.
            values /= 30
    elif name.endswith("running_var"):
        values = 0.6 + u
    elif name.endswith(("running_mean", "bias")):
        values = (2 * u - 1) * 0.2
    else:
        values = 0.5 + u
    return torch.from_numpy(values.reshape(shape).astype(np.float32))


def build(case):
    if case["library"] == "timm":
        return timm.create_model(case["model"], num_classes=10, in_chans=case["inputShape"][2])
    options = case.get("options", {})
    model = torchvision.models.get_model(case["model"], weights=None, num_classes=10, **options)
    channels = case["inputShape"][2]
    if channels != 3:  # torchvision has no option for it
        for parent in model.modules():
            for name, child in parent.named_children():
                if isinstance(child, torch.nn.Conv2d):
                    first = torch.nn.Conv2d(
                        channels, child.out_channels, child.kernel_size, child.stride, child.padding, bias=child.bias is not None
                    )
                    setattr(parent, name, first)
                    return model
    return model


folder = Path(sys.argv[1])
torch.set_num_threads(2)
for number, case in enumerate(json.load(sys.stdin)):
    torch.manual_seed(number)
    model = build(case).eval()
    state = model.state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    height, width, channels = case["inputShape"]
    pixels = 2 * numbers(2 * height * width * channels, 99999).reshape(2, height, width, channels) - 1
    pixels = (pixels * np.array([1, 3]).reshape(2, 1, 1, 1)).astype(np.float32)
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    for seed, name in enumerate(names):
        state[name] = weight(name, list(state[name].shape), seed)
    model.load_state_dict(state)
    with torch.no_grad():
        if case.get("weights") == "random":  # statistics as after a training, and not quite
            model.train()
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.momentum = 1.0
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0
            model(torch.nn.functional.interpolate(batch, size=case.get("trainSize")) if case.get("trainSize") else batch)
            model.eval()
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    spread = module.running_var.sqrt()
                    module.running_mean += spread * 0.2 * torch.randn_like(spread)
                    module.running_var *= 0.6 + torch.rand_like(spread)
                    module.running_var.clamp_(min=float(0.1 * module.running_var.mean()))
            state = model.state_dict()
            file = str(folder / case["file"])
            if file.endswith(".safetensors"):
                save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
            else:
                torch.save(state, file, _use_new_zipfile_serialization=not file.endswith(".legacy.pth"))
        maps = {}

        def keep(name):
            def hook(module, inputs, output):
                maps[name] = output.clone()  # what follows may work in place

            return hook

        modules = dict(model.named_modules())
        # By their modules: torchvision's releases differ in the order in which they return them.
        heads = [name for name in ("aux1", "aux2", "AuxLogits") if case.get("auxiliary") and name in modules]
        for name in [*heads, *case["layers"]]:
            modules[name].register_forward_hook(keep(name))
        model.training = case.get("auxiliary", False)  # so that it computes what the auxiliary classifiers say
        result = model(batch)
        outputs = [result[0] if isinstance(result, tuple) else result]
        outputs += [maps[name] for name in [*heads, *case["layers"]]]
    described = []
    flat = []
    for output in outputs:
        values = output.permute(0, 2, 3, 1) if output.ndim == 4 else output
        values = values.contiguous().numpy()
        flat.append(values.ravel())
        at = [int(i) for i in np.linspace(0, values.size - 1, 24)]
        described.append(
            {
                "shape": list(values.shape),
                "greatest": float(np.abs(values).max()),
                "values": {i: float(f"{values.ravel()[i]:.8g}") for i in at},
            }
        )
    (folder / f"{number}.json").write_text(
        json.dumps({"tensors": {name: list(state[name].shape) for name in names}, "outputs": described})
    )
    if case.get("weights") == "random":
        np.concatenate(flat).astype(np.float32).tofile(folder / f"{number}.outputs")
