#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# header_matrix.sh COMPILER STANDARD SDK: compiles each public header alone, strictly, and the golden layouts. The C ABI
# is for every standard, the C++ layer for C++23. Ends with 77, which means "skipped", if the compiler is not there.
set -eu
compiler=$1 standard=$2 sdk=$3
language=c
headers=$(cd "$sdk/include" && find sonde/abi.h sonde/abi sonde/c -name '*.h')
case $standard in
c++*)
    language=c++
    compiler=$(echo "$compiler" | sed 's/gcc/g++/; s/clang/clang++/')
    ;;
esac
if [ "$standard" = c++23 ]; then
    headers="$headers $(cd "$sdk/include" && find sonde -name '*.hpp')"
fi
if ! command -v "$compiler" >/dev/null; then
    echo "skipped: there is no $compiler here; install it to check the headers with it"
    exit 77
fi

status=0
compile() {
    printf '%s\n' "$1" | "$compiler" -std="$standard" -x "$language" -I"$sdk/include" -I"$sdk/abi" -fsyntax-only -pedantic \
        -Wall -Wextra -Wshadow -Wconversion -Werror - || { echo "failed alone: $1"; status=1; }
}
for header in $headers; do
    compile "#include <$header>"
done
for golden in "$sdk"/abi/golden_*.h; do
    compile "#include \"$(basename "$golden")\""
done
exit $status
