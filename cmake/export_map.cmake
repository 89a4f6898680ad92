# SPDX-License-Identifier: Apache-2.0
# The symbol version script of libberth, cmake/libberth.map, lists what the public headers declare
# with BERTH_EXPORT.
#
#   cmake -P cmake/export_map.cmake                 writes it anew
#   cmake -DBERTH_CHECK=1 -P cmake/export_map.cmake fails if it lacks a function, as every build does
#   cmake -DBERTH_CHECK=2 -P cmake/export_map.cmake fails if it differs at all, as a test does
cmake_minimum_required(VERSION 3.25)

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(map "${root}/cmake/libberth.map")
set(node BERTH_0) # BERTH_ and the SOVERSION

file(GLOB headers "${root}/model/include/berth/*" "${root}/solver/include/berth/*.h" "${root}/io/include/berth/*.h")
set(names "")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  string(REGEX REPLACE "[;#[]|]" " " text "${text}") # characters that lists of CMake trip over
  string(REGEX MATCHALL "BERTH_EXPORT[ \n][^(]*\\(" declarations "${text}")
  foreach(declaration IN LISTS declarations)
    string(REGEX MATCH "([A-Za-z0-9_]+)[ \n]*\\($" ignored "${declaration}")
    list(APPEND names "${CMAKE_MATCH_1}")
  endforeach()
endforeach()
list(SORT names)

set(expected "# Written by cmake -P cmake/export_map.cmake: what the public headers export.\n${node} {\n  global:\n")
foreach(name IN LISTS names)
  string(APPEND expected "    ${name};\n")
endforeach()
string(APPEND expected "  local:\n    *;\n};\n")

if(NOT BERTH_CHECK)
  file(WRITE "${map}" "${expected}")
  list(LENGTH names count)
  message(STATUS "${map}: ${count} functions")
  return()
endif()

set(advice "Run: cmake -P cmake/export_map.cmake, and commit cmake/libberth.map.")
file(READ "${map}" found)
foreach(name IN LISTS names)
  string(FIND "${found}" " ${name};" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "The headers declare ${name}, which cmake/libberth.map does not list. ${advice}")
  endif()
endforeach()
if(BERTH_CHECK EQUAL 2 AND NOT found STREQUAL expected)
  foreach(line IN LISTS found) # split at semicolons
    string(REGEX MATCH "berth_[a-z0-9_]+$" name "${line}")
    if(name AND NOT name IN_LIST names)
      message(FATAL_ERROR "cmake/libberth.map lists ${name}, which no header declares. ${advice}")
    endif()
  endforeach()
  message(FATAL_ERROR "cmake/libberth.map is not as it is written. ${advice}")
endif()
if(BERTH_STAMP)
  file(TOUCH "${BERTH_STAMP}")
endif()
