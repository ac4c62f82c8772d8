// SPDX-License-Identifier: Apache-2.0
#include "relay/receive_options.hpp"

namespace sonde::relay {

result<receive_values> read_receive_options(const settings& values) {
    auto at = common::grpc::read_listening(values);
    if (!at) {
        return std::unexpected(at.error());
    }
    return receive_values{std::move(*at), static_cast<std::size_t>(values.integer("client_limit"))};
}

}  // namespace sonde::relay
