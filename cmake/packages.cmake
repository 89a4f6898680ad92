# SPDX-License-Identifier: Apache-2.0
# Debian packages by cpack, one a component. package_dependencies.cmake finds out what their binaries
# need, package_finish.cmake gives the installed files the form that Debian wants, package_archive.cmake
# the packages themselves.
if(NOT BERTH_PACKAGES)
  return()
endif()
# Whoever packs, as Debian's own tools know them; else nobody that could be written to.
set(BERTH_NOBODY "berth maintainers <berth@localhost>")
set(whoever "${BERTH_NOBODY}")
if("$ENV{DEBEMAIL}" MATCHES "<.+@.+>")
  set(whoever "$ENV{DEBEMAIL}")
elseif("$ENV{DEBEMAIL}" MATCHES "@" AND NOT "$ENV{DEBFULLNAME}" STREQUAL "")
  set(whoever "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(BERTH_MAINTAINER "${whoever}" CACHE STRING "Maintainer of the packages, with an address")
set(BERTH_PACKAGE_REVISION 1 CACHE STRING "Revision of the packages of this version")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME berth)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL runtime development command)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE berth)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${BERTH_PACKAGE_REVISION})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${BERTH_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(BERTH_WHAT "berth reads the inventory of a virtualised cluster and plans where the virtual
machines of failed hosts restart, how hosts are emptied, packed or balanced, in
which order of steps that is safe, and says what of it is proved.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libberth0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "placement, proof and plans for virtualised clusters - library\n${BERTH_WHAT}\n\nThis is the shared library.")
# Whoever was linked with this version may use all that it has.
file(WRITE ${CMAKE_BINARY_DIR}/debian/shlibs "libberth 0 libberth0 (>= ${PROJECT_VERSION})\n")
file(WRITE ${CMAKE_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/shlibs ${CMAKE_BINARY_DIR}/debian/triggers)

set(BERTH_SAME_VERSION "${PROJECT_VERSION}-${BERTH_PACKAGE_REVISION}")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libberth-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libberth0 (= ${BERTH_SAME_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "placement, proof and plans for virtualised clusters - headers\n${BERTH_WHAT}\n\nThis is what programs are compiled with: headers, a pkg-config file and a CMake
package.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME berth)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "placement, proof and plans for virtualised clusters\n${BERTH_WHAT}\n\nThis is the command, with manual pages, schemas of what it writes, example\ninventories, and the programs that make it a scheduler driver of OpenNebula.")

include(cmake/package_python.cmake)
if(BERTH_PACKAGE_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
endif()

set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/package_dependencies.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_finish.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_archive.cmake)
# For these.
set(CPACK_BERTH_AR ${CMAKE_AR})
set(CPACK_BERTH_NOBODY ${BERTH_NOBODY})
set(CPACK_BERTH_SHLIBDEPS ${BERTH_DPKG_SHLIBDEPS})
set(CPACK_BERTH_BUILD ${CMAKE_BINARY_DIR})
set(CPACK_BERTH_PYTHON ${BERTH_PACKAGE_PYTHON})
set(CPACK_BERTH_DEBIAN ${CMAKE_SOURCE_DIR}/cmake/debian)
set(CPACK_BERTH_STRIP ${CMAKE_STRIP})
set(CPACK_BERTH_SBOM ${CMAKE_BINARY_DIR}/berth.spdx.json)
include(CPack)
