# SPDX-License-Identifier: Apache-2.0
"""The extension module: setuptools takes it from no other place. All else stands in pyproject.toml."""

from setuptools import setup

setup(cffi_modules=["build_native.py:builder"])
