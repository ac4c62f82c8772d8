// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/options.hpp"

namespace sonde::serve_entities {

result<option_values> read_options(const settings& values) {
    auto at = common::grpc::read_listening(values);
    if (!at) {
        return std::unexpected(at.error());
    }
    option_values read;
    read.at = std::move(*at);
    read.client_limit = static_cast<std::size_t>(values.integer("client_limit"));
    read.client_buffer = values.bytes("client_buffer");
    read.entity_limit = static_cast<std::size_t>(values.integer("entity_limit"));
    read.settle_time = values.duration("settle_time");
    return read;
}

}  // namespace sonde::serve_entities
