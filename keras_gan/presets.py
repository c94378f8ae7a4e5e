"""Recipes: the settings in which each differs from the defaults of `Config`."""

# Nothing of ours on top of what was published.
PLAIN = {"penalty": 0.0, "average": 0.0, "fresh_latents": 1}
# What `--conditional` adds to a recipe of ours.
CONDITIONAL = {"default": {"learning_rate_decay": 0.5}}
PRESETS = {
    "default": {},
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
