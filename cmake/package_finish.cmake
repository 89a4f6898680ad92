# SPDX-License-Identifier: Apache-2.0
# Run by cpack between installing and packing: what Debian does otherwise than `cmake --install`, and
# what would depend on who packs.

# gzip without name and time.
function(compress file)
  execute_process(COMMAND gzip -9 -n -f "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(finish component package)
  set(usr "${CPACK_TEMPORARY_DIRECTORY}/${component}/usr")
  set(doc "${usr}/share/doc/${package}")
  if(NOT IS_DIRECTORY "${usr}")
    message(FATAL_ERROR "component ${component} has installed nothing")
  endif()
  file(MAKE_DIRECTORY "${doc}")
  configure_file("${CPACK_BERTH_DEBIAN}/copyright" "${doc}/copyright" COPYONLY)
  file(READ "${CPACK_BERTH_DEBIAN}/changelog" changelog)
  string(REPLACE "${CPACK_BERTH_NOBODY}" "${CPACK_DEBIAN_PACKAGE_MAINTAINER}" changelog "${changelog}")
  file(WRITE "${doc}/changelog.Debian" "${changelog}")
  compress("${doc}/changelog.Debian")
  if(EXISTS "${CPACK_BERTH_SBOM}" AND component MATCHES "^(runtime|command)$")
    configure_file("${CPACK_BERTH_SBOM}" "${doc}/berth.spdx.json" COPYONLY)
    compress("${doc}/berth.spdx.json")
    file(CHMOD "${doc}/berth.spdx.json.gz" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
  file(GLOB pages "${usr}/share/man/man*/*")
  foreach(page IN LISTS pages)
    compress("${page}")
  endforeach()
  file(CHMOD "${doc}/copyright" "${doc}/changelog.Debian.gz" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

finish(runtime libberth0)
finish(development libberth-dev)
finish(command berth)
set(python "${CPACK_TEMPORARY_DIRECTORY}/python/usr/lib/python3/dist-packages")
if(IS_DIRECTORY "${python}")
  finish(python python3-berth)
  file(GLOB extensions "${python}/berth/*.so")
  execute_process(COMMAND "${CPACK_BERTH_STRIP}" --strip-unneeded ${extensions} COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD ${extensions} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endif()

# The library lies where the system looks for it.
file(RPATH_REMOVE FILE "${CPACK_TEMPORARY_DIRECTORY}/command/usr/bin/berth")
# Where Debian's zsh looks.
file(MAKE_DIRECTORY "${CPACK_TEMPORARY_DIRECTORY}/command/usr/share/zsh/vendor-completions")
file(RENAME "${CPACK_TEMPORARY_DIRECTORY}/command/usr/share/zsh/site-functions/_berth"
  "${CPACK_TEMPORARY_DIRECTORY}/command/usr/share/zsh/vendor-completions/_berth")
file(REMOVE_RECURSE "${CPACK_TEMPORARY_DIRECTORY}/command/usr/share/zsh/site-functions")

# Whatever the umask was.
execute_process(COMMAND find "${CPACK_TEMPORARY_DIRECTORY}" -type d -exec chmod 755 {} + COMMAND_ERROR_IS_FATAL ANY)
