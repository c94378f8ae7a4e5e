"""Grids of images as films: of a training, with its epochs, or of a walk."""

import io
import os
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from keras_gan.data import to_bytes
from keras_gan.errors import UserError
from keras_gan.files import write_bytes, write_whole
from keras_gan.pictures.grids import mosaic, titled_mosaic

ZOOM = 2
# How long the film takes without its last picture, which stays for some more seconds.
SECONDS = 12
LAST_SECONDS = 2
MAX_FRAME_SECONDS = 0.5
WALK_ZOOM = 3
WALK_FRAME_SECONDS = 0.06


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
    _write_gif(frames, [*([each] * (len(frames) - 1)), LAST_SECONDS], to_file)


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
    frames = _frames(epochs, grids, row_names)
    rate = 1 / _seconds_each(len(frames))
    frames += [frames[-1]] * round(LAST_SECONDS * rate)
    _write_video(frames, rate, to_file)


def save_walk(grids: Iterable[np.ndarray], to_file: str | os.PathLike, columns: int) -> None:
    """Writes a film of walks side by side, at the same rate from the first to the last grid.

    Args:
        grids: Iterable of `uint8` arrays of shape `(n, 28, 28, 1)`, from 0 to 255, one
            for each moment.
        to_file: Path of the file to write: a GIF that plays in a loop, or an MP4 if its
            name ends in .mp4.
        columns: Integer, the number of walks in a row.
    """
    frames = []
    for grid in grids:
        frame = Image.fromarray(to_bytes(mosaic(grid, columns)))
        size = tuple(WALK_ZOOM * side for side in frame.size)
        frames.append(frame.resize(size, Image.Resampling.NEAREST))
    if str(to_file).lower().endswith(".mp4"):
        _write_video(frames, 1 / WALK_FRAME_SECONDS, to_file)
    else:
        _write_gif(frames, [WALK_FRAME_SECONDS] * len(frames), to_file)


def _write_gif(frames, seconds, to_file):
    content = io.BytesIO()
    frames[0].save(
        content,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[1000 * each for each in seconds],
        loop=0,
    )
    write_bytes(to_file, content.getvalue())


def _write_video(frames, rate, to_file):
    import imageio_ffmpeg

    with write_whole(to_file) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary), frames[0].size, fps=rate, macro_block_size=2
        )
        writer.send(None)
        for frame in frames:
            writer.send(frame.convert("RGB").tobytes())
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
