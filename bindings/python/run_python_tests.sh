#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a wheel against the installed library, puts it into an environment of its own and tests it there.
# Nothing is downloaded, and nothing written outside BUILD.
# usage: run_python_tests.sh PYTHON BUILD PREFIX LIBDIR
set -euo pipefail

python=$1 build=$2 prefix=$3 libdir=$4
here=$(dirname "$(readlink -f "$0")")
source=$(readlink -f "$here/../..")

# pip builds in place: the sources stay as they are.
rm -rf "$build/source" "$build/wheels"
mkdir -p "$build/source" "$build/wheels"
cp -r "$here/." "$build/source"
cd "$build"

export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig LD_LIBRARY_PATH=$prefix/$libdir PYTHONDONTWRITEBYTECODE=1
"$python" -m pip --disable-pip-version-check wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir wheels ./source
[ -x environment/bin/python ] || "$python" -m venv --system-site-packages environment
environment/bin/pip --disable-pip-version-check install --quiet --no-index --no-deps --force-reinstall wheels/berth-*.whl

export BERTH_COMMAND=$prefix/bin/berth BERTH_SOURCE_DIR=$source
cd "$source" # examples of docstrings name datasets
"$build/environment/bin/python" -m pytest "$here/tests" --ignore="$here/tests/test_distributed.py"
