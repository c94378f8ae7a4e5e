"""How good generated images are: metrics, and the classifier that they read features from."""
