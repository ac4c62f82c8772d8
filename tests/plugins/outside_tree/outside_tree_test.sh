#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# outside_tree_test.sh CMAKE BUILD_TREE SOURCES CC CXX LIBRARIES BPF: installs the SDK into a temporary prefix, moves that prefix,
# and builds sample plugins against it with CMake and with a bare compiler; if LIBRARIES is ON, one with a static library
# of the SDK too, and if BPF is ON, one with a kernel program.
set -eu
cmake=$1 build=$2 here=$3 cc=$4 cxx=$5 libraries=$6 bpf=$7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --component sdk --prefix "$work/first" >/dev/null
mv "$work/first" "$work/prefix" # a package that remembers its prefix fails below

mkdir "$work/project"
cp "$here/project.cmake" "$work/project/CMakeLists.txt"
cp "$here/../hello.cpp" "$here/../hello_c.c" "$work/project/"
names="hello hello_c"
if [ "$libraries" = ON ]; then
    cp "$here/../follow_log.cpp" "$work/project/"
    names="$names follow_log"
fi
if [ "$bpf" = ON ]; then
    cp "$here"/../ebpf/oom_kill.* "$here/../ebpf/answer.hpp" "$work/project/"
    names="$names oom_kill"
fi
"$cmake" -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DWITH_LIBRARIES="$libraries" \
    -DWITH_BPF="$bpf" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror"
"$cmake" --build "$work/build"
"$cmake" --install "$work/build" --prefix "$work/prefix"
for name in $names; do
    test -f "$work/prefix/lib/sonde/plugins/$name.so" || { echo "no $name.so was installed"; exit 1; }
done

export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig"
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -Werror -pedantic $(pkg-config --cflags sonde) $(pkg-config --variable=plugin_flags sonde) \
    -o "$work/plain.so" "$here/../hello_c.c"
"$cmake" -DPLUGIN="$work/plain.so" -P "$work/prefix/lib/cmake/sonde/check_plugin.cmake"

# The check has to be able to fail.
echo 'int exported(void) { return 1; }' >"$work/bad.c"
"$cc" -shared -fPIC -o "$work/bad.so" "$work/bad.c"
if "$cmake" -DPLUGIN="$work/bad.so" -P "$work/prefix/lib/cmake/sonde/check_plugin.cmake" 2>"$work/said"; then
    echo "a library that is no plugin passed the check"
    exit 1
fi
grep -q "exports no sonde_plugin_entry" "$work/said"
