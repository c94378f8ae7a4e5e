"""A composite GAN for 28x28 grey images in Keras 3.

The public names stand in `__init__.pyi`. They are imported when they are first used,
so that what needs neither Keras nor TensorFlow, such as `--help`, does not wait for
them.
"""

import lazy_loader

__version__ = "0.14.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
