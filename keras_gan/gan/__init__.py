"""The idea: two networks, their stack, their losses, and the step that trains both."""
