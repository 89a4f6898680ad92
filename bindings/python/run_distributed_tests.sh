#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests of what needs packages of PyPI: Dask, pandas, and a type checker. They go into an environment of
# their own below BUILD. Where they cannot be had the test says so and is skipped.
# usage: run_distributed_tests.sh PYTHON BUILD PREFIX LIBDIR, after run_python_tests.sh
set -euo pipefail

python=$1 build=$2 prefix=$3 libdir=$4
here=$(dirname "$(readlink -f "$0")")
source=$(readlink -f "$here/../..")
environment=$build/distributed
requirements=$here/tests/requirements-distributed.txt

export LD_LIBRARY_PATH=$prefix/$libdir PYTHONDONTWRITEBYTECODE=1
if ! cmp -s "$requirements" "$environment/installed.txt"; then
  rm -rf "$environment"
  "$python" -m venv --system-site-packages "$environment"
  if ! "$environment/bin/pip" --disable-pip-version-check install --quiet --no-compile --no-deps --retries 1 --timeout 20 \
    -r "$requirements" >"$build/pip.log" 2>&1; then
    echo "SKIPPED: packages of PyPI cannot be installed; berth.distributed, to_pandas and types are not tested:"
    tail -n 3 "$build/pip.log"
    exit 77
  fi
  cp "$requirements" "$environment/installed.txt"
fi
"$environment/bin/pip" --disable-pip-version-check install --quiet --no-index --no-deps --force-reinstall \
  "$build"/wheels/berth-*.whl

# Types are checked of the sources; the installed package shall not come first.
(cd "$here/src" && "$environment/bin/python" -m mypy --strict --config-file ../pyproject.toml --cache-dir "$build/mypy" -p berth)

export BERTH_COMMAND=$prefix/bin/berth BERTH_SOURCE_DIR=$source
cd "$source"
"$environment/bin/python" -m pytest "$here/tests/test_distributed.py" "$here/tests/test_plan.py"
