"""`monogen verify`: does what runs match what was planned? See ``command``."""
