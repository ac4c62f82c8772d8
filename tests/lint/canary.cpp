// SPDX-License-Identifier: Apache-2.0
// Never built. `./dev lint` demands that clang-tidy finds the use after move below: it can only if it reads libstdc++'s
// <expected>, which is empty for compilers that it takes for too old, and if .clang-tidy still has an effect.
#include <cstddef>
#include <expected>
#include <string>
#include <utility>

std::size_t length_twice(std::expected<std::string, int> text) {
    const auto taken = std::move(text);
    return taken->size() + text->size();
}
