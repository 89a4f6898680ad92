# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: library, command, public headers, CMake package, pkg-config
# file, schemas and datasets. Manual pages and completions are the business of cli/. Each component
# becomes a Debian package (packages.cmake), but for `licence`, which those say in
# their own way, as they do the bill of materials.
include(CMakePackageConfigHelpers)

set(BERTH_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/berth)

install(TARGETS berth EXPORT berthTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development)
install(TARGETS berth_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
# The command finds its library in the prefix it was installed to, wherever that is.
file(RELATIVE_PATH BERTH_BIN_TO_LIB /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
set_target_properties(berth_command PROPERTIES INSTALL_RPATH "$ORIGIN/${BERTH_BIN_TO_LIB}")

foreach(folder model solver io)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder}/include/berth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development FILES_MATCHING PATTERN "*.h")
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/model/include/berth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT development FILES_MATCHING PATTERN "*.h")

install(EXPORT berthTargets NAMESPACE berth:: DESTINATION ${BERTH_PACKAGE_DIR} COMPONENT development)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/berthConfig.cmake.in
  ${CMAKE_BINARY_DIR}/berthConfig.cmake INSTALL_DESTINATION ${BERTH_PACKAGE_DIR})
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/berthConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/berthConfig.cmake ${CMAKE_BINARY_DIR}/berthConfigVersion.cmake
  DESTINATION ${BERTH_PACKAGE_DIR} COMPONENT development)

# Relative to the file itself, so that an installed tree can be moved.
file(RELATIVE_PATH BERTH_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${CMAKE_SOURCE_DIR}/berth.pc.in ${CMAKE_BINARY_DIR}/berth.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/berth.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/datasets/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT command
  FILES_MATCHING PATTERN "*.xml" PATTERN "*.ovf" PATTERN "*.csv" PATTERN "*.json" PATTERN "README.md")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/io/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/berth COMPONENT command)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/bindings/opennebula/place ${CMAKE_SOURCE_DIR}/bindings/opennebula/optimize
  DESTINATION ${CMAKE_INSTALL_DATADIR}/berth/opennebula COMPONENT command)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT licence)
