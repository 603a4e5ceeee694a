#!/usr/bin/env python
"""The command line of Linkyard: `uv run manage.py start`, and the commands of docs/operations.md."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:  # a setting from the environment that can't be: the sentence says which
        sys.exit(str(fault))
