# SPDX-License-Identifier: Apache-2.0
# One interface target with the warnings, hardening and instrumentation that all our own code is compiled with.
add_library(sonde_compile_options INTERFACE)
target_compile_options(sonde_compile_options INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wconversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast>
  -fstack-protector-strong -ffunction-sections -fdata-sections)
target_link_options(sonde_compile_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Unique symbols would keep a module mapped for ever and merge statics across modules.
  target_compile_options(sonde_compile_options INTERFACE -fno-gnu-unique)
  if(CMAKE_BUILD_TYPE MATCHES "Rel")
    # When optimising, version 12 sees overlapping copies in std::string where there are none (GCC bug 105651), and
    # uninitialised members in its own <stop_token>. The second warning finds defects elsewhere, so it stays visible.
    target_compile_options(sonde_compile_options INTERFACE
      $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-error=maybe-uninitialized>)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(sonde_compile_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")  # or ccache finds nothing
endif()
if(SONDE_SANITIZE)
  target_compile_options(sonde_compile_options INTERFACE -fsanitize=${SONDE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(sonde_compile_options INTERFACE -fsanitize=${SONDE_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_definitions(sonde_compile_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(SONDE_BUILD_FUZZ)
  # The libraries under test report their branches too; without it the fuzzer is blind.
  target_compile_options(sonde_compile_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SONDE_COVERAGE)
  target_compile_options(sonde_compile_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(sonde_compile_options INTERFACE --coverage)
endif()
if(NOT CMAKE_EXE_LINKER_FLAGS MATCHES "fuse-ld")
  find_program(SONDE_MOLD mold)
  if(SONDE_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()
find_program(SONDE_CCACHE ccache)
if(SONDE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the checkout count as relative, so that build directories and checkouts share what was compiled. What
  # uses a precompiled header is kept only if ccache need not look for __TIME__ and macros in it; there are none.
  set(CMAKE_C_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=12G
    CCACHE_SLOPPINESS=pch_defines,time_macros ${SONDE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()
