# SPDX-License-Identifier: Apache-2.0
# Included by cpack: what the binaries of each package depend on, as dpkg-shlibdeps says (cpack could
# ask it too, but then it also writes maintainer scripts for what a trigger does); and the time that
# all files of the packages bear, that of the changelog.
execute_process(COMMAND dpkg-parsechangelog -l "${CPACK_BERTH_DEBIAN}/changelog" -S Version
  OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND dpkg-parsechangelog -l "${CPACK_BERTH_DEBIAN}/changelog" -S Timestamp
  OUTPUT_VARIABLE timestamp OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(NOT version STREQUAL "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
  message(FATAL_ERROR "cmake/debian/changelog ends with ${version}; expected an entry for "
    "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
endif()
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} "${timestamp}")
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own

set(work "${CPACK_BERTH_BUILD}/debian/shlibdeps")
file(MAKE_DIRECTORY "${work}/debian")
file(WRITE "${work}/debian/control" "Source: berth\n\nPackage: any\nArchitecture: any\n")

function(depend component)
  execute_process(COMMAND "${CPACK_BERTH_SHLIBDEPS}" -O "-L${CPACK_BERTH_BUILD}/debian/shlibs" "-l${CPACK_BERTH_BUILD}" ${ARGN}
    WORKING_DIRECTORY "${work}" OUTPUT_VARIABLE said ERROR_VARIABLE complaint RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT said MATCHES "^shlibs:Depends=([^\n]+)")
    message(FATAL_ERROR "dpkg-shlibdeps: ${complaint}")
  endif()
  set(depends "${CMAKE_MATCH_1}")
  if(CPACK_DEBIAN_${component}_PACKAGE_DEPENDS)
    string(PREPEND depends "${CPACK_DEBIAN_${component}_PACKAGE_DEPENDS}, ")
  endif()
  set(CPACK_DEBIAN_${component}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
endfunction()

depend(RUNTIME "${CPACK_BERTH_BUILD}/libberth.so")
depend(COMMAND "${CPACK_BERTH_BUILD}/cli/berth")
if(CPACK_BERTH_PYTHON)
  file(GLOB extensions "${CPACK_BERTH_BUILD}/python3-berth/stage/usr/lib/python3/dist-packages/berth/*.so")
  depend(PYTHON ${extensions})
endif()
