# SPDX-License-Identifier: Apache-2.0
# sonde_add_plugin(NAME SOURCES file... [LIBRARIES target...] [OUTPUT directory])
# A loadable module NAME.so in C or C++ that exports the entry symbol and nothing else; the result is checked after
# linking. It is built in lib/sonde/plugins of the build tree and installed to lib/sonde/plugins; with OUTPUT it is
# built in that directory and not installed.
function(sonde_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sonde_add_plugin(${name}): give SOURCES, and only SOURCES, LIBRARIES and OUTPUT")
  endif()
  set(directory ${CMAKE_BINARY_DIR}/lib/sonde/plugins)
  if(arg_OUTPUT)
    set(directory ${arg_OUTPUT})
  endif()
  set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})

  add_library(${name} MODULE ${arg_SOURCES})
  # No run path: the host loads a private copy, so a path relative to the file would point nowhere.
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY ${directory}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON SKIP_BUILD_RPATH ON
    LINK_DEPENDS "${here}/sonde_plugin.map")
  target_link_libraries(${name} PRIVATE sonde::sdk ${arg_LIBRARIES})
  if(TARGET sonde_compile_options)
    target_link_libraries(${name} PRIVATE sonde_compile_options)
  endif()
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,-z,now,-z,relro,-z,noexecstack -Wl,--exclude-libs,ALL
    -Wl,--version-script=${here}/sonde_plugin.map)
  if(NOT SONDE_SANITIZE)
    # A sanitizer's runtime lies in the host, so its symbols are undefined here.
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET ${name} POST_BUILD VERBATIM COMMAND ${CMAKE_COMMAND} -DPLUGIN=$<TARGET_FILE:${name}>
    -DNM=${CMAKE_NM} -DREADELF=${CMAKE_READELF} -P ${here}/check_plugin.cmake)
  if(NOT arg_OUTPUT)
    install(TARGETS ${name} LIBRARY DESTINATION lib/sonde/plugins COMPONENT plugins)
  endif()
endfunction()
