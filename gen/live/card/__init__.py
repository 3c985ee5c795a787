"""The finding card of a model run: what a host held, drew and served in a window of time, as measured."""
