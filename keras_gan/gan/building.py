"""From two networks to a composite that can be trained."""

import keras
from keras import ops

from keras_gan import devices
from keras_gan.errors import UserError
from keras_gan.gan.auxiliary import AuxiliaryClassifier, GuidedComposite
from keras_gan.gan.composite import Composite
from keras_gan.gan.losses import DiscriminatorLoss, GeneratorLoss, Scores
from keras_gan.gan.penalties import PenalizedDiscriminator, Penalty
from keras_gan.registry import LOSSES


def build_composite(
    generator: keras.Model,
    discriminator: keras.Model,
    loss: str = "bce",
    optimizer: str | keras.optimizers.Optimizer = "adam",
    learning_rate: float = 1.5e-3,
    beta_1: float = 0.5,
    beta_2: float = 0.999,
    penalty: float | Penalty | None = None,
    label_smoothing: float = 0.0,
    jit_compile: bool | None = None,
    auxiliary: AuxiliaryClassifier | None = None,
) -> Composite:
    """Stacks the generator and the discriminator, and compiles both sides.

    Each side gets an optimizer of its own, and its half of the loss.

    Args:
        generator: A model from `(batch, latent_dim)` to images.
        discriminator: A model from such images to outputs of shape `(batch, 1)`:
            logits, or whatever the loss makes of them.
        loss: String, a key of `keras_gan.registry.LOSSES`.
        optimizer: `"adam"`, `"rmsprop"`, `"sgd"`, or a `keras.optimizers.Optimizer`
            that both sides get a copy of; then `learning_rate`, `beta_1` and
            `beta_2` are its own.
        learning_rate: Float, the step size for both sides.
        beta_1: Float, Adam's decay of the first moment, for both sides.
        beta_2: Float, Adam's decay of the second moment, for both sides.
        penalty: Float, the weight of the penalty that the loss comes with; 0 for a
            discriminator with dropout or other noise. If `None`, the penalty's own
            default. Or a `Penalty` of your own.
        label_smoothing: Float from 0 up to, not including, 1, how far below 1 the
            discriminator's label for real images is.
        jit_compile: Boolean, whether TensorFlow compiles the step with XLA; if
            `None`, where that is known to make it faster.
        auxiliary: An `AuxiliaryClassifier`, which the generator learns from, too; or `None`.

    Returns:
        A compiled `Composite`. `keras_gan.train` trains it. To train one side by
        hand, call `train_on_batch` of the composite with latents and ones, or of its
        discriminator with images and 1 for real, 0 for generated; these leave the
        auxiliary classifier and the penalty out.

    Raises:
        UserError: If the penalty does not fit the discriminator; if the loss has no
            labels to smooth; if a network has nothing to train.

    Example:

    >>> composite = build_composite(build_generator(), build_discriminator())
    >>> history = train(composite, load_data("mnist").images, epochs=5)
    """
    if label_smoothing and not LOSSES[loss].allows_label_smoothing:
        raise UserError(f"label_smoothing must be 0: the loss {loss} has no labels to smooth")
    if penalty is None:
        penalty = LOSSES[loss].penalty()
    elif not isinstance(penalty, Penalty):
        penalty = LOSSES[loss].penalty(penalty)
    penalty.check(discriminator)
    composite = Composite(generator, discriminator)
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not network.trainable_variables:
            raise UserError(f"the {name} has nothing to train: all of its layers are frozen")
    penalized = PenalizedDiscriminator(discriminator, penalty if penalty.weight else Penalty(0.0))
    if isinstance(optimizer, str):
        betas = {"beta_1": beta_1, "beta_2": beta_2} if optimizer == "adam" else {}
        config = {"learning_rate": learning_rate, **betas}
        optimizer = keras.optimizers.get({"class_name": optimizer, "config": config})

    jit_compile = devices.chosen_jit_compile(jit_compile, generator, discriminator)

    def compile(model, loss, **options):
        model.compile(loss=loss, jit_compile=jit_compile, **options)

    d_loss = DiscriminatorLoss(loss, label_smoothing)
    compile(discriminator, d_loss, optimizer=_copy(optimizer), metrics=[Scores(loss)])
    # Both train the same weights, with the same optimizer.
    shared = {"optimizer": discriminator.optimizer, "auto_scale_loss": False}
    compile(penalized, d_loss, weighted_metrics=[Scores(loss)], **shared)
    compile(composite, GeneratorLoss(loss), optimizer=_copy(optimizer))
    guided = auxiliary and GuidedComposite(composite, auxiliary)
    if guided:
        own_loss = keras.metrics.MeanMetricWrapper(GeneratorLoss(loss).call, "g_loss", "float32")
        shared["optimizer"] = composite.optimizer
        compile(guided, GeneratorLoss(loss), metrics=[own_loss], **shared)
    for model in (discriminator, composite):
        model.optimizer.build(model.trainable_variables)
    # Keras builds metrics when they are first used; only then can a step reset them.
    for model in filter(None, (guided, penalized)):
        model.built = True
        model.compute_metrics(None, ops.ones((1, 1)), ops.ones((1, 1)))
    # Past Keras, which would take it for one more layer of the stack.
    object.__setattr__(composite, "penalized_discriminator", penalized)
    object.__setattr__(composite, "guided", guided)
    composite.distribution = devices.distribution()
    return composite


def _copy(optimizer):
    return keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
