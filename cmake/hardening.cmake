# SPDX-License-Identifier: Apache-2.0
# What makes an error in memory hard to use: of every build but debug, sanitizer and coverage ones. The test
# hardening.binaries reads from the binaries that it is there. BERTH_HARDENED says whether it is,
# BERTH_HARDENING_COMPILE and BERTH_HARDENING_LINK hold the flags, for whoever compiles by other means.
set(BERTH_HARDENED OFF)
if(NOT BERTH_HARDENING OR BERTH_SANITIZE OR BERTH_FUZZ OR BERTH_COVERAGE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  return()
endif()
set(BERTH_HARDENED ON)
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckPIESupported)

# With CMAKE_POSITION_INDEPENDENT_CODE programs are linked as such, too.
check_pie_supported(LANGUAGES C)

set(BERTH_HARDENING_COMPILE "")
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "BERTH_HAS${flag}" known)
  check_c_compiler_flag(${flag} ${known})
  if(${known})
    list(APPEND BERTH_HARDENING_COMPILE ${flag})
  endif()
endforeach()

# Level 3 checks sizes that are known when the program runs only; C libraries without it say so.
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_c_source_compiles("#include <stdio.h>\n#if __USE_FORTIFY_LEVEL < 3\n#error less\n#endif\nint main(void) { return 0; }"
  BERTH_HAS_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
if(BERTH_HAS_FORTIFY_3)
  list(APPEND BERTH_HARDENING_COMPILE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
else()
  list(APPEND BERTH_HARDENING_COMPILE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

set(BERTH_HARDENING_LINK -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code)
add_compile_options(${BERTH_HARDENING_COMPILE})
add_link_options(${BERTH_HARDENING_LINK})
