# SPDX-License-Identifier: Apache-2.0
# sonde_add_plugin(NAME SOURCES file... [LIBRARIES target...])
# A loadable module NAME.so that exports the entry symbol and nothing else.
function(sonde_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE sonde::sdk ${arg_LIBRARIES})
endfunction()
