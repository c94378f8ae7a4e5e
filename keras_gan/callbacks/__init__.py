"""What watches a training: Keras callbacks, one file each."""

from keras_gan.callbacks.average import AveragedGenerator
from keras_gan.callbacks.board import SamplesOnTensorBoard
from keras_gan.callbacks.checkpoints import Checkpoints
from keras_gan.callbacks.curves import CurvePlots
from keras_gan.callbacks.film import SampleFilm
from keras_gan.callbacks.history import HistoryFile
from keras_gan.callbacks.log import LogFile
from keras_gan.callbacks.memory import FreedMemory
from keras_gan.callbacks.metrics import QualityMetrics
from keras_gan.callbacks.models import ModelFiles
from keras_gan.callbacks.progress import ProgressReport
from keras_gan.callbacks.report import ReportPage
from keras_gan.callbacks.samples import SamplePlots
from keras_gan.callbacks.walks import WalkPlot

__all__ = [
    "AveragedGenerator",
    "Checkpoints",
    "CurvePlots",
    "FreedMemory",
    "HistoryFile",
    "LogFile",
    "ModelFiles",
    "ProgressReport",
    "QualityMetrics",
    "ReportPage",
    "SampleFilm",
    "SamplePlots",
    "SamplesOnTensorBoard",
    "WalkPlot",
]
