"""What the discriminators have in common."""

from keras import layers


def activated(name, dropout):
    """The layers after a hidden one called `name`: LeakyReLU, and dropout if there is any."""
    yield layers.LeakyReLU(0.2, name=f"{name}_activation")
    if dropout:
        yield layers.Dropout(dropout, name=f"{name}_dropout")
