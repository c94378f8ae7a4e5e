"""How good generated images are: metrics, and the classifier that they take features from."""
