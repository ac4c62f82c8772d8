// SPDX-License-Identifier: Apache-2.0
#include "common/grpc/pem_file.hpp"

#include <array>
#include <fstream>

namespace sonde::common::grpc {
namespace {

// The bundles of systems have some 250 KiB.
constexpr std::size_t largest_file = 4U << 20U;

}  // namespace

result<std::string> read_pem(const std::string& path, const char* option) {
    if (path.empty()) {
        return {};
    }
    std::ifstream file(path, std::ios::binary);
    std::string text;
    std::array<char, 16U << 10U> part;
    do {
        file.read(part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    } while (file && text.size() <= largest_file);
    if (text.empty() || file.bad()) {
        return fail(errc::invalid, "cannot read '" + path + "', or it is empty", option);
    }
    if (text.size() > largest_file) {
        return fail(errc::invalid, "'" + path + "' is larger than 4 MiB: these are no certificates", option);
    }
    return text;
}

}  // namespace sonde::common::grpc
