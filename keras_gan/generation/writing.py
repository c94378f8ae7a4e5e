"""Images and their data card, written whole or not at all."""

import contextlib
import hashlib
from collections.abc import Callable

from keras_gan.files import write_folder_whole, write_whole
from keras_gan.generation.outputs import CARD_NAME, FOLDER, WRITERS, Output
from keras_gan.generation.stream import Stream


def write(stream: Stream, output: Output, card: Callable[[dict[str, str]], str]) -> None:
    """Writes images, and beside a data set its card.

    Everything has a temporary name until all of it is complete.

    Args:
        stream: A `Stream`.
        output: An `Output`.
        card: Function from the checksums of the files to the text of the card.

    Raises:
        DiskError: If a file cannot be written.
    """
    write_images = WRITERS[output.kind]
    if output.kind == FOLDER:
        with write_folder_whole(output.path.resolve()) as folder:
            text = card({"": write_images(stream, folder)})
            (folder / CARD_NAME).write_text(text, encoding="utf-8")
        return
    with contextlib.ExitStack() as stack:
        # The last one entered gets its name first: the images, which take longest to reach
        # the disk.
        if output.card_path is not None:
            card_file = stack.enter_context(write_whole(output.card_path))
        files = output.files(stream.labelled)
        temporary = [stack.enter_context(write_whole(file)) for file in reversed(files)][::-1]
        write_images(stream, *temporary)
        if output.card_path is not None:
            pairs = zip(files, temporary, strict=True)
            text = card({file.name: _sha256(content) for file, content in pairs})
            card_file.write_text(text, encoding="utf-8")


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
