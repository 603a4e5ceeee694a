#!/usr/bin/env python
"""The command line of Linkyard: `uv run manage.py start`, and the commands of docs/operations.md."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry_site.settings")
    execute_from_command_line(sys.argv)
