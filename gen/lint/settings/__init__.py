"""What people set: which checks run, where they are silent, and how much findings count.

``configuration`` finds and reads the files, ``selection`` says what the settings mean for a check or a file.
"""

from monogen.lint.settings.model import LintSettings

__all__ = ["LintSettings"]
