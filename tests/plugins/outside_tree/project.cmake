# SPDX-License-Identifier: Apache-2.0
# What a third party writes; outside_tree_test.sh copies it as CMakeLists.txt beside the sources of some samples.
cmake_minimum_required(VERSION 3.20)
project(outside LANGUAGES C CXX)
find_package(sonde 0.1 REQUIRED)
sonde_add_plugin(hello SOURCES hello.cpp)
sonde_add_plugin(hello_c SOURCES hello_c.c)
if(WITH_LIBRARIES)
  sonde_add_plugin(follow_log SOURCES follow_log.cpp LIBRARIES sonde::collecting)
endif()
if(WITH_BPF)
  sonde_add_bpf_object(oom_kill_programs SOURCES oom_kill.bpf.c)
  sonde_add_plugin(oom_kill SOURCES oom_kill.cpp LIBRARIES sonde::bpf oom_kill_programs)
endif()
