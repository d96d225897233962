"""The networks that are timed, in Keras; networks.ts has the same for us."""

import keras
from keras import layers as L


def mnist_cnn():
    return keras.Sequential(
        [
            L.Input((28, 28, 1)),
            L.Conv2D(32, 3, activation="relu"),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dropout(0.25),
            L.Dense(128, activation="relu"),
            L.Dropout(0.5),
            L.Dense(10),
        ]
    )


def convolution(x, filters, kernel, strides):
    x = L.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
    return L.BatchNormalization()(x)


def residual_unit(x, filters, strides):
    main = L.ReLU()(convolution(x, filters, 3, strides))
    main = convolution(main, filters, 3, 1)
    changes = strides > 1 or x.shape[-1] != filters
    skip = convolution(x, filters, 1, strides) if changes else x
    return L.ReLU()(L.Add()([main, skip]))


def resnet34():
    image = L.Input((96, 96, 3))
    x = L.ReLU()(convolution(image, 64, 7, 2))
    x = L.MaxPooling2D(3, 2, padding="same")(x)
    previous = 64
    for filters, units in [(64, 3), (128, 4), (256, 6), (512, 3)]:
        for _ in range(units):
            x = residual_unit(x, filters, 1 if filters == previous else 2)
            previous = filters
    return keras.Model(image, L.Dense(10)(L.GlobalAveragePooling2D()(x)))


# network, input, batch, batches in one epoch
WORKLOADS = {
    "mnist-cnn": (mnist_cnn, (28, 28, 1), 64, 20),
    "resnet-34": (resnet34, (96, 96, 3), 16, 4),
}
