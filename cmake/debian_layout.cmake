# SPDX-License-Identifier: Apache-2.0
# What Debian asks of packages before anything is compiled: libraries in lib/<architecture>, where its
# linker, pkg-config and CMake also look below /usr/local; and the same bytes wherever the sources lie.
if(NOT BERTH_PACKAGES)
  return()
endif()
find_program(BERTH_DPKG_DEB dpkg-deb)
find_program(BERTH_DPKG_SHLIBDEPS dpkg-shlibdeps)
if(NOT BERTH_DPKG_DEB OR NOT BERTH_DPKG_SHLIBDEPS OR NOT CMAKE_LIBRARY_ARCHITECTURE)
  message(STATUS "Debian packages: no dpkg, dpkg-dev or multiarch compiler, so none are made")
  set(BERTH_PACKAGES OFF)
  return()
endif()
set(CMAKE_INSTALL_LIBDIR lib/${CMAKE_LIBRARY_ARCHITECTURE} CACHE PATH "Object code libraries" FORCE)
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=./build)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON) # else the name of the folder takes part in the build id
