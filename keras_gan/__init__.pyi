"""The public names, each with its home; `__init__.py` imports them from there."""

from .auditing.audit import audit
from .callbacks.average import AveragedGenerator
from .callbacks.board import SamplesOnTensorBoard
from .callbacks.card import ModelCard
from .callbacks.checkpoints import Checkpoints
from .callbacks.curves import CurvePlots
from .callbacks.decay import LearningRateDecay
from .callbacks.diagrams import NetworkDiagrams
from .callbacks.film import SampleFilm
from .callbacks.history import HistoryFile
from .callbacks.log import LogFile
from .callbacks.memory import FreedMemory
from .callbacks.metrics import QualityMetrics
from .callbacks.models import ModelFiles
from .callbacks.progress import ProgressReport
from .callbacks.real_samples import RealSamples
from .callbacks.report import ReportPage
from .callbacks.samples import SamplePlots
from .callbacks.walks import WalkPlot
from .data import Dataset, embedded_digits, load_data
from .devices import spread
from .errors import DiskError, DivergenceError, ProcessError, Stopped, UserError
from .evaluation.classifier import load_yardstick
from .evaluation.evaluate import evaluate
from .evaluation.samples import draw_samples
from .gan.auxiliary import AuxiliaryClassifier
from .gan.building import build_composite
from .gan.composite import Composite
from .gan.latents import draw_latents, interpolate
from .gan.losses import GanLoss
from .gan.penalties import GradientPenalty, Penalty, R1Penalty
from .generation.images import generate_images
from .networks.conditional import make_conditional, walk_between_classes
from .networks.default import build_discriminator, build_generator
from .networks.loading import load_generator
from .pictures.plots import plot_curves, plot_images, plot_model, plot_walks
from .playground.writing import write_playground
from .presets import PRESETS
from .registry import LOSSES, NETWORKS
from .runs.job import resume, run
from .settings import Config, configure
from .training.callback import GanCallback
from .training.loop import train
from .training.state import Position

__all__ = [
    "LOSSES",
    "NETWORKS",
    "PRESETS",
    "AuxiliaryClassifier",
    "AveragedGenerator",
    "Checkpoints",
    "Composite",
    "Config",
    "CurvePlots",
    "Dataset",
    "DiskError",
    "DivergenceError",
    "FreedMemory",
    "GanCallback",
    "GanLoss",
    "GradientPenalty",
    "HistoryFile",
    "LearningRateDecay",
    "LogFile",
    "ModelCard",
    "ModelFiles",
    "NetworkDiagrams",
    "Penalty",
    "Position",
    "ProcessError",
    "ProgressReport",
    "QualityMetrics",
    "R1Penalty",
    "RealSamples",
    "ReportPage",
    "SampleFilm",
    "SamplePlots",
    "SamplesOnTensorBoard",
    "Stopped",
    "UserError",
    "WalkPlot",
    "audit",
    "build_composite",
    "build_discriminator",
    "build_generator",
    "configure",
    "draw_latents",
    "draw_samples",
    "embedded_digits",
    "evaluate",
    "generate_images",
    "interpolate",
    "load_data",
    "load_generator",
    "load_yardstick",
    "make_conditional",
    "plot_curves",
    "plot_images",
    "plot_model",
    "plot_walks",
    "resume",
    "run",
    "spread",
    "train",
    "walk_between_classes",
    "write_playground",
]
