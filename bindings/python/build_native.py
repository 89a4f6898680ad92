# SPDX-License-Identifier: Apache-2.0
"""Builder of `berth._native`, the extension module (cffi, API mode).

The C compiler checks every declaration against the library's headers, and a call from Python is a
call of C: no signature is interpreted at run time. cffi gives up the interpreter lock during each.
"""

import sys
from pathlib import Path

from cffi import FFI

sys.path.insert(0, str(Path(__file__).resolve().parent))
import public_headers  # noqa: E402  (its folder is not among those of a build that is isolated)


def make_builder() -> FFI:
    """What setup.py runs."""
    library = public_headers.find_library()
    structures = public_headers.initial_values(library)
    made = FFI()
    made.cdef(public_headers.declarations(library))
    made.cdef("".join(f"static const int64_t {name};\n" for name in public_headers.CONSTANTS))
    made.cdef("".join(f"static void {name}_init_value({name} *value);\n" for name in structures))
    made.cdef('extern "Python" bool berth_python_progress(void *user, const berth_progress *progress);')
    made.set_source(
        "berth._native",
        "".join(f"#include <berth/{path.name}>\n" for path in public_headers.header_files(library))
        + "".join(f"static void {name}_init_value({name} *value) {{ *value = ({name}){name.upper()}_INIT; }}\n"
                  for name in structures),
        include_dirs=library.include_dirs, library_dirs=library.library_dirs, libraries=library.libraries,
        runtime_library_dirs=library.run_path, extra_compile_args=["-std=gnu17"])
    return made


builder = make_builder()
