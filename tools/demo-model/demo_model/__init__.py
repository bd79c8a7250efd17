"""Trains, exports, measures and checks `demo`, the built-in text-to-video model. See ../README.md."""
