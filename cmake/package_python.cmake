# SPDX-License-Identifier: Apache-2.0
# The Python binding for the Python of Debian, as component python. BERTH_PACKAGE_PYTHON says whether
# there is what it takes; without it the other packages are made all the same.
set(BERTH_PACKAGE_PYTHON OFF)
set(binding ${CMAKE_SOURCE_DIR}/bindings/python)
execute_process(COMMAND /usr/bin/python3 -c
  "import cffi, setuptools, sysconfig, pathlib; pathlib.Path(sysconfig.get_path('include'), 'Python.h').resolve(strict=True)"
  RESULT_VARIABLE lacks_packages OUTPUT_QUIET ERROR_QUIET)
if(NOT lacks_packages EQUAL 0 OR NOT EXISTS ${binding}/setup.py)
  message(STATUS "Debian packages: no python3-berth, which needs python3-dev, python3-cffi and python3-setuptools")
  return()
endif()
set(BERTH_PACKAGE_PYTHON ON)

set(BERTH_PYTHON_STAGE ${CMAKE_BINARY_DIR}/python3-berth)
file(GLOB sources CONFIGURE_DEPENDS ${binding}/*.py ${binding}/*.toml ${binding}/src/berth/*)
add_custom_command(OUTPUT ${BERTH_PYTHON_STAGE}/made
  COMMAND ${CMAKE_COMMAND} -DBINDING=${binding} -DBUILD=${CMAKE_BINARY_DIR} -DSTAGE=${BERTH_PYTHON_STAGE}
    "-DHARDENING_COMPILE=${BERTH_HARDENING_COMPILE}" "-DHARDENING_LINK=${BERTH_HARDENING_LINK}"
    -P ${CMAKE_SOURCE_DIR}/cmake/package_python_build.cmake
  DEPENDS berth ${sources} ${CMAKE_SOURCE_DIR}/cmake/package_python_build.cmake
  COMMENT "Building the Python binding for its package" VERBATIM)
add_custom_target(berth_python ALL DEPENDS ${BERTH_PYTHON_STAGE}/made)
install(DIRECTORY ${BERTH_PYTHON_STAGE}/stage/usr/lib/python3 DESTINATION lib COMPONENT python EXCLUDE_FROM_ALL)

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-berth)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.11), python3-cffi-backend (>= 1.15)")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-pandas, python3-distributed")
set(CPACK_DEBIAN_PYTHON_DESCRIPTION "placement, proof and plans for virtualised clusters - Python 3\n${BERTH_WHAT}\n\nThis is the module berth for Python 3.")
# Byte code is written at installation, and goes with the package.
file(WRITE ${CMAKE_BINARY_DIR}/debian/postinst "#!/bin/sh\nset -e\nif command -v py3compile >/dev/null 2>&1; then\n\tpy3compile -p python3-berth\nfi\n")
file(WRITE ${CMAKE_BINARY_DIR}/debian/prerm "#!/bin/sh\nset -e\nif command -v py3clean >/dev/null 2>&1; then\n\tpy3clean -p python3-berth\nfi\n")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/postinst ${CMAKE_BINARY_DIR}/debian/prerm)
