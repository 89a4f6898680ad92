# SPDX-License-Identifier: Apache-2.0
# Made of the headers when the package is built; its types are those of C.
from typing import Any

ffi: Any
lib: Any
