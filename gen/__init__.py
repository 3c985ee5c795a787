"""monogen: monitoring as code for a mixed fleet of machines that run local LLMs."""

__version__ = "0.1.0"
