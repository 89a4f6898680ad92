# SPDX-License-Identifier: Apache-2.0
# What libberth exports, and under which version, stands in cmake/libberth.map. No library is linked
# with a map that lacks a function: the build says what to run.
file(GLOB BERTH_PUBLIC_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/model/include/berth/*
  ${CMAKE_SOURCE_DIR}/solver/include/berth/*.h ${CMAKE_SOURCE_DIR}/io/include/berth/*.h)
set(BERTH_MAP ${CMAKE_SOURCE_DIR}/cmake/libberth.map)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/libberth.map.checked
  COMMAND ${CMAKE_COMMAND} -DBERTH_CHECK=1 -DBERTH_STAMP=${CMAKE_BINARY_DIR}/libberth.map.checked
    -P ${CMAKE_SOURCE_DIR}/cmake/export_map.cmake
  DEPENDS ${BERTH_PUBLIC_HEADERS} ${BERTH_MAP} ${CMAKE_SOURCE_DIR}/cmake/export_map.cmake
  COMMENT "Comparing cmake/libberth.map with the headers" VERBATIM)
add_custom_target(berth_map DEPENDS ${CMAKE_BINARY_DIR}/libberth.map.checked)
add_dependencies(berth berth_map)
target_link_options(berth PRIVATE -Wl,--version-script=${BERTH_MAP})
set_property(TARGET berth APPEND PROPERTY LINK_DEPENDS ${BERTH_MAP})
