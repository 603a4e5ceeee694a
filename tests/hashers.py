"""Passwords of tests."""

from django.contrib.auth.hashers import ScryptPasswordHasher


class LightScryptHasher(ScryptPasswordHasher):
    """The product's own, at a thousandth of the work: hundreds of tests log in, and none of them is attacked."""

    work_factor = 2**4
