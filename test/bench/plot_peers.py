"""Draws the grid of plot-ours.ts with matplotlib, as large and with the same labels; prints {"seconds": median}."""
import io
import json
import statistics
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

maps, size, draws = 64, 56, 9
i = np.arange(size * size * maps)
values = ((i % maps) * np.sin((i % (size * maps)) * (1 + i % maps) / (size * maps))).reshape(size, size, maps)


def draw():
    figure, axes = plt.subplots(8, 8, figsize=(7.52, 8.9), dpi=100)
    for channel, axis in enumerate(axes.flat):
        axis.imshow(values[:, :, channel], cmap="viridis")
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_xlabel(f"map {channel}")
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)


seconds = []
for n in range(draws + 1):
    start = time.perf_counter()
    draw()
    if n > 0:
        seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": statistics.median(seconds)}))
