"""Recipes: the settings in which each differs from the defaults of `Config`."""

# Nothing of ours on top of what was published.
PLAIN = {"penalty": 0.0, "average": 0.0, "fresh_latents": 1}
# Where the number of clusters is left to the program.
AUTO = "auto"
PRESETS = {
    "default": {
        "batch_size": 144,  # which 2, 3 or 4 devices can share
        "reals_per_fake": 3,
        "clusters": AUTO,
        "auxiliary_weight": 0.03,
        "beta_1": 0.0,
        "beta_2": 0.99,
        "learning_rate_decay": 0.5,
        "learning_rate_end": 0.3,
        "average": 0.9998,
    },
    # https://machinelearningmastery.com/how-to-develop-a-generative-adversarial-network-for-an-mnist-handwritten-digits-from-scratch-in-keras/
    "tutorial": PLAIN
    | {
        "networks": "tutorial",
        "dropout": 0.4,
        "batch_size": 128,
        "fresh_latents": 2,
        "learning_rate": 2e-4,
    },
    "mlp": PLAIN
    | {
        "epochs": 300,
        "networks": "mlp",
        "latent_dim": 64,
        "batch_size": 100,
        "learning_rate": 2e-4,
        "beta_1": 0.9,
    },
    "mlp-dropout": PLAIN
    | {
        "networks": "mlp-dropout",
        "dropout": 0.3,
        "latent_distribution": "uniform",
        "label_smoothing": 0.1,
        "learning_rate": 2e-3,
        "beta_1": 0.9,
        # XLA draws random numbers slowly on a CPU, and here dropout draws most of a step's
        "jit_compile": False,
    },
    # Radford et al., 2015, https://arxiv.org/abs/1511.06434, but for their batches of 128: with
    # a few thousand images, these leave the generator too few steps to catch up
    "dcgan": PLAIN | {"networks": "dcgan", "batch_size": 16, "learning_rate": 2e-4},
    # Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028, on the default networks; with one
    # step of the critic to one of the generator, as Karras et al., 2017, do with this loss,
    # https://arxiv.org/abs/1710.10196
    "wgan-gp": {
        "loss": "wgan-gp",
        "penalty": 10.0,
        "learning_rate": 1e-3,
        "beta_1": 0.0,
        "beta_2": 0.99,
    },
    # As in the default, the generator of these two learns from shared latents.
    # Mao et al., 2016, https://arxiv.org/abs/1611.04076, on the default networks
    "lsgan": {"loss": "lsgan"},
    # Lim and Ye, 2017, https://arxiv.org/abs/1705.02894, on the default networks
    "hinge": {"loss": "hinge"},
}
# What becomes of recipes where there are no clusters.
WITHOUT_CLUSTERS = {"default": {"learning_rate_decay": 0.5}}


def recipe(preset: str, settings: dict) -> dict:
    """The settings of a preset, as they are beside others.

    Labels, and networks that are not the default ones, do not go with the clusters of the
    default.

    Args:
        preset: String, a key of `PRESETS`.
        settings: Dict of the settings that are given.
    """
    found = PRESETS.get(preset, {})
    labels_or_files = map(settings.get, ("conditional", "generator", "discriminator"))
    other_networks = settings.get("networks", "default") != "default"
    if any(labels_or_files) or other_networks or settings.get("clusters") == 0:
        return WITHOUT_CLUSTERS.get(preset, found)
    return found
