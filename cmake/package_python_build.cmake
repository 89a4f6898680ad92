# SPDX-License-Identifier: Apache-2.0
# Builds the Python binding against library and headers as they are installed, in a copy of its
# folder: setuptools writes beside what it builds.
file(REMOVE_RECURSE "${STAGE}")
file(MAKE_DIRECTORY "${STAGE}/source")
foreach(component runtime development)
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --component ${component} --prefix "${STAGE}/prefix"
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(GLOB parts "${BINDING}/*.py" "${BINDING}/*.toml" "${BINDING}/*.md" "${BINDING}/MANIFEST.in")
file(COPY ${parts} "${BINDING}/src" DESTINATION "${STAGE}/source" PATTERN "__pycache__" EXCLUDE PATTERN "*.so" EXCLUDE
  PATTERN "*.egg-info" EXCLUDE)
set(ENV{BERTH_PREFIX} "${STAGE}/prefix")
unset(ENV{BERTH_BUILD_DIR})
list(JOIN HARDENING_COMPILE " " compile)
list(JOIN HARDENING_LINK " " link)
set(ENV{CFLAGS} "-ffile-prefix-map=${STAGE}=./build ${compile}") # the same bytes wherever this is
set(ENV{LDFLAGS} "${link}")
execute_process(COMMAND /usr/bin/python3 -W ignore setup.py --quiet install --root=${STAGE}/stage --install-layout=deb
    --no-compile --single-version-externally-managed
  WORKING_DIRECTORY "${STAGE}/source" RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE complaint)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${said}${complaint}")
endif()
file(GLOB extensions "${STAGE}/stage/usr/lib/python3/dist-packages/berth/*.so")
if(NOT extensions)
  message(FATAL_ERROR "setup.py has installed no extension module:\n${said}${complaint}")
endif()
file(TOUCH "${STAGE}/made")
