"""The training loop, the state that it can go on from, and the devices that it runs on."""
