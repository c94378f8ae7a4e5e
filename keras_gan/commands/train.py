"""The command `train`: a run from its settings to its files."""

import argparse

from keras_gan.backend import start_keras
from keras_gan.commands.options import add_settings
from keras_gan.kinds import COUNT
from keras_gan.processes import join
from keras_gan.settings import RUNNING, configure

HELP = "train a GAN; this is also what happens without a command"
DESCRIPTION = (
    "Train a GAN, a pair of networks that learn from each other, to draw small grey images such "
    "as handwritten digits. One network, the generator, draws; the other, the discriminator, "
    "learns to tell its drawings from real images."
)
EPILOG = (
    "Pictures of the progress appear in plots/ while it runs, and report.html, a page that shows "
    "where the training stands. At the end, models/generator.keras holds the trained generator. "
    "The command evaluate measures how good it is; the command compare puts runs side by side."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    groups = add_settings(parser)
    groups[RUNNING].add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in --models-dir, with the settings of that run, as if "
        "it had never stopped; with a larger --epochs, go further",
    )
    several = parser.add_argument_group("several processes, on JAX (docs/devices.md)")
    several.add_argument(
        "--coordinator",
        default=argparse.SUPPRESS,
        metavar="HOST:PORT",
        help="address of the first process; auto where SLURM or Open MPI starts them",
    )
    for option, text in (
        ("--processes", "how many processes train together"),
        ("--process-id", "number of this process, from 0; the first one writes the files"),
    ):
        several.add_argument(
            option, type=COUNT.parse, default=argparse.SUPPRESS, metavar="N", help=text
        )


def run(
    resume: bool = False,
    coordinator: str | None = None,
    processes: int | None = None,
    process_id: int | None = None,
    **settings,
) -> None:
    config = configure(**settings)  # most mistakes are told before Keras is imported
    start_keras()
    join(coordinator, processes, process_id)
    from keras_gan.runs import job

    if resume:
        job.resume(**settings)
    else:
        job.run(config)
