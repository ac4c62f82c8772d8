# SPDX-License-Identifier: Apache-2.0
# find_package(sonde): the target sonde::sdk (headers) and the function sonde_add_plugin. Relocatable: the prefix is
# found from the place of this file. C-only projects need no C++ compiler. In C++: the target sonde::collecting, a static
# library for collectors that read files and go on where they stood. Where the package was built with kernel
# programs and libbpf is found: the target sonde::bpf, which loads them, and the function sonde_add_bpf_object.
if(NOT TARGET sonde::sdk)
  get_filename_component(sonde_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
  add_library(sonde::sdk INTERFACE IMPORTED)
  set_target_properties(sonde::sdk PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${sonde_prefix}/include")
  get_property(sonde_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("CXX" IN_LIST sonde_languages)
    set_target_properties(sonde::sdk PROPERTIES INTERFACE_COMPILE_FEATURES cxx_std_23)
    add_library(sonde::collecting STATIC IMPORTED)
    set_target_properties(sonde::collecting PROPERTIES
      IMPORTED_LOCATION "${sonde_prefix}/lib/libsonde_collecting.a" INTERFACE_LINK_LIBRARIES sonde::sdk)
  endif()
  unset(sonde_languages)
  unset(sonde_prefix)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/sonde_add_plugin.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/sonde_bpf_target.cmake" OPTIONAL)
