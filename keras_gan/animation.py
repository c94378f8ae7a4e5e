"""A training as a film: one grid of samples an epoch, each with its epoch's number."""

import io

from keras_gan.errors import UserError
from keras_gan.files import write_bytes, write_whole
from keras_gan.plots import titled_mosaic

ZOOM = 2
# The last picture stays, so that one sees what came of it.
SECONDS = 12
LAST_SECONDS = 2
MAX_FRAME_SECONDS = 0.5


def save_gif(epochs, grids, to_file):
    """Writes a GIF that plays in a loop.

    Args:
        epochs: Iterable of integers, the epochs of the grids.
        grids: Iterable of `uint8` arrays `(n, 28, 28, 1)`, one for each epoch.
        to_file: Path of the file.
    """
    frames = _frames(epochs, grids)
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


def save_video(epochs, grids, to_file):
    """Writes an MP4 (H.264) that plays in every browser.

    Args:
        epochs: Iterable of integers, the epochs of the grids.
        grids: Iterable of `uint8` arrays `(n, 28, 28, 1)`, one for each epoch.
        to_file: Path of the file.
    """
    import imageio_ffmpeg

    frames = [frame.convert("RGB") for frame in _frames(epochs, grids)]
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


def check_video_can_be_made():
    """Raises a `UserError` if what encodes videos is not installed."""
    try:
        import imageio_ffmpeg

        imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise UserError(
            "a video needs the package imageio-ffmpeg; install it with: pip install imageio-ffmpeg"
        ) from error


def _seconds_each(frames):
    return min(SECONDS / frames, MAX_FRAME_SECONDS)


def _frames(epochs, grids):
    return [_frame(epoch, grid) for epoch, grid in zip(epochs, grids, strict=True)]


def _frame(epoch, grid):
    """One picture of the film, with even sides, as video codecs ask for."""
    title = f"epoch {epoch}" if epoch else "before training"
    return titled_mosaic(grid, title, columns=10, zoom=ZOOM)
