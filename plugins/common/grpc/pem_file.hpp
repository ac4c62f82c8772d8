// SPDX-License-Identifier: Apache-2.0
// Reads certificates and keys, as PEM, from files that options name.
#pragma once

#include <string>

#include <sonde/result.hpp>

namespace sonde::common::grpc {

// The text of the file; empty without a path. Fails, with the option as the place, if there is nothing to be read, or
// more than any such file has.
[[nodiscard]] result<std::string> read_pem(const std::string& path, const char* option);

}  // namespace sonde::common::grpc
