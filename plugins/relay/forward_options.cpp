// SPDX-License-Identifier: Apache-2.0
#include "relay/forward_options.hpp"

#include <cstdlib>
#include <string_view>

#include "common/optional_values.hpp"

namespace sonde::relay {
namespace {

using common::text_or_none;

std::string root_of(const settings& values, std::string_view key, const char* variable) {
    const char* from_environment = std::getenv(variable);
    if (values.is_set(key) || from_environment == nullptr || *from_environment == '\0') {
        return std::string(values.text(key));
    }
    return from_environment;
}

result<void> read_endpoint(std::string_view text, forward_values& to) {
    constexpr std::string_view secure = "https://";
    to.endpoint = text;
    if (text.starts_with("unix:/")) {
        to.target = text;
        return {};
    }
    const auto refused = [&] {
        return fail(errc::invalid, "'" + to.endpoint + "' is no endpoint; write https://host:port or unix:/path",
                    "endpoint");
    };
    if (!text.starts_with(secure)) {
        return refused();
    }
    text.remove_prefix(secure.size());
    const std::size_t colon = text.rfind(':');
    if (text.find_first_of("/?#@ ,") != std::string_view::npos || colon == std::string_view::npos || colon == 0 ||
        colon + 1 == text.size() || text.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
        return refused();
    }
    to.target = text;
    to.uses_tls = true;
    return {};
}

}  // namespace

result<forward_values> read_forward_options(const settings& values) {
    forward_values read;
    if (auto done = read_endpoint(values.text("endpoint"), read); !done) {
        return std::unexpected(done.error());
    }
    read.ca_file = text_or_none(values, "ca_file");
    read.certificate_file = text_or_none(values, "certificate_file");
    read.key_file = text_or_none(values, "key_file");
    read.server_name = text_or_none(values, "server_name");
    read.token_file = text_or_none(values, "token_file");
    read.outbox = {.batch_events = static_cast<std::uint64_t>(values.integer("batch_events")),
                   .flush_interval = values.duration("flush_interval"),
                   .limit = static_cast<std::size_t>(values.bytes("buffer")),
                   .keep = values.duration("keep")};
    read.retry_limit = values.duration("retry_limit");
    read.roots = {root_of(values, "etc_root", "HOST_ETC"), root_of(values, "proc_root", "HOST_PROC")};
    return read;
}

}  // namespace sonde::relay
