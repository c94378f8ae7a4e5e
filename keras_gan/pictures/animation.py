"""A training as a film: a grid of samples for each epoch, with its number."""

import io
import os
from collections.abc import Iterable, Sequence

import numpy as np

from keras_gan.errors import UserError
from keras_gan.files import write_bytes, write_whole
from keras_gan.pictures.grids import titled_mosaic

ZOOM = 2
# How long the film takes without its last picture, which stays for some more seconds.
SECONDS = 12
LAST_SECONDS = 2
MAX_FRAME_SECONDS = 0.5


def save_gif(
    epochs: Iterable[int],
    grids: Iterable[np.ndarray],
    to_file: str | os.PathLike,
    row_names: Sequence[str] | None = None,
) -> None:
    """Writes a GIF that plays in a loop.

    Args:
        epochs: Iterable of integers, the epochs of the grids; 0 is before training.
        grids: Iterable of `uint8` arrays of shape `(n, 28, 28, 1)`, from 0 to 255,
            one for each epoch.
        to_file: Path of the file to write.
        row_names: List of strings, what to write left of the rows, or `None`.
    """
    frames = _frames(epochs, grids, row_names)
    each = _seconds_each(len(frames))
    content = io.BytesIO()
    frames[0].save(
        content,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[*([1000 * each] * (len(frames) - 1)), 1000 * LAST_SECONDS],
        loop=0,
    )
    write_bytes(to_file, content.getvalue())


def save_video(
    epochs: Iterable[int],
    grids: Iterable[np.ndarray],
    to_file: str | os.PathLike,
    row_names: Sequence[str] | None = None,
) -> None:
    """Writes an MP4 (H.264) that plays in every browser.

    Args:
        epochs: As in `save_gif`.
        grids: As in `save_gif`.
        to_file: Path of the file to write.
        row_names: As in `save_gif`.
    """
    import imageio_ffmpeg

    frames = [frame.convert("RGB") for frame in _frames(epochs, grids, row_names)]
    rate = 1 / _seconds_each(len(frames))
    frames += [frames[-1]] * round(LAST_SECONDS * rate)
    with write_whole(to_file) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary), frames[0].size, fps=rate, macro_block_size=2
        )
        writer.send(None)
        for frame in frames:
            writer.send(frame.tobytes())
        writer.close()


def check_video_can_be_made() -> None:
    """Raises a `UserError` if the encoder for videos is not installed."""
    try:
        import imageio_ffmpeg

        imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise UserError(
            "a video needs the package imageio-ffmpeg; install it with: pip install imageio-ffmpeg"
        ) from error


def _seconds_each(frames):
    return min(SECONDS / frames, MAX_FRAME_SECONDS)


def _frames(epochs, grids, row_names):
    return [_frame(epoch, grid, row_names) for epoch, grid in zip(epochs, grids, strict=True)]


def _frame(epoch, grid, row_names):
    """Draws one picture of the film. Its sides are even, as video codecs need."""
    title = f"epoch {epoch}" if epoch else "before training"
    return titled_mosaic(grid, title, columns=10, zoom=ZOOM, row_names=row_names)
