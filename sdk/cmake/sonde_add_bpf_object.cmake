# SPDX-License-Identifier: Apache-2.0
# sonde_add_bpf_object(NAME SOURCES a.bpf.c b.bpf.c...)
# One kernel object out of one source per family, embedded by a skeleton that includers of the target NAME find as
# <NAME.skel.h>. The static linker of bpftool merges the families and leaves out DWARF, which no kernel reads, but keeps
# BTF, which every load needs. SONDE_BPF_INCLUDES, the directory of the headers sonde_bpf/*.h, is set by the includer,
# and the target PkgConfig::libbpf is there.

# Version 14 is the first whose BTF describes all that the programs use.
find_program(SONDE_BPF_CLANG NAMES clang-19 clang-20 clang-18 clang-17 clang-16 clang-15 clang-14 clang)
find_program(SONDE_BPFTOOL bpftool PATHS /usr/sbin)

function(sonde_add_bpf_object name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sonde_add_bpf_object(${name}): give SOURCES, and only those")
  endif()
  if(NOT SONDE_BPF_CLANG OR NOT SONDE_BPFTOOL)
    message(FATAL_ERROR "sonde_add_bpf_object(${name}): needs clang, 14 or newer, and bpftool")
  endif()
  set(arch_x86_64 x86)
  set(arch_aarch64 arm64)
  set(arch ${arch_${CMAKE_SYSTEM_PROCESSOR}})
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
  # All of them, for tools that read sources without building them.
  if(NOT TARGET sonde_bpf_skeletons)
    add_custom_target(sonde_bpf_skeletons)
  endif()
  add_dependencies(sonde_bpf_skeletons ${name}_skeleton)
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_skeleton)
  # Generated code is not ours to keep free of warnings.
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/skeleton)
  target_link_libraries(${name} INTERFACE PkgConfig::libbpf)
endfunction()
