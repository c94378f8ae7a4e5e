"""Steps of a GAN compiled as one call, for one device or for several."""

import contextlib
import functools

import keras
import numpy as np

from keras_gan.errors import UserError

# The backends that compile a step as one call.
BACKENDS = ("tensorflow", "jax")
# With more updates than this, compiling the step takes too long on one device.
MAX_UPDATES = 8


def trained_models(composite) -> list[keras.Model]:
    """The models of a composite that a step may train."""
    models = (composite, composite.guided, composite.penalized_discriminator)
    return [model for model in models if model is not None]


def replicas(composite) -> int:
    """The number of devices that a composite is trained on, those of all processes."""
    if composite.distribution is None:
        return 1
    if keras.backend.backend() == "tensorflow":
        return composite.distribution.num_replicas_in_sync
    return composite.distribution.device_mesh.devices.size


def check_split(batch_size: int, devices: int, reals_per_fake: int = 1) -> None:
    """Raises a `UserError` if a batch cannot be divided among devices.

    On TensorFlow, each device pairs real images with noise, for the penalty: one for every
    four generated ones. JAX divides the images alone.
    """
    on_tensorflow = keras.backend.backend() == "tensorflow"
    unit = 4 * reals_per_fake * devices if on_tensorflow else devices
    if devices > 1 and batch_size % unit:
        raise UserError(
            f"batch_size must be a multiple of {unit} for {devices} devices, but is {batch_size}"
        )


def as_one_call(step, composite, jit_compile):
    """Compiles one step or several, to be taken in one call.

    On several devices, a batch is divided among them. The losses, the gradients and the
    statistics of batch normalization are those of the whole batch.

    Args:
        step: Function of an `update`, as in `gan_step`, of batches and of latents for
            the generator.
        composite: A `Composite` made by `build_composite`.
        jit_compile: Boolean, whether TensorFlow compiles it with XLA.

    Returns:
        A function of a list of steps, each a tuple of the batches and of these latents. It
        gives a list of their logs, and has a method `lower` on JAX.
    """
    if keras.backend.backend() == "jax":
        return _JaxSteps(step, composite)
    return _tensorflow_steps(step, composite, jit_compile)


def _tensorflow_steps(step, composite, jit_compile):
    import tensorflow as tf

    take = functools.partial(step, _update)

    if composite.distribution is None:
        take_traced = tf.function(take)  # by all steps of a call together

        def on_one_device(steps):
            return [take_traced(*arguments) for arguments in steps]

        return tf.function(on_one_device, jit_compile=jit_compile)
    strategy, count = composite.distribution, replicas(composite)

    def on_each_device(steps):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        # Every so many, so that noise for the first images of a batch stays with them.
        share = tf.nest.map_structure(
            lambda array: None if array is None else array[replica::count], steps
        )
        with _statistics_of_the_whole_batch(composite):
            return [take(*arguments) for arguments in share]

    @tf.function
    def on_all_devices(steps):
        mean = tf.distribute.ReduceOp.MEAN
        return [
            {name: strategy.reduce(mean, value, axis=None) for name, value in logs.items()}
            for logs in strategy.run(on_each_device, (steps,))
        ]

    return on_all_devices


@contextlib.contextmanager
def _statistics_of_the_whole_batch(composite):
    """Batch normalization asks the other devices while the step is traced."""
    layers = [
        layer
        for layer in composite._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    before = [layer.synchronized for layer in layers]
    for layer in layers:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer, synchronized in zip(layers, before, strict=True):
            layer.synchronized = synchronized


def _update(model, inputs, targets, weights=None):
    model.reset_metrics()
    return _flat(model.train_step((inputs, targets, weights)))


def _flat(logs):
    scores = logs.pop("scores", {})  # Keras nests the values of `Scores` here
    return logs | scores


class _JaxSteps:
    """Steps as a pure function of all variables, which `jax.jit` compiles."""

    def __init__(self, step, composite):
        import jax

        variables = {}
        for model in trained_models(composite):
            for variable in [
                *model.variables,
                *model.optimizer.variables,
                *model.metrics_variables,
            ]:
                variables[id(variable)] = variable
        self.step = step
        self.variables = list(variables.values())
        self.placed = {}
        options = {}
        if composite.distribution is not None:
            self._rows, self._whole = _shardings(composite.distribution)
            options["out_shardings"] = self._whole
        self.on_several = composite.distribution is not None
        self._compiled = jax.jit(self._pure_steps, **options)

    def __call__(self, steps):
        logs, values = self._compiled(*self._arguments(steps))
        for variable, value in zip(self.variables, values, strict=True):
            if self.on_several:
                # Each process keeps a copy of its own, for whatever else reads it.
                variable.assign(value.addressable_data(0))
                self.placed[id(variable)] = (variable.value, value)
            else:
                variable.assign(value)
        if self.on_several:
            logs = [
                {name: value.addressable_data(0) for name, value in values.items()}
                for values in logs
            ]
        return logs

    def lower(self, steps):
        """The steps before they are compiled, as `jax.stages.Lowered`."""
        return self._compiled.lower(*self._arguments(steps))

    def _pure_steps(self, values, steps):
        with keras.StatelessScope(list(zip(self.variables, values, strict=True))) as scope:
            logs = [self.step(_update_in_scope, *arguments) for arguments in steps]
        return logs, [scope.get_current_value(variable) for variable in self.variables]

    def _arguments(self, steps):
        values = [variable.value for variable in self.variables]
        if not self.on_several:
            return values, steps
        values = [
            self._value_everywhere(variable, value)
            for variable, value in zip(self.variables, values, strict=True)
        ]
        return values, self._divided(steps)

    def _value_everywhere(self, variable, value):
        local, placed = self.placed.get(id(variable), (None, None))
        return placed if local is value else _place(value, self._whole)

    def _divided(self, arrays):
        import jax

        devices = self._rows.mesh.size
        return jax.tree.map(
            lambda array: _place(array, self._whole if len(array) % devices else self._rows),
            arrays,
        )


def _update_in_scope(model, inputs, targets, weights=None):
    """An update within a `StatelessScope`, which holds the values of the variables."""
    model.reset_metrics()
    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([variable.value for variable in group] for group in groups)
    logs, state = model.train_step(state, (inputs, targets, weights))
    for group, values in zip(groups, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)
    return _flat(logs)


def _shardings(distribution):
    """How an array is divided by its rows, and how it is copied to every device."""
    from jax.sharding import NamedSharding, PartitionSpec

    mesh = distribution.device_mesh.backend_mesh
    rows = PartitionSpec(distribution.batch_dim_name)
    return NamedSharding(mesh, rows), NamedSharding(mesh, PartitionSpec())


def _place(array, sharding):
    import jax

    array = np.asarray(array)
    return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])
