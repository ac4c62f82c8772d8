# SPDX-License-Identifier: Apache-2.0
# sonde_add_bpf_object(NAME SOURCES a.bpf.c b.bpf.c...)
# One kernel object out of one source per family, embedded by a skeleton that includers of the target NAME find as
# <NAME.skel.h>. The static linker of bpftool merges the families and leaves out DWARF, which no kernel reads, but keeps
# BTF, which every load needs. What it takes is looked for once; where it is missing, SONDE_BPF is off and the build says
# so. SONDE_BUILD_BPF=ON makes that an error, OFF does not look.
set(SONDE_BUILD_BPF AUTO CACHE STRING "Build the eBPF programs and what needs them: AUTO, ON or OFF")
set_property(CACHE SONDE_BUILD_BPF PROPERTY STRINGS AUTO ON OFF)

set(SONDE_BPF OFF)
if(NOT SONDE_BUILD_BPF STREQUAL "OFF")
  # Version 14 is the first whose BTF describes all that the programs use.
  find_program(SONDE_BPF_CLANG NAMES clang-19 clang-20 clang-18 clang-17 clang-16 clang-15 clang-14 clang)
  find_program(SONDE_BPFTOOL bpftool PATHS /usr/sbin)
  # No system variables of the caller's: PkgConfig is found by sonde_dependencies.
  pkg_check_modules(libbpf IMPORTED_TARGET libbpf>=1.1)
  set(missing "")
  foreach(part "clang:SONDE_BPF_CLANG" "bpftool:SONDE_BPFTOOL" "libbpf-dev:libbpf_FOUND" "libmnl-dev:mnl_FOUND")
    string(REPLACE ":" ";" part ${part})
    list(GET part 1 found)
    if(NOT ${found})
      list(GET part 0 part)
      list(APPEND missing ${part})
    endif()
  endforeach()
  if(NOT missing)
    set(SONDE_BPF ON)
  elseif(SONDE_BUILD_BPF STREQUAL "ON")
    list(JOIN missing ", " missing)
    message(FATAL_ERROR "eBPF programs are wanted (SONDE_BUILD_BPF=ON), but not found: ${missing}")
  else()
    list(JOIN missing ", " missing)
    message(STATUS "eBPF programs and the plugin ebpf are left out, not found: ${missing}")
  endif()
endif()

set(SONDE_BPF_TARGET_arch_x86_64 x86)
set(SONDE_BPF_TARGET_arch_aarch64 arm64)
set(SONDE_BPF_INCLUDES ${PROJECT_SOURCE_DIR}/bpf/include)

function(sonde_add_bpf_object name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  set(arch ${SONDE_BPF_TARGET_arch_${CMAKE_SYSTEM_PROCESSOR}})
  if(NOT arch)
    message(FATAL_ERROR "eBPF programs: the registers of ${CMAKE_SYSTEM_PROCESSOR} are not known")
  endif()
  # A program's parameters are the signature of its tracepoint: unused ones have to be named.
  # Only the kernel's own user-space headers (constants of its interface) and libbpf's are taken from the machine.
  set(flags -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_${arch} -Wall -Wextra -Werror -Wno-unused-parameter
    -I${SONDE_BPF_INCLUDES}
    -I${CMAKE_CURRENT_SOURCE_DIR}/include -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
  set(objects "")
  foreach(source ${arg_SOURCES})
    get_filename_component(family ${source} NAME_WE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${family}.bpf.o)
    add_custom_command(OUTPUT ${object} DEPENDS ${source} DEPFILE ${object}.d
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir
      COMMAND ${SONDE_BPF_CLANG} ${flags} -MD -MT ${object} -MF ${object}.d
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      COMMENT "Compiling the kernel programs of ${family}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/skeleton/${name}.skel.h)
  add_custom_command(OUTPUT ${linked} DEPENDS ${objects}
    COMMAND ${SONDE_BPFTOOL} gen object ${linked} ${objects} COMMENT "Linking ${name}.bpf.o" VERBATIM)
  add_custom_command(OUTPUT ${skeleton} DEPENDS ${linked}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/skeleton
    COMMAND sh -c "\"$1\" gen skeleton \"$2\" name ${name} >\"$3\"" sh ${SONDE_BPFTOOL} ${linked} ${skeleton}
    COMMENT "Generating ${name}.skel.h" VERBATIM)
  add_custom_target(${name}_skeleton DEPENDS ${skeleton})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_skeleton)
  # Generated code is not ours to keep free of warnings.
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/skeleton)
  target_link_libraries(${name} INTERFACE PkgConfig::libbpf)
endfunction()
