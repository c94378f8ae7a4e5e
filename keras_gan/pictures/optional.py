"""Pictures that a training can do without."""

from keras_gan.console import one_line, say
from keras_gan.errors import DiskError
from keras_gan.training.seldom import Seldom


class OptionalPicture(Seldom):
    """A context for drawing a picture, whose errors do not end the training.

    The first error is reported in one line, later ones are not. A `DiskError` is
    raised as usual: the picture was drawn then, but could not be written. As in
    `Seldom`, `due` says whether to draw it again.

    Args:
        name: String, what to call the picture.

    Example:

    >>> picture = OptionalPicture("loss_plot.png")
    >>> if picture.due:
    ...     with picture:
    ...         plot_curves(history, "loss_plot.png", labels, "Loss", "nats")
    """

    def __init__(self, name: str):
        super().__init__()
        self.name = name
        self.reported = False

    def __exit__(self, kind, error, traceback):
        super().__exit__(kind, error, traceback)
        if not isinstance(error, Exception) or isinstance(error, DiskError):
            return False
        if not self.reported:
            say(f"{self.name} could not be made, and is left out: {one_line(error)}")
            self.reported = True
        return True
