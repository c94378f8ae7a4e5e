"""Memory that nothing uses any more goes back to the system."""

import ctypes
import gc

import keras

try:
    give_back = ctypes.CDLL(None).malloc_trim
except (AttributeError, OSError, TypeError):  # not glibc

    def give_back(pad):
        pass


class FreedMemory(keras.callbacks.Callback):
    """Frees, before the first epoch and after each, what nothing uses any more.

    To be used as a context of the training. Python looks for garbage the more rarely
    the more objects there are, and the libraries make so many that hardly any would be
    found: within the context, what was there before it is passed over. And glibc keeps
    most of what a program frees, such as the hundreds of megabytes that XLA takes for
    compiling: it is told to give them back.
    """

    def __enter__(self):
        gc.collect()
        gc.freeze()
        return self

    def __exit__(self, *exception):
        gc.unfreeze()

    def on_train_begin(self, logs=None):
        self._free()

    def on_epoch_end(self, epoch, logs=None):
        self._free()

    def _free(self):
        gc.collect()
        give_back(0)
