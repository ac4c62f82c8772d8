# SPDX-License-Identifier: Apache-2.0
# Part of find_package(sonde), installed only if the package was built with kernel programs: the target sonde::bpf. It
# is left out, with a message, where libbpf is missing; plugins without kernel programs do not need it.
get_property(sonde_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(NOT TARGET sonde::bpf AND "CXX" IN_LIST sonde_languages)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(libbpf QUIET IMPORTED_TARGET libbpf>=1.1)
  endif()
  if(libbpf_FOUND)
    get_filename_component(sonde_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
    add_library(sonde::bpf STATIC IMPORTED)
    set_target_properties(sonde::bpf PROPERTIES IMPORTED_LOCATION "${sonde_prefix}/lib/libsonde_bpf.a"
      INTERFACE_LINK_LIBRARIES "sonde::sdk;PkgConfig::libbpf")
    # Known wherever the function is called, as the function is.
    set(SONDE_BPF_INCLUDES "${sonde_prefix}/include" CACHE INTERNAL "Headers of kernel programs")
    unset(sonde_prefix)
    include("${CMAKE_CURRENT_LIST_DIR}/sonde_add_bpf_object.cmake")
  elseif(NOT sonde_FIND_QUIETLY)
    message(STATUS "sonde: no target sonde::bpf, since libbpf (1.1 or newer) was not found by pkg-config")
  endif()
endif()
unset(sonde_languages)
