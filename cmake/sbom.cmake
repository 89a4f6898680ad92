# SPDX-License-Identifier: Apache-2.0
# The bill of materials of this build, berth.spdx.json: target sbom, part of every build that finds a
# Python. libberth0, which all other Debian packages want, and berth have it (package_finish.cmake).
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT Python3_Interpreter_FOUND)
  message(STATUS "Bill of materials: none, which needs Python")
  return()
endif()
set(BERTH_SBOM ${CMAKE_BINARY_DIR}/berth.spdx.json)
set(binding "")
if(BERTH_PACKAGE_PYTHON)
  set(binding --python)
endif()
string(TOLOWER ${CMAKE_C_COMPILER_ID} compiler)
string(REPLACE "gnu" "gcc" compiler ${compiler})
set(BERTH_SBOM_COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/cmake/sbom_write.py --source ${CMAKE_SOURCE_DIR}
  --version ${PROJECT_VERSION} --readelf ${CMAKE_READELF} --cc ${CMAKE_C_COMPILER}
  --compiler ${compiler} ${CMAKE_C_COMPILER_VERSION} ${binding}
  --known libxml2=${LIBXML2_VERSION} libhwloc=${HWLOC_VERSION} libjansson=${JANSSON_VERSION} libz=${ZLIB_VERSION}
  -o ${BERTH_SBOM} $<TARGET_FILE:berth> $<TARGET_FILE:berth_command>)
add_custom_command(OUTPUT ${BERTH_SBOM} COMMAND ${BERTH_SBOM_COMMAND}
  DEPENDS berth berth_command ${CMAKE_SOURCE_DIR}/cmake/sbom_write.py ${CMAKE_SOURCE_DIR}/cmake/debian/changelog
  COMMENT "Writing the bill of materials" VERBATIM)
add_custom_target(sbom ALL DEPENDS ${BERTH_SBOM})
install(FILES ${BERTH_SBOM} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT licence)
