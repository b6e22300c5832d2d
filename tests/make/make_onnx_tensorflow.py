"""ONNX from TensorFlow through tf2onnx: a Keras network, a function with a loop, a recurrent network."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402

from common import FIXTURES, noise, save  # noqa: E402


def seeded(model):
    """Weights that depend on nothing but their position."""
    model.set_weights([noise(f"keras {i}", *w.shape, scale=0.2) for i, w in enumerate(model.get_weights())])
    return model


def convert(path, call, signature, opset=18):
    function = tf.function(call, input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=opset)
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(FIXTURES / "onnx" / path))


def cnn():
    """Channels last, so tf2onnx puts transposes around the convolutions; one is depthwise."""
    layers = keras.layers
    image = keras.Input((16, 16, 3), name="image")
    h = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(image)
    side = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(h)
    side = layers.BatchNormalization(name="norm")(side)
    h = layers.Add(name="add")([h, layers.LeakyReLU(negative_slope=0.1, name="leaky")(side)])
    h = layers.UpSampling2D(2, name="up")(h)
    h = layers.GlobalAveragePooling2D(name="pool")(layers.MaxPooling2D(2, name="max")(h))
    model = seeded(keras.Model(image, layers.Dense(3, activation="softmax", name="scores")(h)))
    convert("tf-cnn.onnx", lambda image: model(image), [tf.TensorSpec((None, 16, 16, 3), tf.float32, name="image")])


def recurrent():
    layers = keras.layers
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    h = layers.Embedding(8, 4, name="embedding")(tokens)
    h = layers.LSTM(5, return_sequences=True, name="lstm")(h)
    model = seeded(keras.Model(tokens, layers.Dense(2, name="head")(h)))
    convert("tf-lstm.onnx", lambda tokens: model(tokens), [tf.TensorSpec((None, None), tf.int32, name="tokens")])


def loop():
    """A while loop and a branch, from plain functions."""

    def iterate(x, steps):
        total, i = x, tf.constant(0)
        while i < steps:
            total = total * 0.5 + tf.cond(tf.reduce_sum(total) > 1.0, lambda: x, lambda: -x)
            i += 1
        return total

    convert(
        "tf-loop.onnx",
        iterate,
        [tf.TensorSpec((None, 2), tf.float32, name="x"), tf.TensorSpec((), tf.int32, name="steps")],
    )


if __name__ == "__main__":
    cnn()
    recurrent()
    loop()
