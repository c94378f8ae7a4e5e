"""The sets of images that the program knows, and their licences."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class KnownImages:
    """A set of images whose licence is known.

    Attributes:
        name: String, what to call them in a sentence.
        hub_id: String, its name on Hugging Face's hub.
        licence_id: String, its licence as the hub names it.
        licence: String, a sentence on its licence.
    """

    name: str
    hub_id: str
    licence_id: str
    licence: str


MNIST = KnownImages(
    "the digits of MNIST",
    "ylecun/mnist",
    "cc-by-sa-3.0",
    "MNIST, by Yann LeCun and others, is under CC BY-SA 3.0.",
)
FASHION_MNIST = KnownImages(
    "Fashion-MNIST",
    "zalando-datasets/fashion_mnist",
    "mit",
    "Fashion-MNIST, by Zalando Research, is under the MIT licence.",
)
