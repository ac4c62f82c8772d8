# SPDX-License-Identifier: Apache-2.0
# Every library that the host uses, found once. docs/dependencies.md says why each was chosen.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
# FindBoost of CMake 3.25 does not know this version and would warn.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS program_options json)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
# In the eBPF collector, for address translation and routes; without it that is left out, see sonde_bpf.
pkg_check_modules(mnl IMPORTED_TARGET libmnl)
# In collectors that ask servers.
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
# In the Kubernetes collector: API objects, kubeconfig files, and the objects it keeps for snapshots.
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
# In collectors that ask gRPC servers; used without generated code, so that no protobuf comes into plugins.
pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++)
# In the systemd collector: D-Bus and the journal.
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
