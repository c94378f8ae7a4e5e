"""Gives unused memory back to the system."""

import ctypes
import gc

from keras_gan.training.callback import GanCallback
from keras_gan.training.seldom import Seldom

try:
    give_back = ctypes.CDLL(None).malloc_trim
except (AttributeError, OSError, TypeError):  # not glibc

    def give_back(pad):
        pass


class FreedMemory(GanCallback):
    """Frees unused memory, before the first epoch and now and then after one.

    Use it as a context around the training. Python collects garbage more seldom the
    more objects there are, and the libraries make very many. Within the context,
    the collector passes over those that were there before. And glibc keeps most of
    what a program frees, such as the hundreds of megabytes that XLA takes for
    compiling: this callback makes it give them back. After an epoch, it frees memory if
    that takes at most half a percent of the time since it did so last.

    Example:

    >>> with FreedMemory() as freed_memory:
    ...     train(composite, images, callbacks=[freed_memory])
    """

    def __init__(self):
        super().__init__()
        self.freeing = Seldom()

    def __enter__(self):
        self.free()
        gc.freeze()
        return self

    def __exit__(self, *exception):
        gc.unfreeze()

    def before_training(self):
        self.free()

    def after_epoch(self, epoch, logs):
        if self.freeing.due:
            with self.freeing:
                self.free()

    def free(self):
        gc.collect()
        give_back(0)
