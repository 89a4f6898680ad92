# SPDX-License-Identifier: Apache-2.0
# Run by cpack when packages are made: their three members get the mode that they have in Debian, not
# the one that the umask of who packs leaves.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  set(parts "${package}.parts")
  file(REMOVE_RECURSE "${parts}")
  file(MAKE_DIRECTORY "${parts}")
  execute_process(COMMAND "${CPACK_BERTH_AR}" x "${package}" WORKING_DIRECTORY "${parts}" COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB data RELATIVE "${parts}" "${parts}/data.tar*")
  file(GLOB control RELATIVE "${parts}" "${parts}/control.tar*")
  file(REMOVE "${package}")
  execute_process(COMMAND "${CPACK_BERTH_AR}" qcDS "${package}" debian-binary ${control} ${data}
    WORKING_DIRECTORY "${parts}" COMMAND_ERROR_IS_FATAL ANY)
  file(CHMOD "${package}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  file(REMOVE_RECURSE "${parts}")
endforeach()
